"""The lookups of entities in the timeline table (see `domain.lookups`): one item per lookup of an entity.

pk                                  sk
lookup#unit#propertyId#8f0c…        2026-…Z#3b1d…    unit 3b1d… refers to property 8f0c…
lookup#unit#updated                 2026-…Z#3b1d…    unit 3b1d… was changed at this time
search#el                           elm#unit#3b1d…   unit 3b1d… has the search term "elm"
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.lookups import SEARCH, Lookups
from buildium_sync.domain.search_terms import MIN_LENGTH
from buildium_sync.store.dynamodb import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class LookupStore:
    """Reads lookups. A place is a sort key: a time and an entity's local id."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def page(self, entity_type: str, lookups: Sequence[str], *, after: str, limit: int) -> tuple[list[str], bool]:
        """Return the next places of the entities that have one of these lookups, and whether there are more.

        They are in order, and each occurs once.
        """
        found = {place for each in lookups for place in self._query(_pk(entity_type, each), after, limit + 1)}
        return sorted(found)[:limit], len(found) > limit

    def _query(self, pk: str, after: str, limit: int) -> list[str]:
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk > :after",
            ExpressionAttributeValues=to_attributes({":pk": pk, ":after": after}),
            ConsistentRead=True,
            Limit=limit,
        )
        return [item["sk"]["S"] for item in response["Items"]]


def lookup_writes(table: str, ref: EntityRef, before: Lookups, after: Lookups) -> "Iterator[TransactWriteItemTypeDef]":
    """Yield the writes that replace an entity's lookups. They have no effect when they are repeated."""
    for each, time in after.items():
        if before.get(each) != time:
            yield {"Put": {"TableName": table, "Item": to_attributes(_key(ref, each, time))}}
    for each, time in before.items():
        if after.get(each) != time:
            yield {"Delete": {"TableName": table, "Key": to_attributes(_key(ref, each, time))}}


def search_pk(term: str) -> str:
    """Return the partition key of a search term: its first two characters."""
    return f"{SEARCH}#{term[:MIN_LENGTH]}"


def _key(ref: EntityRef, lookup: str, time: str) -> dict[str, str]:
    name, _, term = lookup.partition("#")
    if name == SEARCH:
        return {"pk": search_pk(term), "sk": f"{term}#{ref.pk}"}
    return {"pk": _pk(ref.entity_type, lookup), "sk": f"{time}#{ref.entity_id}"}


def _pk(entity_type: str, lookup: str) -> str:
    return f"lookup#{entity_type}#{lookup}"
