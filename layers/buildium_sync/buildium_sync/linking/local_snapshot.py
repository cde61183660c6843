"""What the tables hold about the Buildium entities of a list."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.linking.id_links import resolve_all_links
from buildium_sync.store.entities import EntityStore, EntityWithSync


class LocalSnapshot(NamedTuple):
    """The linked local entities by Buildium id, and the links of all that both sides refer to.

    `is_complete` says that every Buildium entity is linked.
    """

    entities: Mapping[int, EntityWithSync]
    links: Links
    is_complete: bool

    @classmethod
    def read(cls, store: EntityStore, entity_type: EntityType, payloads: Sequence[Payload]) -> Self:
        """Read the snapshot for Buildium entities of one type, in a few batches."""
        local_ids = store.local_ids((entity_type.name, int(payload["Id"])) for payload in payloads)
        refs = {buildium_id: EntityRef(name, local_id) for (name, buildium_id), local_id in local_ids.items()}
        loaded = store.load_all(refs.values())
        entities = {buildium_id: loaded[ref] for buildium_id, ref in refs.items() if ref in loaded}
        links = resolve_all_links(store, entity_type, [each.entity.fields for each in entities.values()], payloads)
        return cls(entities, links, len(entities) == len(payloads))
