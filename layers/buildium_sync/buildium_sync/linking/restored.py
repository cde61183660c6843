"""Restores a soft-deleted entity that Buildium still has. A read that found nothing may have been wrong."""

from buildium_sync.clock import format_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.domain.entity_status import ACTIVE
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.store.entities import EntityWithSync
from buildium_sync.store.writes import TableWrite, Writes


def restored(
    items: Writes, entity_type: EntityType, loaded: EntityWithSync, remote: Fields, now: float, via: ChangeSource
) -> tuple[SyncRecord, list[TableWrite]]:
    """Return the next sync record of a soft-deleted entity that Buildium has, and the writes that go with it.

    `remote` are the field values that Buildium has at `now` (epoch seconds). They replace the local ones.
    """
    status = {"status": ACTIVE} if "status" in entity_type.field_names else {}
    fields = {**loaded.entity.fields, **status, **remote}
    after = loaded.entity.with_remote_fields(fields, format_iso(now), via)._replace(deleted_at=None)
    entry = change_record(entity_type, loaded.entity, after)
    record = loaded.sync.restored(after.version, {**(loaded.sync.base or {}), **remote}, now)
    return record, [items.put_entity(after), *([items.put_history(entry)] if entry else [])]
