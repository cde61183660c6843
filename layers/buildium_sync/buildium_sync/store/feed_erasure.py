"""Erases an entity's changes in the change feed, page by page. The changes stay listed, without values."""

from typing import TYPE_CHECKING, NamedTuple

from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.change_feed import ChangeFeed, bucket_pk
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIRST = "0"
"""A sort key before that of any change."""


class FeedPosition(NamedTuple):
    """A place in the feed: a partition, and the sort key of the last change before the place."""

    bucket: int
    key: str = _FIRST


class FeedErasure:
    """Removes values, errors and external ids from changes in one timeline table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._feed = ChangeFeed(client, table)

    def erase(self, ref: EntityRef, after: FeedPosition | None) -> FeedPosition | None:
        """Erase an entity's changes in the next page of the feed, and return where to continue, None at the end.

        It begins at the newest partition, and ends at the first empty one: earlier changes have expired.
        """
        bucket, key = after or FeedPosition(self._feed.newest_bucket())
        values = {":pk": bucket_pk(bucket), ":after": key, ":type": ref.entity_type, ":id": ref.entity_id}
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk > :after",
            FilterExpression="#change.entityType = :type AND #change.entityId = :id",
            ExpressionAttributeNames={"#change": "change"},
            ExpressionAttributeValues=to_attributes(values),
            ConsistentRead=True,
        )
        for item in map(from_attributes, response["Items"]):
            self._erase(item)
        if "LastEvaluatedKey" in response:
            return FeedPosition(bucket, from_attributes(response["LastEvaluatedKey"])["sk"])
        is_empty = not response["ScannedCount"] and key == _FIRST
        return None if is_empty or not bucket else FeedPosition(bucket - 1)

    def _erase(self, item: Item) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=to_attributes({"pk": item["pk"], "sk": item["sk"]}),
            UpdateExpression="SET #change.#changes = :empty, #change.#error = :null, #change.#id = :null",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={
                "#change": "change",
                "#changes": "changes",
                "#error": "error",
                "#id": "externalId",
            },
            ExpressionAttributeValues={":empty": {"M": {}}, ":null": {"NULL": True}},
        )
