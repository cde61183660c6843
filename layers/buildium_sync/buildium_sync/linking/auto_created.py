"""What Buildium creates by itself along with a local entity, when the response that names it was lost.

Buildium: a property that is created without units gets one. The first unit that a client creates for the property is
to become that one.
"""

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock
from buildium_sync.domain.create_intent import Spare
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, Message
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import Busy
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.writes import Change, Changes

_RETRY_SECONDS = 2.0


def unknown(changes: Changes, entity_type: EntityType, ref: EntityRef, now: float) -> list[Change]:
    """Return the notes that Buildium may have created something along with an entity, whose id is not known."""
    return [changes.put_spare(ref, name, Spare(None, now)) for name in entity_type.makes_along]


def is_unclaimed(store: EntityStore, entity_type: EntityType, message: Message) -> bool:
    """Return whether Buildium created an entity by itself and no local entity has claimed it yet."""
    if entity_type.adopts is None:
        return False
    keys = [(each.entity_type, each.buildium_id) for each in entity_type.buildium_references(message)]
    parents = [EntityRef(kind, local_id) for (kind, _), local_id in store.local_ids(keys).items()]
    notes = [store.spare(ref, entity_type.name) for ref in parents]
    return any(note is not None and note.buildium_id == int(message["Id"]) for note in notes)


class AutoCreated:
    """Finds the auto-created entity beside a local entity. `settling`: seconds until a list shows it at the latest."""

    def __init__(self, store: EntityStore, client: BuildiumClient, *, settling: float, clock: Clock) -> None:
        self._store = store
        self._client = client
        self._settling = settling
        self._clock = clock

    def beside(self, ref: EntityRef, entity_type: str) -> Spare | None:
        """Return what Buildium created along with an entity and no local entity has claimed yet.

        Asks Buildium where that is not known. Raises Busy while its list may be behind, and BuildiumError.
        """
        noted = self._store.spare(ref, entity_type)
        if noted is None or noted.buildium_id is not None:
            return noted
        record = self._store.sync_record(ref)
        listing = (
            by_name(ref.entity_type).made_along_list(record.buildium_id) if record and record.buildium_id else None
        )
        if listing is None:
            return None
        _, path, query = listing
        ids = sorted(int(row["Id"]) for page in self._client.pages(path, query) for row in page)
        if not ids and self._clock() < noted.noted_at + self._settling:
            raise Busy("Buildium does not list yet what it created along with the entity", _RETRY_SECONDS)
        return self._resolve(ref, by_name(entity_type), ids)

    def _resolve(self, ref: EntityRef, entity_type: EntityType, ids: list[int]) -> Spare | None:
        """Store which one it is. It is the oldest: Buildium created it together with its parent."""
        oldest = ids[0] if ids else None
        is_free = oldest is not None and not self._store.local_ids([(entity_type.name, oldest)])
        if not is_free:
            self._store.write(self._store.changes.delete_spare(ref, entity_type.name))
            return None
        found = Spare(oldest, self._clock())
        self._store.write(self._store.changes.put_spare(ref, entity_type.name, found))
        return found
