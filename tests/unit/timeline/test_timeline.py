import base64
import json
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import MalformedRequest
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.reader import TimelineReader
from buildium_sync.timeline.recorder import TimelineRecorder
from tests.aws import ACTIVITY
from tests.unit.timeline.stream import NOON, life

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEVEN = EntityRef("property", "7")


@pytest.fixture
def timeline(dynamodb: "DynamoDBClient") -> TimelineReader:
    store = TimelineStore(dynamodb, ACTIVITY)
    changes = life(SEVEN, Status.BLOCKED, Status.FAILED)
    for batch in (changes[:2], changes[2:]):
        TimelineRecorder(store, lambda: NOON).record(batch)
    return TimelineReader(store, lambda: NOON, lambda _ids: {})


def cursor(position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def test_a_timeline_is_in_chronological_order(timeline: TimelineReader) -> None:
    entries, following = timeline.page(SEVEN, limit=10, cursor=None)
    assert [entry["kind"] for entry in entries] == [
        "updated_by_client",
        "picked_up",
        "attempt_finished",
        "attempt_finished",
    ]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert following is None


def test_a_version_has_the_name_of_its_operator(dynamodb: "DynamoDBClient", timeline: TimelineReader) -> None:
    named = TimelineReader(TimelineStore(dynamodb, ACTIVITY), lambda: NOON, lambda ids: dict.fromkeys(ids, "Ann"))
    [unnamed, *_], _ = timeline.page(SEVEN, limit=10, cursor=None)
    [first, *_], _ = named.page(SEVEN, limit=10, cursor=None)
    assert unnamed["by"]["name"] is None
    assert first["by"] == {**unnamed["by"], "name": "Ann" if unnamed["by"]["apiKeyId"] else None}


def test_a_timeline_is_paged_across_its_batches(timeline: TimelineReader) -> None:
    kinds, position = [], None
    for _ in range(4):
        [entry], position = timeline.page(SEVEN, limit=1, cursor=position)
        kinds.append(entry["kind"])
    assert kinds == ["updated_by_client", "picked_up", "attempt_finished", "attempt_finished"]
    assert position is None


def test_an_unknown_entity_has_an_empty_timeline(timeline: TimelineReader) -> None:
    assert timeline.page(EntityRef("property", "8"), limit=10, cursor=None) == ([], None)


@pytest.mark.parametrize(
    "position",
    [
        {"pk": "property#7", "sk": "checkpoint"},
        {"pk": "property#8", "after": "000000000.0000"},
        {"pk": "property#7", "after": 0},
        {"pk": "property#7"},
        [0, 0],
    ],
)
def test_a_cursor_of_no_such_timeline_is_rejected(timeline: TimelineReader, position: object) -> None:
    with pytest.raises(MalformedRequest):
        timeline.page(SEVEN, limit=10, cursor=cursor(position))


def test_an_undecodable_cursor_is_rejected(timeline: TimelineReader) -> None:
    with pytest.raises(MalformedRequest):
        timeline.page(SEVEN, limit=10, cursor="%%%")
