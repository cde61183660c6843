"""Account defaults for fields that a client leaves out: one item of the control table for each.

pk                              what
default#operatingBankAccountId  buildiumId
                                expiresAt: when it is read from Buildium again
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CachedDefault(NamedTuple):
    """A Buildium id, and when it expires (whole epoch seconds)."""

    buildium_id: int
    expires_at: int


class AccountDefaultStore:
    """The account defaults in one control table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, field: str) -> CachedDefault | None:
        """Return the cached default of a field, which may have expired."""
        item = from_attributes(self._client.get_item(TableName=self._table, Key=_key(field)).get("Item", {}))
        return CachedDefault(item["buildiumId"], item["expiresAt"]) if item else None

    def write(self, field: str, found: CachedDefault) -> None:
        """Store the default of a field."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(field),
            UpdateExpression="SET buildiumId = :id, expiresAt = :expires",
            ExpressionAttributeValues=to_attributes({":id": found.buildium_id, ":expires": found.expires_at}),
        )


def _key(field: str) -> dict[str, Any]:
    return to_attributes({"pk": f"default#{field}"})
