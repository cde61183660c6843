"""Parses the records of the entities table's stream: an entity or a sync record, before and after a write."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import Entity, EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.store.dynamodb import from_attributes
from buildium_sync.store.items import ENTITY, SYNC, entity_from_item, sync_record_from_item


class EntityChange(NamedTuple):
    """A version of an entity, and the one before it (None for the first)."""

    before: Entity | None
    after: Entity

    @property
    def ref(self) -> EntityRef:
        """The entity."""
        return self.after.ref


class SyncChange(NamedTuple):
    """A revision of a sync record, and the one before it. `written_at` (ISO 8601) is in whole seconds."""

    before: SyncRecord | None
    after: SyncRecord
    written_at: str

    @property
    def ref(self) -> EntityRef:
        """The entity."""
        return self.after.ref


StreamChange = EntityChange | SyncChange


def read_change(record: Mapping[str, Any]) -> StreamChange | None:
    """Parse a record of a stream with new and old images; None for other kinds of items, and for deletions.

    Raises KeyError, TypeError or ValueError for an invalid record.
    """
    change = record["dynamodb"]
    if "NewImage" not in change:
        return None
    after = from_attributes(change["NewImage"])
    before = from_attributes(change["OldImage"]) if "OldImage" in change else None
    if after["sk"] == ENTITY:
        return EntityChange(entity_from_item(before) if before else None, entity_from_item(after))
    if after["sk"] == SYNC:
        written_at = format_iso(float(change["ApproximateCreationDateTime"]))
        return SyncChange(sync_record_from_item(before) if before else None, sync_record_from_item(after), written_at)
    return None
