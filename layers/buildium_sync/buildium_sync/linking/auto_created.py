"""Entities that Buildium creates automatically with another one.

Buildium: a property that is created without units gets one. The first local unit of the property claims it: it would
be a duplicate otherwise. Clients create units later, one by one, so the create of the property cannot contain them. If
the response of the create was lost, the id of the oldest unit is read from Buildium.
"""

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock
from buildium_sync.domain.create_intent import AutoCreatedUnit
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import RetryLater
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.writes import TableWrite, Writes

_RETRY_SECONDS = 2.0


def unknown(items: Writes, entity_type: EntityType, ref: EntityRef, now: float) -> list[TableWrite]:
    """Return the writes that record a possible auto-created entity of each type, with an unknown id."""
    return [
        items.put_auto_created_unit(ref, name, AutoCreatedUnit(None, now)) for name in entity_type.auto_created_types
    ]


def is_unclaimed(store: EntityStore, entity_type: EntityType, payload: Payload) -> bool:
    """Return whether an entity is auto-created and no local entity has claimed it."""
    if entity_type.auto_created_by_field is None:
        return False
    keys = [(each.entity_type, each.buildium_id) for each in entity_type.remote_references(payload)]
    parents = [EntityRef(kind, local_id) for (kind, _), local_id in store.local_ids(keys).items()]
    units = [store.auto_created_unit(ref, entity_type.name) for ref in parents]
    return any(unit is not None and unit.buildium_id == int(payload["Id"]) for unit in units)


class AutoCreated:
    """Finds the auto-created entity of a local entity.

    `visibility_delay`: seconds after which Buildium's lists show it.
    """

    def __init__(self, store: EntityStore, client: BuildiumClient, *, visibility_delay: float, clock: Clock) -> None:
        self._store = store
        self._client = client
        self._visibility_delay = visibility_delay
        self._clock = clock

    def of(self, ref: EntityRef, entity_type: str) -> AutoCreatedUnit | None:
        """Return the unclaimed auto-created entity of an entity.

        Reads its id from Buildium if it is unknown. Raises RetryLater while Buildium may not list it yet, and
        BuildiumError.
        """
        recorded = self._store.auto_created_unit(ref, entity_type)
        if recorded is None or recorded.buildium_id is not None:
            return recorded
        record = self._store.sync_record(ref)
        listing = (
            by_name(ref.entity_type).auto_created_query(record.buildium_id) if record and record.buildium_id else None
        )
        if listing is None:
            return None
        _, path, query = listing
        ids = sorted(int(row["Id"]) for page in self._client.pages(path, query) for row in page)
        if not ids and self._clock() < recorded.recorded_at + self._visibility_delay:
            raise RetryLater("Buildium does not list the auto-created entity yet", _RETRY_SECONDS)
        return self._resolve(ref, by_name(entity_type), ids)

    def _resolve(self, ref: EntityRef, entity_type: EntityType, ids: list[int]) -> AutoCreatedUnit | None:
        """Store the oldest id: Buildium created it together with its parent."""
        oldest = ids[0] if ids else None
        is_free = oldest is not None and not self._store.local_ids([(entity_type.name, oldest)])
        if not is_free:
            self._store.write(self._store.writes.delete_auto_created_unit(ref, entity_type.name))
            return None
        found = AutoCreatedUnit(oldest, self._clock())
        self._store.write(self._store.writes.put_auto_created_unit(ref, entity_type.name, found))
        return found
