"""Handles an entity that Buildium no longer has.

If both sides had it, or a client requested its deletion, it is soft-deleted. If it was only linked, since Buildium
auto-created it or had it before, its sync creates it, so that no client's write is lost.
"""

from buildium_sync.clock import format_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.domain.entity_status import INACTIVE
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.store.entities import EntityWithSync
from buildium_sync.store.writes import TableWrite, Writes


def gone(
    items: Writes, entity_type: EntityType, loaded: EntityWithSync, now: float, via: ChangeSource
) -> tuple[SyncRecord, list[TableWrite]]:
    """Return the next sync record of an entity that Buildium no longer has, and the writes that go with it.

    It was found missing at `now` (epoch seconds).
    """
    sync, was_requested = loaded.sync, loaded.entity.deletion_requested_at is not None
    if not (sync.was_agreed or was_requested) and sync.buildium_id is not None:
        return sync.without_buildium_id(now), [items.delete_link(entity_type.name, sync.buildium_id)]
    at = format_iso(now)
    status = {"status": INACTIVE} if "status" in entity_type.field_names else {}
    after = loaded.entity.with_remote_fields({**loaded.entity.fields, **status}, at, via)._replace(deleted_at=at)
    entry = change_record(entity_type, loaded.entity, after)
    return sync.deleted(after.version, now, was_requested=was_requested), [
        items.put_entity(after),
        *([items.delete_intent(sync.ref)] if sync.intent_at is not None else []),
        *([items.put_history(entry)] if entry else []),
    ]
