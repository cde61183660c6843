"""An erasure removes the personal data of an entity from every store."""

import json
import time
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import RetryLater
from buildium_sync.reconcile.drift.comparer import result_name
from buildium_sync.store.change_feed import ChangeFeed
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.failed_call_items import FailedCallStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.stream_records import EntityChange, SyncChange
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.recorder import TimelineRecorder
from tests.aws import ACTIVITY, CONTROL, ENTITIES
from tools import erasure
from tools.erasure import Eraser, blanked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OWNER = by_name("owner")
REF = EntityRef("owner", "7")
NAME = "Maria Canary"
AT = "2026-11-22T12:00:00.000Z"
TABLES = {"EntitiesTable": ENTITIES, "TimelineTable": ACTIVITY, "ControlTable": CONTROL}


class Stage:
    """An owner whose name is in every store. The timeline function runs when the eraser waits."""

    def __init__(self, dynamodb: "DynamoDBClient") -> None:
        self.dynamodb = dynamodb
        self.store = EntityStore(dynamodb, ENTITIES)
        self.timelines = TimelineStore(dynamodb, ACTIVITY)
        self.now = time.time()
        fields = {"isCompany": False, "firstName": NAME, "lastName": NAME, "status": "Active", "primaryEmail": NAME}
        entity = Entity(REF, 1, fields, Origin.API, AT, AT, "c", external_id=NAME)
        sync = SyncRecord.created_from_buildium(REF, 501, fields, "c", self.now)
        writes = self.store.writes
        self.store.write(
            writes.put_entity(entity),
            writes.put_sync(sync),
            writes.put_link(REF, 501),
            writes.put_external_id(REF, NAME),
        )
        self.first = self.loaded()
        TimelineRecorder(self.timelines, lambda: self.now).record(
            [EntityChange(None, entity), SyncChange(None, sync, AT)]
        )
        entry = change_record(OWNER, Entity(REF, 1, {**fields, "firstName": "B"}, Origin.API, AT, AT, "c"), entity)
        if entry:
            self.store.write(writes.put_history(entry))
        call = FailedCall(REF, "PUT", "/v1/rentals/owners/501", None, NAME, 422, NAME, None, 5, "rejected", NAME)
        FailedCallStore(dynamodb, ACTIVITY, lambda: self.now).add(call)
        JobStore(dynamodb, CONTROL).put_chunk(result_name(REF), 0, [NAME], self.now)

    def loaded(self) -> EntityWithSync:
        found = self.store.load(REF)
        assert found is not None
        return found

    def record_erasure(self, _seconds: float) -> None:
        """Deliver the erasure to the timeline, as the stream does."""
        after = self.loaded()
        TimelineRecorder(self.timelines, lambda: self.now).record(
            [EntityChange(self.first.entity, after.entity), SyncChange(self.first.sync, after.sync, AT)]
        )

    def erase(self) -> None:
        Eraser(self.dynamodb, TABLES, sleep=self.record_erasure).erase(OWNER, "7")

    def stored(self) -> str:
        return json.dumps([self.dynamodb.scan(TableName=table)["Items"] for table in TABLES.values()])


@pytest.fixture
def stage(dynamodb: "DynamoDBClient") -> Stage:
    return Stage(dynamodb)


def test_an_erasure_leaves_no_personal_data_in_any_table(stage: Stage) -> None:
    assert stage.stored().lower().count("canary") > 10

    stage.erase()

    assert "canary" not in stage.stored().lower()


def test_the_ids_of_an_erased_entity_stay(stage: Stage) -> None:
    stage.erase()

    found = stage.loaded()
    assert (found.sync.buildium_id, found.entity.fields["status"]) == (501, "Active")
    assert stage.store.local_ids([("owner", 501)]) == {("owner", 501): "7"}


def test_an_erasure_is_recorded_and_its_changes_stay_listed(stage: Stage) -> None:
    stage.erase()

    assert '"erasures"' in stage.stored()
    page = ChangeFeed(stage.dynamodb, ACTIVITY).page(entity_type=None, limit=100, cursor=None, now=stage.now)
    assert {each["entityId"] for each in page.changes} == {"7"}


def test_an_erasure_can_be_repeated(stage: Stage) -> None:
    stage.erase()
    stage.first = stage.loaded()
    stage.erase()

    assert "canary" not in stage.stored().lower()


def test_an_erasure_waits_for_the_timeline(stage: Stage) -> None:
    clock = iter(range(10**6))
    eraser = Eraser(stage.dynamodb, TABLES, clock=lambda: stage.now + 60 * next(clock), sleep=lambda _seconds: None)

    with pytest.raises(RetryLater):
        eraser.erase(OWNER, "7")


def test_only_strings_and_lists_of_fields_are_blanked() -> None:
    fields = {
        "propertyIds": ["1"],
        "firstName": "A",
        "status": "Active",
        "phones": [1],
        "address": {"city": "B"},
        "n": 1,
    }

    assert blanked(OWNER, fields) == {
        "propertyIds": ["1"],
        "firstName": "",
        "status": "Active",
        "phones": [],
        "address": {"city": ""},
        "n": 1,
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("default", "owners", "7"), "Set TYPE to one of"),
        (("default", "owner", ""), "and ID to a local id"),
        (("staging", "owner", "7"), "Unknown environment 'staging'"),
        (("default", "owner", "missing"), "There is no owner missing."),
    ],
)
def test_an_impossible_erasure_is_reported_without_a_traceback(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, str, str],
    expected: str,
) -> None:
    clients = {"cloudformation": None, "dynamodb": stage.dynamodb}
    monkeypatch.setattr("boto3.client", lambda service: clients[service])
    monkeypatch.setattr(erasure, "table_name", lambda _client, _stack, name: TABLES[name])

    assert erasure.main(*arguments) == 1
    assert expected in capsys.readouterr().err
