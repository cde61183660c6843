"""Writes an entity together with the item that makes its external id unique."""

from collections.abc import Sequence

from buildium_sync.domain.entity import Entity
from buildium_sync.errors import ConcurrentWrite, ExternalIdTaken
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS, TableWrite


def write_with_external_id(
    store: EntityStore, entity: Entity, before: str | None, writes: Sequence[TableWrite]
) -> None:
    """Commit the writes of an entity, and those of its external id, which was `before`.

    Raises ExternalIdTaken if another entity has the external id, and ConcurrentWrite if another condition fails.
    """
    items, ref = store.writes, entity.ref
    if entity.external_id == before:
        store.write(*writes)
        return
    put = [] if entity.external_id is None else [items.put_external_id(ref, entity.external_id)]
    delete = [] if before is None else [items.delete_external_id(ref, before)]
    for _ in range(MAX_WRITE_CONFLICTS):
        try:
            store.write(*writes, *put, *delete)
        except ConcurrentWrite as conflict:
            if not put or conflict.failed != {len(writes)}:
                raise
            _raise_if_taken(store, entity)
        else:
            return
    raise ConcurrentWrite("External id contention")


def _raise_if_taken(store: EntityStore, entity: Entity) -> None:
    """Raise ExternalIdTaken unless the external id has been removed from the other entity since."""
    name = entity.ref.entity_type
    other = store.with_external_id(name, entity.external_id or "")
    if other is not None and other != entity.ref:
        raise ExternalIdTaken(f"The {name} {other.entity_id} has this externalId.", other.entity_id)
