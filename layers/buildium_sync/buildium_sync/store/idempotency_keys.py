"""Which entity a client's `Idempotency-Key` has made: one item for each key, for a week.

It is written in the transaction that writes the entity, so that there is never one without the other. It stands in
the entities table so that a restored table has both as well.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 7 * 86_400
"""For so long the same key is the same create. No queue or person sends a request again after that."""
_SK = "idempotency"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """One create of one client.

    `digest` stands for the client, the type and the key, `fingerprint` for the body. Neither gives anything of them
    away: the fingerprint covers the key too, so that a body with one unknown number cannot be guessed from it.
    """

    digest: str
    fingerprint: str

    @classmethod
    def of(cls, client: str, entity_type: str, key: str, body: Any) -> Self:
        """Name the create that a client asks for; space and order in the body's JSON do not count."""
        return cls(_digest([client, entity_type, key]), _digest([client, entity_type, key, body]))


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What a key has made; `expires_at` is in seconds since the epoch."""

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
    """Return what a key has made. DynamoDB deletes late: an item whose time is over counts as gone."""
    answer = client.get_item(TableName=table, Key=to_attributes({"pk": _pk(key), "sk": _SK}), ConsistentRead=True)
    item = from_attributes(answer.get("Item", {}))
    if not item or item["expiresAt"] <= now:
        return None
    return IdempotencyRecord(IdempotencyKey(key.digest, item["fingerprint"]), item["entityId"], item["expiresAt"])


def _pk(key: IdempotencyKey) -> str:
    return f"idempotency#{key.digest}"


def _digest(parts: list[Any]) -> str:
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
