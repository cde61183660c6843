"""The events of one entity are in the order of its versions, whatever the order of its records."""

import itertools
from dataclasses import replace

from buildium_sync.clock import format_iso
from buildium_sync.domain.change_event import KnownState
from buildium_sync.domain.entity import ChangeSource, EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.stream_records import EntityChange, StreamChange, SyncChange
from buildium_sync.timeline.events_from_changes import change_events
from tests.unit.timeline.stream import NOON, life

SEVEN = EntityRef("property", "7")


def edited_in_buildium(create: EntityChange, synced: SyncChange) -> list[StreamChange]:
    """Return a second version from Buildium, with its sync record."""
    after = create.after.with_remote_fields({"name": "b"}, format_iso(NOON + 60), ChangeSource.WEBHOOK)
    record = replace(synced.after, revision=synced.after.revision + 1, version=2, synced_version=2)
    return [EntityChange(create.after, after), SyncChange(synced.after, record, format_iso(NOON + 60))]


def whole_life() -> list[StreamChange]:
    changes = life(SEVEN, Status.SYNCING, Status.FAILED, Status.SYNCED)
    create, synced = changes[0], changes[-1]
    assert isinstance(create, EntityChange)
    assert isinstance(synced, SyncChange)
    return [*changes, *edited_in_buildium(create, synced)]


def test_events_follow_versions_in_any_order_of_records() -> None:
    expected = ["EntityCreated", "SyncFailed", "SyncSucceeded", "EntityUpdated", "SyncSucceeded"]
    for changes in itertools.permutations(whole_life()):
        events, state = change_events(KnownState(), changes)
        assert [event.type for event in events] == expected
        assert state == KnownState(status=Status.SYNCED)


def test_an_entity_event_has_the_status_written_with_it() -> None:
    events, _ = change_events(KnownState(), whole_life())
    assert [event.state.status for event in events] == ["pending", "failed", "synced", "synced", "synced"]


def test_an_entity_event_alone_has_the_known_state() -> None:
    known = KnownState("crm-1", 501, Status.FAILED)
    [create, *_] = whole_life()
    assert isinstance(create, EntityChange)
    events, state = change_events(known, [create._replace(after=create.after._replace(external_id="crm-1"))])
    assert [event.state for event in events] == [known]
    assert state == known


def test_events_have_the_last_external_id() -> None:
    [created, *syncs] = whole_life()[:4]
    assert isinstance(created, EntityChange)
    keyed = created._replace(after=created.after._replace(external_id="crm-2"))
    events, state = change_events(KnownState("crm-1"), [keyed, *syncs])
    assert [event.state.external_id for event in events] == ["crm-2", "crm-2"]
    assert change_events(state, syncs)[0][0].state.external_id == "crm-2"


def test_split_changes_have_the_same_events() -> None:
    changes = whole_life()
    whole, _ = change_events(KnownState(), changes)
    for place in range(1, len(changes)):
        first, state = change_events(KnownState(), changes[:place])
        second, _ = change_events(state, changes[place:])
        assert [event.id for event in (*first, *second)] == [event.id for event in whole]


def test_an_event_has_the_external_id_of_its_version() -> None:
    create, *_ = whole_life()
    assert isinstance(create, EntityChange)
    named = create.after._replace(version=2, external_id="crm-1")
    events, state = change_events(KnownState(), [create, EntityChange(create.after, named)])
    assert [event.state.external_id for event in events] == [None, "crm-1"]
    assert state.external_id == "crm-1"
