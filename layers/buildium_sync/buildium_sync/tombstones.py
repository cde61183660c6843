"""What is kept of an entity that was deleted in Buildium: its last version, with the time of its deletion."""

from collections.abc import Sequence
from dataclasses import replace

from buildium_sync.entities.base import EntityType
from buildium_sync.entities.status import INACTIVE
from buildium_sync.history import overwritten
from buildium_sync.store.changes import Change, Changes
from buildium_sync.store.records import Entity, SyncRecord, Via, deleted


def tombstone(
    changes: Changes, entity_type: EntityType, entity: Entity, sync: SyncRecord, now: str, via: Via
) -> Sequence[Change]:
    """Return the changes of a deletion that was noticed at `now` (ISO 8601); the sync record's is the first."""
    pulled = entity.pulled({**entity.fields, "status": INACTIVE}, now, via)
    after = replace(pulled, deleted_at=now)
    entry = overwritten(entity_type, entity, after)
    record = deleted(sync, after.version, now)
    return [changes.put_sync(record), changes.put_entity(after), *([changes.put_history(entry)] if entry else [])]
