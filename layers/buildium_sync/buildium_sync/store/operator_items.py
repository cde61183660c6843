"""Operators: items of the control table, which `tools.operators` writes.

pk                         what
operator#<digest>          name, role, apiKeyId: by the SHA-256 of the API key. Deleted with the key.
operator-name#<apiKeyId>   name: stays for a year after the key is deleted, because change histories have the id.
"""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from buildium_sync.domain.operator import Operator, Role
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NAME_PREFIX = "operator-name#"


class OperatorStore:
    """The operators of one control table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def find(self, key: str) -> Operator | None:
        """Return the operator of an API key, None for a key of the application."""
        response = self._client.get_item(TableName=self._table, Key=to_attributes(operator_key(key)))
        item = from_attributes(response.get("Item", {}))
        return Operator(item["name"], Role(item["role"]), item["apiKeyId"]) if item else None

    def names(self, api_key_ids: Iterable[str]) -> dict[str, str]:
        """Return the names of operators by the ids of their API keys, also of deleted keys."""
        keys = [(f"{_NAME_PREFIX}{each}",) for each in sorted(set(api_key_ids))]
        found = batch_get(self._client, self._table, keys, consistent=False)
        return {item["pk"].removeprefix(_NAME_PREFIX): item["name"] for item in found}


def operator_key(key: str) -> Item:
    """Return the key of an operator's item."""
    return {"pk": f"operator#{hashlib.sha256(key.encode()).hexdigest()}"}


def name_key(api_key_id: str) -> Item:
    """Return the key of the item with an operator's name."""
    return {"pk": f"{_NAME_PREFIX}{api_key_id}"}
