"""Reference lists that were read from Buildium: one item of the control table for each.

pk                     what
reference#gl-accounts  content: the list as JSON
                       expiresAt: when DynamoDB deletes it; it is read again much earlier
"""

import json
from typing import TYPE_CHECKING, Any

from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 86_400


class ReferenceListStore:
    """The cached lists in one control table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a cached list, which may be old, or None."""
        item = from_attributes(self._client.get_item(TableName=self._table, Key=_key(name)).get("Item", {}))
        return dict(json.loads(item["content"])) if item else None

    def write(self, name: str, content: dict[str, Any], now: int) -> None:
        """Store a list. `now` is in whole seconds since the epoch."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(name),
            UpdateExpression="SET content = :content, expiresAt = :expires",
            ExpressionAttributeValues=to_attributes(
                {":content": json.dumps(content, ensure_ascii=False), ":expires": now + _KEPT_SECONDS}
            ),
        )


def _key(name: str) -> dict[str, Any]:
    return to_attributes({"pk": f"reference#{name}"})
