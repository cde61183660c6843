"""The natural keys of unlinked local entities, to find those that a Buildium entity may be."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Any

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import NO_LINKS, Links
from buildium_sync.store.entities import EntityWithSync


class NaturalKeyIndex:
    """The natural keys of local entities by id, grouped so that few are compared with a Buildium entity."""

    def __init__(self, entity_type: EntityType, keys: Mapping[str, Mapping[str, Any]]) -> None:
        self._entity_type = entity_type
        self._groups: dict[Hashable, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        for entity_id, key in keys.items():
            self._groups[self._group(key)].append((entity_id, key))

    def matches(self, payload: Payload) -> list[str]:
        """Return the ids of the local entities that a Buildium entity may be."""
        if not self._groups:
            return []
        remote_key = self._entity_type.natural_key(self._entity_type.from_buildium(payload, NO_LINKS), NO_LINKS)
        group = self._groups.get(self._group(remote_key), [])
        return [entity_id for entity_id, key in group if self._entity_type.is_match(payload, key)]

    def _group(self, key: Mapping[str, Any]) -> Hashable:
        return tuple(key[name] for name in self._entity_type.exact_match_fields)


def natural_key(entity_type: EntityType, loaded: EntityWithSync, links: Links) -> dict[str, Any] | None:
    """Return an entity's natural key, None while an entity that it refers to is not linked."""
    try:
        return entity_type.natural_key(loaded.entity.fields, links)
    except KeyError:
        return None
