"""The entity that an `Idempotency-Key` created: one item for each key, kept for a week.

It is written in the transaction that writes the entity, so neither exists without the other. It is in the entities
table, so a restored table has both.
"""

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RETENTION_SECONDS = 7 * 86_400
"""Longer than any client retries a request."""
_SK = "idempotency"


class IdempotencyKey(NamedTuple):
    """One create of one client.

    `digest` is a hash of the client, the type and the key, `fingerprint` one of these and the body. So the body cannot
    be guessed from its fingerprint without the key.
    """

    digest: str
    fingerprint: str

    @classmethod
    def of(cls, client: str, entity_type: str, key: str, body: Any) -> Self:
        """Return the key of a create. White space and the order of fields in the body have no effect."""
        return cls(_digest([client, entity_type, key]), _digest([client, entity_type, key, body]))


class IdempotencyRecord(NamedTuple):
    """The entity that a key created. `expires_at` is in epoch seconds."""

    key: IdempotencyKey
    entity_id: str
    expires_at: int

    def to_item(self) -> Item:
        """Return the item."""
        return {
            "pk": _pk(self.key),
            "sk": _SK,
            "fingerprint": self.key.fingerprint,
            "entityId": self.entity_id,
            "expiresAt": self.expires_at,
        }


def find(client: "DynamoDBClient", table: str, key: IdempotencyKey, now: float) -> IdempotencyRecord | None:
    """Return what a key created. An expired item counts as deleted, since DynamoDB deletes it late."""
    response = client.get_item(TableName=table, Key=to_attributes({"pk": _pk(key), "sk": _SK}), ConsistentRead=True)
    item = from_attributes(response.get("Item", {}))
    if not item or item["expiresAt"] <= now:
        return None
    return IdempotencyRecord(IdempotencyKey(key.digest, item["fingerprint"]), item["entityId"], item["expiresAt"])


def _pk(key: IdempotencyKey) -> str:
    return f"idempotency#{key.digest}"


def _digest(parts: list[Any]) -> str:
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
