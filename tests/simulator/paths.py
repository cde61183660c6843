"""Paths below /v1: the collection, entity or action that a request names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulator.entity_type import EntityType

NESTED = re.compile(r"(?P<parents>/.+)/(?P<parent_id>[0-9]+)(?P<children>/[a-z]+)(?:/(?P<id>[0-9]+))?")


@dataclass(frozen=True)
class Target:
    """The target of a path: an entity type, and one entity, its collection (id None) or an action on an entity.

    `parent_id` is the id of the entity above a nested collection, such as the lease of `/leases/7/charges`.
    """

    entity_type: EntityType
    id: int | None
    action: str | None = None
    parent_id: int | None = None

    def methods(self) -> list[str]:
        """The allowed methods."""
        if self.action is not None:
            return ["POST"]
        entity_type = self.entity_type
        if self.id is None:
            allowed = {"GET": entity_type.is_listed, "POST": entity_type.post is not None}
        else:
            allowed = {
                "GET": entity_type.is_readable,
                "PUT": entity_type.put is not None,
                "PATCH": entity_type.patch is not None,
                "DELETE": entity_type.is_deletable,
            }
        return [method for method, is_allowed in allowed.items() if is_allowed]


def find_target(collections: Mapping[str, EntityType], path: str) -> Target | None:
    """The target of a path below /v1; None if there is none or it allows no method.

    `collections` has the types and views by their `path`.
    """
    target = _flat(collections, path) or _action(collections, path) or _nested(collections, path)
    return target if target and target.methods() else None


def _flat(collections: Mapping[str, EntityType], path: str) -> Target | None:
    if path in collections:
        return Target(collections[path], None)
    collection, _, last = path.rpartition("/")
    is_entity = collection in collections and last.isascii() and last.isdigit()
    return Target(collections[collection], int(last)) if is_entity else None


def _action(collections: Mapping[str, EntityType], path: str) -> Target | None:
    entity, _, action = path.rpartition("/")
    collection, _, last = entity.rpartition("/")
    entity_type = collections.get(collection)
    is_known = entity_type is not None and action in entity_type.actions
    return Target(entity_type, int(last), action) if entity_type and is_known and last.isdecimal() else None


def _nested(collections: Mapping[str, EntityType], path: str) -> Target | None:
    match = NESTED.fullmatch(path)
    entity_type = collections.get(f"{match['parents']}/{{id}}{match['children']}") if match else None
    if match is None or entity_type is None:
        return None
    entity_id = None if match["id"] is None else int(match["id"])
    return Target(entity_type, entity_id, parent_id=int(match["parent_id"]))
