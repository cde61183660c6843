"""The stored lookups are exactly those of the entities, whatever writes them and in whatever order."""

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.lookups import changed_lookups
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.dynamodb import from_attributes
from buildium_sync.store.lookup_items import lookup_writes
from buildium_sync.store.timeline_pages import TimelineStore
from tests.aws import ACTIVITY
from tests.flows.entity_stream import KilledError
from tests.flows.system import System
from tests.flows.test_change_feed import FIRST_SEED, RUNS, History, tables
from tools.rebuild_lookups import LookupRebuilder, rebuild

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Places = set[tuple[str, str]]


def stored(dynamodb: "DynamoDBClient") -> Places:
    """The keys of all lookups."""
    responses = dynamodb.get_paginator("scan").paginate(TableName=ACTIVITY)
    items = [from_attributes(item) for response in responses for item in response["Items"]]
    return {(item["pk"], item["sk"]) for item in items if item["pk"].startswith(("lookup#", "search#"))}


def expected(system: System) -> Places:
    """The keys of the lookups that the entities have."""
    found: Places = set()
    for ref, loaded in system.store.load_all(tables(system.dynamodb)).items():
        lookups = changed_lookups({}, by_name(ref.entity_type), loaded.entity, loaded.sync)
        for write in lookup_writes(ACTIVITY, ref, {}, lookups):
            item = from_attributes(write["Put"]["Item"])
            found.add((item["pk"], item["sk"]))
    return found


@pytest.mark.parametrize("seed", range(FIRST_SEED + 500, FIRST_SEED + 500 + RUNS // 2))
def test_lookups_equal_the_entities(seed: int, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(seed, system, monkeypatch)
    history.run()
    assert stored(system.dynamodb) == expected(system)


def test_rebuilds_during_a_history_leave_no_wrong_lookup(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(FIRST_SEED + 400, system, monkeypatch)
    rebuilder = LookupRebuilder(system.store, TimelineStore(system.dynamodb, ACTIVITY))

    def rebuild_now() -> None:
        with suppress(KilledError):
            rebuild(rebuilder)

    for step in ("poll", "import_all", "fault"):
        monkeypatch.setattr(history, step, rebuild_now)
    history.run()
    assert stored(system.dynamodb) == expected(system) != set()
