"""The rebuild gives entities their lookups that have none, or wrong ones, and can run beside everything else."""

import json
from copy import deepcopy
from typing import TYPE_CHECKING

import boto3
import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.dynamodb import from_attributes
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.stream_records import EntityChange, StreamChange
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.recorder import TimelineRecorder
from tests.aws import ACTIVITY, ENTITIES, REGION
from tests.unit.timeline.stream import NOON, life
from tools.local_cloud.template import load_template
from tools.rebuild_lookups import LookupRebuilder, main, physical_name, rebuild

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROPERTY = by_name("property")


@pytest.fixture
def entities(dynamodb: "DynamoDBClient") -> EntityStore:
    return EntityStore(dynamodb, ENTITIES)


@pytest.fixture
def timelines(dynamodb: "DynamoDBClient") -> TimelineStore:
    return TimelineStore(dynamodb, ACTIVITY)


@pytest.fixture
def rebuilder(entities: EntityStore, timelines: TimelineStore) -> LookupRebuilder:
    return LookupRebuilder(entities, timelines)


def put(entities: EntityStore, changes: list[StreamChange]) -> None:
    """Store what a stream delivers."""
    for change in changes:
        if isinstance(change, EntityChange):
            entities.write(entities.writes.put_entity(change.after))
        else:
            entities.write(entities.writes.put_sync(change.after))


def lookups(dynamodb: "DynamoDBClient") -> set[tuple[str, str]]:
    items = map(from_attributes, dynamodb.scan(TableName=ACTIVITY)["Items"])
    return {(item["pk"], item["sk"]) for item in items if item["pk"].startswith("lookup#")}


def ref(number: int, name: str = "property") -> EntityRef:
    return EntityRef(name, f"{number:03}")


def test_the_rebuild_equals_what_the_stream_records(
    dynamodb: "DynamoDBClient", entities: EntityStore, timelines: TimelineStore, rebuilder: LookupRebuilder
) -> None:
    lives = [life(ref(number, name), Status.SYNCED) for name in ("property", "unit") for number in range(50)]
    for each in lives:
        put(entities, each)
    assert rebuild(rebuilder) == 100
    rebuilt = lookups(dynamodb)
    assert len(rebuilt) == 2 * 50 + 3 * 50
    for each in lives:
        TimelineRecorder(timelines, lambda: NOON).record(each)
    assert lookups(dynamodb) == rebuilt
    assert timelines.counts() == {"property": {"synced": 50}, "unit": {"synced": 50}}


def test_a_rebuild_continues_at_a_cursor(
    dynamodb: "DynamoDBClient", entities: EntityStore, rebuilder: LookupRebuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(50):
        put(entities, life(ref(number)))
    count, cursor = rebuilder.rebuild_page(PROPERTY, None)
    assert (count, cursor is not None) == (40, True)
    assert rebuild(rebuilder, "property", cursor) == 10
    assert len(lookups(dynamodb)) == 2 * 50


def test_the_progress_shows_how_to_continue(
    entities: EntityStore, rebuilder: LookupRebuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(41):
        put(entities, life(ref(number)))
    rebuild(rebuilder)
    progress, _, cursor = capsys.readouterr().err.strip().rpartition(" ")
    assert progress == "40 entities. To continue from here: property"
    assert rebuild(rebuilder, "property", cursor) == 1


def test_a_second_rebuild_writes_nothing(
    dynamodb: "DynamoDBClient", entities: EntityStore, rebuilder: LookupRebuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(entities, life(ref(1)))
    rebuild(rebuilder)
    for method in ("transact_write_items", "put_item"):
        monkeypatch.setattr(dynamodb, method, None)
    assert rebuild(rebuilder) == 1


def test_lookups_of_a_lost_batch_are_replaced(
    dynamodb: "DynamoDBClient", entities: EntityStore, timelines: TimelineStore, rebuilder: LookupRebuilder
) -> None:
    changes = life(ref(1), Status.SYNCING, Status.FAILED)
    put(entities, changes)
    TimelineRecorder(timelines, lambda: NOON).record(changes[:2])
    assert any(pk.endswith("syncStatus#pending") for pk, _ in lookups(dynamodb))
    rebuild(rebuilder)
    assert {pk for pk, _ in lookups(dynamodb) if "syncStatus" in pk} == {"lookup#property#syncStatus#failed"}


def test_a_rebuild_reads_an_entity_again_that_changes(
    dynamodb: "DynamoDBClient",
    entities: EntityStore,
    timelines: TimelineStore,
    rebuilder: LookupRebuilder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes = life(ref(1), Status.SYNCING, Status.SYNCED)
    put(entities, changes[:3])
    load_all, later = entities.load_all, changes[3:]

    def load(refs: object) -> object:
        loaded = load_all(refs)  # type: ignore[arg-type]
        if later:
            put(entities, later)
            TimelineRecorder(timelines, lambda: NOON).record(changes)
            later.clear()
        return loaded

    monkeypatch.setattr(entities, "load_all", load)
    rebuild(rebuilder)
    assert {pk for pk, _ in lookups(dynamodb) if "syncStatus" in pk} == {"lookup#property#syncStatus#synced"}


def test_a_batch_is_recorded_again_after_a_rebuild(
    dynamodb: "DynamoDBClient",
    entities: EntityStore,
    timelines: TimelineStore,
    rebuilder: LookupRebuilder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes = life(ref(1), Status.SYNCING, Status.SYNCED)
    put(entities, changes[:3])
    checkpoints = timelines.checkpoints
    reads: list[None] = []

    def read(refs: object) -> object:
        found = checkpoints(refs)  # type: ignore[arg-type]
        reads.append(None)
        if len(reads) == 1:
            rebuild(rebuilder)
        return found

    monkeypatch.setattr(timelines, "checkpoints", read)
    TimelineRecorder(timelines, lambda: NOON).record(changes)
    assert {pk for pk, _ in lookups(dynamodb) if "syncStatus" in pk} == {"lookup#property#syncStatus#synced"}


def test_a_rebuild_gives_up_on_endless_changes(
    entities: EntityStore, timelines: TimelineStore, rebuilder: LookupRebuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(*_: object) -> None:
        raise ConcurrentWrite("changed")

    put(entities, life(ref(1)))
    monkeypatch.setattr(timelines, "commit", commit)
    with pytest.raises(ConcurrentWrite, match="contention"):
        rebuild(rebuilder)


def test_the_tool_finds_the_tables_of_a_stack(
    dynamodb: "DynamoDBClient", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = deepcopy(load_template()["Resources"])
    tables = {name: resources[name] for name in ("EntitiesTable", "TimelineTable")}
    for table in tables.values():
        del table["Properties"]["DeletionProtectionEnabled"]  # it refers to a parameter
    stacks = boto3.client("cloudformation", region_name=REGION)
    stacks.create_stack(StackName="stack", TemplateBody=json.dumps({"Resources": tables}))
    names = {name: physical_name(stacks, "stack", name) for name in tables}
    put(EntityStore(dynamodb, names["EntitiesTable"]), life(ref(1)))
    assert main("stack", "property") == 0
    assert capsys.readouterr().out == "1 entities have their lookups.\n"
    assert dynamodb.scan(TableName=names["TimelineTable"])["Count"] == 3


def test_a_missing_stack_is_named_without_a_traceback(
    dynamodb: "DynamoDBClient", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("absent") == 1
    error = capsys.readouterr().err
    assert error.startswith("The lookups of absent are not rebuilt: ")
    assert error.count("\n") == 1
