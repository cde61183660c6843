"""The schemas of entities in responses."""

from collections.abc import Iterator

from buildium_sync.entity_types.registry import all_types
from tests.openapi.assertions import Json, document
from tools.openapi.names import schema_name

COMPONENTS: dict[str, Json] = document()["components"]["schemas"]


def _parts(item: str) -> Iterator[str]:
    for member in COMPONENTS[item]["properties"].values():
        for part in (member, *member.get("anyOf", ()), member.get("items", {})):
            yield from (each["$ref"].rpartition("/")[2] for each in (part, part.get("items", {})) if "$ref" in each)


ITEMS = {f"{schema_name(each)}Item" for each in all_types()}
PARTS = {part for item in ITEMS for part in _parts(item)} - {"BuildiumSync"}
"""The objects in entities."""
RETURNED = {*PARTS, *ITEMS, *(schema_name(each) for each in all_types()), "OwnerResponse"}
"""An owner's response has no envelope."""
