"""Reads the search terms of entities in the timeline table. They are lookups (see `store.lookup_items`).

pk           sk
search#el    elm house#property#7    property 7 has the term "elm house"
"""

from typing import TYPE_CHECKING

from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.lookup_items import search_pk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TERMS_PER_ENTITY = 5
"""Items that are read for each entity of a page: several of its terms may begin alike."""


class SearchTermStore:
    """Finds entities by the beginning of a term."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def page(self, beginning: str, *, limit: int) -> tuple[list[EntityRef], bool]:
        """Return the entities with a term that begins like this, in order of their terms, and whether there are more.

        A beginning has at least two characters.
        """
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :beginning)",
            ExpressionAttributeValues=to_attributes({":pk": search_pk(beginning), ":beginning": beginning}),
            Limit=limit * _TERMS_PER_ENTITY,
        )
        names = (item["sk"]["S"].rsplit("#", 2)[1:] for item in response["Items"])
        refs = list(dict.fromkeys(EntityRef(entity_type, entity_id) for entity_type, entity_id in names))
        return refs[:limit], len(refs) > limit or "LastEvaluatedKey" in response
