"""What becomes of a linked entity that is not in Buildium any more.

One that both sides had is kept with the time of its deletion. One that was only linked, because Buildium created it
beside another one or had it before, is to be created: no client's write is lost because of a guess.
"""

from collections.abc import Sequence
from dataclasses import replace

from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.entity import ChangeSource, Entity
from buildium_sync.domain.entity_status import INACTIVE
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import SyncRecord, deleted, without_buildium_id
from buildium_sync.store.entities import EntityWithSync
from buildium_sync.store.writes import TableWrite, Writes


def gone(
    changes: Writes, entity_type: EntityType, loaded: EntityWithSync, now: str, via: ChangeSource
) -> Sequence[TableWrite]:
    """Return the changes of an entity that was found gone at `now` (ISO 8601); the sync record's is the first."""
    if loaded.sync.was_agreed or loaded.sync.buildium_id is None:
        return _tombstone(changes, entity_type, loaded.entity, loaded.sync, now, via)
    link = changes.delete_link(entity_type.name, loaded.sync.buildium_id)
    return [changes.put_sync(without_buildium_id(loaded.sync, now)), link]


def _tombstone(
    changes: Writes, entity_type: EntityType, entity: Entity, sync: SyncRecord, now: str, via: ChangeSource
) -> Sequence[TableWrite]:
    pulled = entity.with_remote_fields({**entity.fields, "status": INACTIVE}, now, via)
    after = replace(pulled, deleted_at=now)
    entry = change_record(entity_type, entity, after)
    record = deleted(sync, after.version, now)
    return [changes.put_sync(record), changes.put_entity(after), *([changes.put_history(entry)] if entry else [])]
