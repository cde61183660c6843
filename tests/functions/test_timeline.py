"""The timeline function on moto's table: stream records become timelines and counts."""

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.runtime import runtime

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.errors import InvocationFailed
from buildium_sync.observability import logger
from buildium_sync.store.change_feed import ChangeFeed
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.reader import TimelineReader
from tests.aws import ACTIVITY
from tests.functions.workers import event, failures, load
from tests.harness.event_bus import RecordingBus
from tests.harness.events import Context
from tests.harness.runtime import install

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEVEN = EntityRef("property", "7")
NOON = 1_795_356_000.0


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def handle(
    dynamodb: "DynamoDBClient", bus: RecordingBus, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], list[str]]:
    install(monkeypatch)
    monkeypatch.setitem(vars(runtime.clients), "eventbridge", bus)
    app = load("timeline")
    return lambda case: failures(app.lambda_handler(event(case), Context()))


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> TimelineStore:
    return TimelineStore(dynamodb, ACTIVITY)


Handle = Callable[[str], list[str]]


def timeline(store: TimelineStore) -> list[dict[str, Any]]:
    entries, _ = TimelineReader(store, lambda: NOON, lambda _ids: {}).page(SEVEN, limit=100, cursor=None)
    return [dict(entry) for entry in entries]


def kinds(store: TimelineStore) -> list[str]:
    return [entry["kind"] for entry in timeline(store)]


def test_a_create_is_recorded_from_write_to_in_sync(handle: Handle, store: TimelineStore) -> None:
    assert handle("timeline-create") == []
    assert kinds(store) == ["updated_by_client", "picked_up", "attempt_started", "attempt_finished", "in_sync"]
    written, seen, _, ended, converged = timeline(store)
    assert written["by"] == {"origin": "api", "apiKeyId": "k3y1d", "name": None, "source": None}
    assert (seen["durationMs"], ended["durationMs"], converged["durationMs"]) == (100, 300, 400)
    assert (ended["outcome"], ended["buildiumId"]) == ("synced", 501)
    assert store.counts() == {"property": {"synced": 1}}


def test_a_rejection_is_recorded_with_its_reason(handle: Handle, store: TimelineStore) -> None:
    handle("timeline-failure")
    [ended] = [entry for entry in timeline(store) if entry["kind"] == "attempt_finished"]
    assert (ended["outcome"], ended["retryAt"]) == ("failed", None)
    assert "OperatingBankAccountId" in ended["error"]
    assert store.counts() == {"property": {"failed": 1}}


def test_a_buildium_edit_is_recorded_with_old_and_new_values(handle: Handle, store: TimelineStore) -> None:
    handle("timeline-edit-in-buildium")
    *_, echo, pulled, converged = timeline(store)
    assert (echo["kind"], echo["operation"]) == ("echo_received", "Created")
    assert (pulled["kind"], pulled["by"]["source"]) == ("updated_from_buildium", "webhook")
    assert pulled["changes"] == {"name": {"old": "Sunset Apartments", "new": "Edited there"}}
    assert (converged["kind"], converged["version"]) == ("in_sync", 2)


def test_a_redelivered_batch_is_recorded_once(handle: Handle, store: TimelineStore) -> None:
    handle("timeline-create")
    handle("timeline-create")
    handle("timeline-edit-in-buildium")
    assert kinds(store).count("updated_by_client") == 1
    assert kinds(store)[-3:] == ["echo_received", "updated_from_buildium", "in_sync"]
    assert store.counts() == {"property": {"synced": 1}}


def test_an_unreadable_record_is_logged_and_skipped(
    handle: Handle, store: TimelineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    assert handle("timeline-poison") == []
    assert kinds(store) == ["updated_by_client"]
    warnings = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["record"], line["error"]) for line in warnings] == [("102", "KeyError"), ("103", "NotFound")]


def test_an_unavailable_table_fails_the_whole_batch(handle: Handle, dynamodb: "DynamoDBClient") -> None:
    dynamodb.delete_table(TableName=ACTIVITY)
    with pytest.raises(InvocationFailed, match="ResourceNotFound"):
        handle("timeline-create")


def feed(dynamodb: "DynamoDBClient") -> list[Any]:
    page = ChangeFeed(dynamodb, ACTIVITY).page(entity_type=None, limit=100, cursor=None, now=NOON)
    return [dict(change) for change in page.changes]


def test_the_bus_gets_the_changes_of_the_feed_without_values(
    handle: Handle, bus: RecordingBus, dynamodb: "DynamoDBClient"
) -> None:
    handle("timeline-edit-in-buildium")
    without_values = [{name: value for name, value in change.items() if name != "changes"} for change in feed(dynamodb)]
    assert bus.details == without_values
    assert [(entry["Source"], entry["DetailType"]) for entry in bus.entries] == [
        ("buildium-sync", "EntityCreated"),
        ("buildium-sync", "SyncSucceeded"),
        ("buildium-sync", "EntityUpdated"),
        ("buildium-sync", "SyncSucceeded"),
    ]
    assert bus.details[2]["changedFields"] == ["name"]
    assert "Edited there" not in str(bus.details)


def test_a_failed_publish_fails_the_batch_and_is_repeated(
    handle: Handle, bus: RecordingBus, dynamodb: "DynamoDBClient"
) -> None:
    bus.is_down = True
    with pytest.raises(InvocationFailed, match="EventsNotPublished"):
        handle("timeline-create")
    recorded = feed(dynamodb)
    bus.is_down = False
    handle("timeline-create")
    assert [detail["id"] for detail in bus.details] == [change["id"] for change in recorded]
    assert feed(dynamodb) == recorded


def test_a_redelivered_batch_publishes_the_same_events_again(handle: Handle, bus: RecordingBus) -> None:
    handle("timeline-create")
    handle("timeline-create")
    first, again = bus.details[:2], bus.details[2:]
    assert [detail["id"] for detail in first] == [detail["id"] for detail in again]
