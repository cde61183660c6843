"""Made-up stream records of the entities table."""

from dataclasses import replace

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.stream_records import EntityChange, StreamChange, SyncChange

NOON = 1_795_348_800.0


def life(ref: EntityRef, *states: Status) -> list[StreamChange]:
    """A create whose sync record has these statuses after pending, one second each."""
    entity = Entity(ref, 1, {"name": "a"}, Origin.API, format_iso(NOON), format_iso(NOON), "c")
    before = SyncRecord(ref, 1, Status.PENDING, format_iso(NOON), format_iso(NOON), "c", requested_at=format_iso(NOON))
    changes: list[StreamChange] = [EntityChange(None, entity), SyncChange(None, before, format_iso(NOON))]
    for second, status in enumerate(states, start=1):
        after = replace(before, revision=second, status=status, updated_at=format_iso(NOON + second), attempts=second)
        if status is Status.SYNCED:
            after = replace(after, synced_version=1)
        changes.append(SyncChange(before, after, format_iso(NOON + second)))
        before = after
    return changes
