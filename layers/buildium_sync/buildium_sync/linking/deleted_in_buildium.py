"""What becomes of a linked entity that is not in Buildium any more.

One that both sides had is kept with the time of its deletion. One that was only linked, because Buildium created it
beside another one or had it before, is to be created: no client's write is lost because of a guess.
"""

from dataclasses import replace

from buildium_sync.clock import format_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.domain.entity_status import INACTIVE
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.store.entities import EntityWithSync
from buildium_sync.store.writes import TableWrite, Writes


def gone(
    changes: Writes, entity_type: EntityType, loaded: EntityWithSync, now: float, via: ChangeSource
) -> tuple[SyncRecord, list[TableWrite]]:
    """Return the next sync record of an entity that Buildium no longer has, and the writes that go with it.

    It was found missing at `now` (seconds since the epoch).
    """
    sync = loaded.sync
    if not sync.was_agreed and sync.buildium_id is not None:
        return sync.without_buildium_id(now), [changes.delete_link(entity_type.name, sync.buildium_id)]
    at = format_iso(now)
    inactive = loaded.entity.with_remote_fields({**loaded.entity.fields, "status": INACTIVE}, at, via)
    after = replace(inactive, deleted_at=at)
    entry = change_record(entity_type, loaded.entity, after)
    return sync.deleted(after.version, now), [
        changes.put_entity(after),
        *([changes.put_history(entry)] if entry else []),
    ]
