"""The lookups of entities in the timeline table (see `domain.lookups`): one item per lookup of an entity.

pk                                  sk
lookup#unit#propertyId#8f0c…        2026-…Z#3b1d…    unit 3b1d… refers to property 8f0c…
lookup#unit#updated                 2026-…Z#3b1d…    unit 3b1d… was changed at this time
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.lookups import Lookups
from buildium_sync.store.dynamodb import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def lookup_writes(table: str, ref: EntityRef, before: Lookups, after: Lookups) -> "Iterator[TransactWriteItemTypeDef]":
    """Yield the writes that replace an entity's lookups. They have no effect when they are repeated."""
    for each, time in after.items():
        if before.get(each) != time:
            yield {"Put": {"TableName": table, "Item": to_attributes(_key(ref, each, time))}}
    for each, time in before.items():
        if after.get(each) != time:
            yield {"Delete": {"TableName": table, "Key": to_attributes(_key(ref, each, time))}}


def _key(ref: EntityRef, lookup: str, time: str) -> dict[str, str]:
    return {"pk": _pk(ref.entity_type, lookup), "sk": f"{time}#{ref.entity_id}"}


def _pk(entity_type: str, lookup: str) -> str:
    return f"lookup#{entity_type}#{lookup}"
