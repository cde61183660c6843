"""What Buildium creates by itself along with a local entity, when the response that names it was lost.

Buildium: a property that is created without units gets one. The first unit that a client creates for the property is
to become that one.
"""

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock
from buildium_sync.domain.create_intent import AutoCreatedUnit
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, Payload
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import RetryLater
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.writes import TableWrite, Writes

_RETRY_SECONDS = 2.0


def unknown(changes: Writes, entity_type: EntityType, ref: EntityRef, now: float) -> list[TableWrite]:
    """Return the notes that Buildium may have created something along with an entity, whose id is not known."""
    return [
        changes.put_auto_created_unit(ref, name, AutoCreatedUnit(None, now)) for name in entity_type.auto_created_types
    ]


def is_unclaimed(store: EntityStore, entity_type: EntityType, message: Payload) -> bool:
    """Return whether Buildium created an entity by itself and no local entity has claimed it yet."""
    if entity_type.auto_created_by_field is None:
        return False
    keys = [(each.entity_type, each.buildium_id) for each in entity_type.remote_references(message)]
    parents = [EntityRef(kind, local_id) for (kind, _), local_id in store.local_ids(keys).items()]
    notes = [store.auto_created_unit(ref, entity_type.name) for ref in parents]
    return any(note is not None and note.buildium_id == int(message["Id"]) for note in notes)


class AutoCreated:
    """Finds the auto-created entity beside a local entity.

    `visibility_delay`: seconds until a list shows it at the latest.
    """

    def __init__(self, store: EntityStore, client: BuildiumClient, *, visibility_delay: float, clock: Clock) -> None:
        self._store = store
        self._client = client
        self._visibility_delay = visibility_delay
        self._clock = clock

    def beside(self, ref: EntityRef, entity_type: str) -> AutoCreatedUnit | None:
        """Return what Buildium created along with an entity and no local entity has claimed yet.

        Asks Buildium where that is not known. Raises RetryLater while its list may be behind, and BuildiumError.
        """
        noted = self._store.auto_created_unit(ref, entity_type)
        if noted is None or noted.buildium_id is not None:
            return noted
        record = self._store.sync_record(ref)
        listing = (
            by_name(ref.entity_type).auto_created_query(record.buildium_id) if record and record.buildium_id else None
        )
        if listing is None:
            return None
        _, path, query = listing
        ids = sorted(int(row["Id"]) for page in self._client.pages(path, query) for row in page)
        if not ids and self._clock() < noted.recorded_at + self._visibility_delay:
            raise RetryLater("Buildium does not list the auto-created entity yet", _RETRY_SECONDS)
        return self._resolve(ref, by_name(entity_type), ids)

    def _resolve(self, ref: EntityRef, entity_type: EntityType, ids: list[int]) -> AutoCreatedUnit | None:
        """Store which one it is. It is the oldest: Buildium created it together with its parent."""
        oldest = ids[0] if ids else None
        is_free = oldest is not None and not self._store.local_ids([(entity_type.name, oldest)])
        if not is_free:
            self._store.write(self._store.changes.delete_auto_created_unit(ref, entity_type.name))
            return None
        found = AutoCreatedUnit(oldest, self._clock())
        self._store.write(self._store.changes.put_auto_created_unit(ref, entity_type.name, found))
        return found
