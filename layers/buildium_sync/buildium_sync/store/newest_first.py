"""Reads a partition of a table page by page, newest first: its sort keys begin with a time."""

from typing import TYPE_CHECKING

from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef


def newest_first(
    client: "DynamoDBClient", table: str, pk: str, *, limit: int, cursor: str | None
) -> tuple[list[Item], str | None]:
    """Return one page of a partition's items, and the cursor of the next.

    Raises MalformedRequest for a cursor of another list.
    """
    query: QueryInputTypeDef = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": to_attributes({":pk": pk}),
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "Limit": limit,
    }
    if cursor:
        query["ExclusiveStartKey"] = to_attributes(decode_cursor(cursor, {"pk": pk}, "sk"))
    response = client.query(**query)
    last = response.get("LastEvaluatedKey")
    return [from_attributes(item) for item in response["Items"]], encode_cursor(from_attributes(last)) if last else None
