"""Reads and deletes whole partitions of a table, page by page."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

HasTime = Callable[[], bool]
"""Returns whether there is time to continue."""


def partition(client: "DynamoDBClient", table: str, pk: str, *, prefix: str = "") -> Iterator[Item]:
    """Yield the items of a partition whose sort keys have a prefix, in order of the keys."""
    query: QueryInputTypeDef = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": to_attributes({":pk": pk}),
        "ConsistentRead": True,
    }
    if prefix:
        query["KeyConditionExpression"] = "pk = :pk AND begins_with(sk, :prefix)"
        query["ExpressionAttributeValues"] = to_attributes({":pk": pk, ":prefix": prefix})
    # No paginator: the first one makes the SDK search all its service files.
    while True:
        response = client.query(**query)
        yield from map(from_attributes, response["Items"])
        if "LastEvaluatedKey" not in response:
            return
        query["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def delete_partition(
    client: "DynamoDBClient",
    table: str,
    pk: str,
    has_time: HasTime,
    *,
    chosen: Callable[[Item], bool] = lambda _item: True,
) -> bool:
    """Delete the items of a partition, or those that `chosen` accepts. Return False if the time ended first."""
    for item in partition(client, table, pk):
        if not has_time():
            return False
        if chosen(item):
            client.delete_item(TableName=table, Key=to_attributes({"pk": pk, "sk": item["sk"]}))
    return True
