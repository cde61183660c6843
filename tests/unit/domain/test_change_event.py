"""Change events are derived from the images of a change alone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.domain.change_event import EventType, KnownState, entity_event, sync_event
from buildium_sync.domain.change_record import bounded_changes
from buildium_sync.domain.entity import ChangeSource, Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.errors import ErrorCode

NOON = 1_795_348_800.0
OWNER = EntityRef("owner", "7")


def at(second: float) -> str:
    return format_iso(NOON + second)


FIRST = Entity(OWNER, 1, {"firstName": "Jane"}, Origin.API, at(0), at(0), "c")
PENDING = SyncRecord(OWNER, 1, Status.PENDING, at(0), at(0), "c", requested_at=at(0))
SYNCED = replace(
    PENDING, revision=2, status=Status.SYNCED, synced_version=1, buildium_id=501, updated_at=at(2), base={}
)
STATE = KnownState("crm-1", 501, Status.PENDING)


def edited(**changes: Any) -> Entity:
    return FIRST._replace(version=2, fields={"firstName": "Joan"}, updated_at=at(9), **changes)


def event_type(before: SyncRecord | None, after: SyncRecord) -> str | None:
    event = sync_event(before, after, None)
    return event.type if event else None


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
def test_a_first_version_of_each_type_is_created(entity_type: Any) -> None:
    fields = dict.fromkeys(entity_type.field_names, "a")
    first = FIRST._replace(ref=EntityRef(entity_type.name, "7"), fields=fields)
    event = entity_event(entity_type, None, first, STATE)
    assert (event.type, event.ref) == (EventType.CREATED, first.ref)
    assert set(event.changes) == set(fields)
    secrets = {name for name, change in event.changes.items() if change == "changed"}
    assert secrets == entity_type.secret_fields & set(fields)
    assert all(change == {"old": None, "new": "a"} for change in event.changes.values() if change != "changed")


def test_an_event_has_field_names_without_values() -> None:
    assert entity_event(by_name("owner"), FIRST, edited(), STATE).to_detail() == {
        "id": entity_event(by_name("owner"), FIRST, edited(), KnownState()).id,
        "type": "EntityUpdated",
        "schemaVersion": 1,
        "at": at(9),
        "entityType": "owner",
        "entityId": "7",
        "externalId": "crm-1",
        "buildiumId": 501,
        "version": 2,
        "source": "client",
        "changedFields": ["firstName"],
        "syncStatus": "pending",
        "error": None,
    }


@pytest.mark.parametrize("via", list(ChangeSource))
def test_a_change_from_buildium_has_its_source(via: ChangeSource) -> None:
    after = edited(origin=Origin.BUILDIUM, via=via)
    assert entity_event(by_name("owner"), FIRST, after, STATE).source == via.value
    assert entity_event(by_name("owner"), None, after._replace(version=1), STATE).source == via.value


def test_a_change_of_a_client_has_old_and_new_values() -> None:
    event = entity_event(by_name("owner"), FIRST, edited(), STATE)
    assert event.changes == {"firstName": {"old": "Jane", "new": "Joan"}}


def test_a_secret_value_is_never_in_an_event() -> None:
    after = edited()._replace(fields={"accountNumber": "987654321"})
    event = entity_event(by_name("bank-account"), FIRST, after, STATE)
    assert event.changes["accountNumber"] == "changed"
    assert "987654321" not in str(event)


def test_a_deletion_in_buildium_is_an_entity_deletion() -> None:
    deleted = FIRST.with_remote_fields(FIRST.fields, at(9), ChangeSource.POLL)._replace(deleted_at=at(9))
    event = entity_event(by_name("owner"), FIRST, deleted, STATE)
    assert (event.type, event.source) == (EventType.DELETED, "poll")
    assert event.changes == {"deletedAt": {"old": None, "new": at(9)}}
    later = deleted._replace(version=3, fields={"firstName": "Joan"})
    assert entity_event(by_name("owner"), deleted, later, STATE).type is EventType.UPDATED


def test_a_version_without_changed_values_is_an_update() -> None:
    event = entity_event(by_name("owner"), FIRST, FIRST._replace(version=2), STATE)
    assert (event.type, event.changes) == (EventType.UPDATED, {})


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.SYNCED, "SyncSucceeded"),
        (Status.FAILED, "SyncFailed"),
        (Status.BLOCKED, "SyncBlocked"),
        (Status.NEEDS_REVIEW, "ReviewNeeded"),
        (Status.PENDING, None),
        (Status.SYNCING, None),
        (Status.DELETED, None),
    ],
)
def test_each_outcome_of_a_sync_has_its_event(status: Status, expected: str | None) -> None:
    after = replace(PENDING, revision=1, status=status)
    assert event_type(PENDING, after) == expected
    assert event_type(None, replace(after, revision=0)) == expected


def test_a_sync_event_has_ids_status_and_error() -> None:
    failed = replace(PENDING, revision=4, status=Status.FAILED, error_message="No.", updated_at=at(3), buildium_id=501)
    event = sync_event(PENDING, failed, "crm-1")
    assert event is not None
    detail = event.to_detail()
    assert (detail["externalId"], detail["buildiumId"], detail["syncStatus"]) == ("crm-1", 501, "failed")
    assert (detail["error"], detail["source"], detail["version"], detail["at"]) == ("No.", "sync", 1, at(3))
    assert detail["changedFields"] == []


def test_an_unchanged_outcome_has_no_event() -> None:
    blocked = replace(PENDING, status=Status.BLOCKED, error_code=ErrorCode.DEPENDENCY, error_message="No owner.")
    for record in (SYNCED, blocked):
        assert event_type(record, replace(record, revision=9, due=at(60), expected_echoes=[])) is None


def test_a_change_of_the_external_id_is_an_update() -> None:
    after = FIRST._replace(version=2, external_id="crm-2")
    event = entity_event(by_name("owner"), FIRST._replace(external_id="crm-1"), after, STATE)
    assert (event.type, event.changes) == (EventType.UPDATED, {"externalId": {"old": "crm-1", "new": "crm-2"}})
    for record in (PENDING, SYNCED):
        assert event_type(record, record.with_external_id_changed(2)) is None


def test_a_new_error_of_a_stopped_sync_is_an_event() -> None:
    blocked = replace(PENDING, status=Status.BLOCKED, error_code=ErrorCode.DEPENDENCY, error_message="No owner.")
    assert event_type(blocked, replace(blocked, revision=1, error_message="No lease.")) == "SyncBlocked"


def test_a_new_synced_version_is_an_event() -> None:
    assert event_type(SYNCED, replace(SYNCED, revision=3, version=2, synced_version=2)) == "SyncSucceeded"


def test_every_version_and_revision_has_its_own_event_id() -> None:
    owner, tenant = by_name("owner"), by_name("tenant")
    events = [
        entity_event(owner, None, FIRST, STATE),
        entity_event(owner, FIRST, edited(), STATE),
        entity_event(tenant, None, FIRST._replace(ref=EntityRef("tenant", "7")), STATE),
        sync_event(PENDING, replace(SYNCED, revision=1), None),
        sync_event(PENDING, replace(SYNCED, revision=2), None),
    ]
    assert len({event.id for event in events if event}) == len(events)


def test_small_changes_are_whole_in_the_feed() -> None:
    item = entity_event(by_name("owner"), FIRST, edited(), STATE).to_feed_item()
    assert item["changes"] == {"firstName": {"old": "Jane", "new": "Joan"}}
    assert item["changedFields"] == ["firstName"]


def test_the_largest_values_of_a_change_are_truncated_first() -> None:
    changes = {"a": {"old": "é" * 2000, "new": "a" * 9000}, "b": {"old": None, "new": "b" * 5000}, "c": "changed"}
    bounded = bounded_changes(changes)
    assert bounded["a"]["old"]["bytes"] == 4000
    assert bounded["a"]["new"] == changes["a"]["new"]  # type: ignore[index]
    assert (bounded["b"], bounded["c"]) == (changes["b"], "changed")
    assert len(json.dumps(bounded)) <= 24_576


@pytest.mark.parametrize("value", ["x" * 3000, "\u2028" * 1000, ["\x00"] * 900, {"a": "ü" * 2000}])
def test_changes_of_many_large_fields_are_bounded(value: Any) -> None:
    changes = {f"f{number}": {"old": value, "new": value} for number in range(60)}
    bounded = bounded_changes(changes)
    assert set(bounded) == set(changes)
    assert len(json.dumps(bounded)) <= 24_576 * 1.5
