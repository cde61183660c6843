import io
import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from buildium_sync.composition.sync import SyncComposition

import pytest

from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.observability import logger
from buildium_sync.outbound.sync_batch import Batch
from buildium_sync.store.queues import SyncMessage
from tests.functions.workers import compose, event, failures, load
from tests.harness.events import Context


class Flow:
    """Fake of the outbound flow: records its messages, and fails for some entities."""

    def __init__(self) -> None:
        self.got: list[SyncMessage] = []
        self.fails: set[str] = set()
        self.time_left: Callable[[], float] = lambda: 0.0
        self.lane: Priority | None = None
        self.together: threading.Barrier | None = None
        self.met = False
        self.met_before_it_was_built = False

    def meets(self) -> None:
        self.met = True

    def sync(self, message: SyncMessage) -> None:
        self.got.append(message)
        if self.together:
            self.together.wait(timeout=5)
        logger.info("at work", extra={"entity": message.ref.pk})
        if message.ref.entity_id in self.fails:
            raise ConnectionError("the table is away")

    def built(self, time_left: Callable[[], float], lane: Priority) -> "Flow":
        self.time_left, self.lane, self.met_before_it_was_built = time_left, lane, self.met
        return self

    def versions(self) -> dict[str, int]:
        assert len({message.ref for message in self.got}) == len(self.got)
        return {message.ref.entity_id: message.version for message in self.got}


@pytest.fixture
def flow() -> Flow:
    return Flow()


@pytest.fixture
def handle(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    app = load("sync")
    compose(
        monkeypatch,
        SyncComposition,
        rate_limiter=SimpleNamespace(warm_up=flow.meets),
        sync_batch=lambda *given: Batch(flow.built(*given), list, lambda: True),
    )
    return lambda case: failures(app.lambda_handler(event(case), Context()))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


Handle = Callable[[str], list[str]]
Log = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("case", "versions"),
    [
        ("sync-stream-insert", {"7": 1}),
        ("sync-stream-batch", {"7": 1, "8": 1, "9": 1}),
        ("sync-retry-batch", {"7": 1, "8": 1}),
    ],
)
def test_every_entity_of_a_batch_is_attempted(handle: Handle, flow: Flow, case: str, versions: dict[str, int]) -> None:
    assert handle(case) == []
    assert flow.versions() == versions


def test_the_rate_limiter_warms_up_before_the_flow_is_built(handle: Handle, flow: Flow) -> None:
    handle("sync-stream-insert")

    assert flow.met_before_it_was_built


def test_the_entities_of_a_batch_are_synced_in_parallel(handle: Handle, flow: Flow) -> None:
    flow.together = threading.Barrier(3)

    assert handle("sync-stream-batch") == []


def test_a_change_of_the_external_id_is_not_attempted(handle: Handle, flow: Flow, log: Log) -> None:
    assert handle("sync-stream-external-id") == []
    assert flow.got == []
    assert log() == []


def test_several_records_of_one_entity_are_one_attempt(handle: Handle, flow: Flow) -> None:
    assert handle("sync-stream-coalesced") == []
    assert flow.versions() == {"7": 3, "8": 1}


@pytest.mark.parametrize(
    ("case", "lane"), [("sync-stream-batch", Priority.INTERACTIVE), ("sync-retry-batch", Priority.RETRY)]
)
def test_new_writes_get_a_higher_priority_than_retries(handle: Handle, flow: Flow, case: str, lane: Priority) -> None:
    handle(case)

    assert flow.lane is lane


def test_the_flow_knows_its_remaining_time(handle: Handle, flow: Flow) -> None:
    handle("sync-stream-insert")

    assert flow.time_left() == 90.0


@pytest.mark.parametrize(
    ("case", "failing", "reported"),
    [
        ("sync-stream-batch", {"8"}, ["101"]),
        ("sync-stream-coalesced", {"7"}, ["100", "102", "103"]),
        ("sync-retry-batch", {"8"}, ["message-8"]),
        ("sync-retry-batch", {"7", "8"}, ["message-7", "message-8"]),
    ],
)
def test_an_entity_that_cannot_be_saved_is_reported_alone(
    handle: Handle, flow: Flow, case: str, failing: set[str], reported: list[str]
) -> None:
    flow.fails = failing

    assert handle(case) == reported


def test_a_poison_record_is_logged_and_holds_up_nothing(handle: Handle, flow: Flow, log: Log) -> None:
    assert handle("sync-stream-poison") == []
    assert flow.versions() == {"7": 1, "9": 1}
    assert [line["record"] for line in log() if line["level"] == "WARNING"] == ["101"]


def test_an_unknown_queue_message_is_acknowledged_and_logged(handle: Handle, flow: Flow, log: Log) -> None:
    assert handle("sync-retry-stream-failure") == []
    assert flow.versions() == {"7": 1}
    assert [line["record"] for line in log() if line["level"] == "WARNING"] == ["message-stream", "message-text"]


def test_a_redrive_is_not_lost_beside_a_plain_message(handle: Handle, flow: Flow) -> None:
    assert handle("sync-retry-redrive") == []
    assert [(message.version, message.redrive) for message in flow.got] == [(2, True)]


def test_the_log_lines_of_every_thread_carry_its_request_id(handle: Handle, flow: Flow, log: Log) -> None:
    flow.fails = {"9"}
    handle("sync-stream-batch")

    about = {(line["entity"], line["correlation_id"]) for line in log()}
    assert about == {(f"property#{place}", f"request-{place}") for place in "789"}
    assert {line["function_request_id"] for line in log()} == {"invocation-1"}
