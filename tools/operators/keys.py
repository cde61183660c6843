"""The API keys of operators: keys of API Gateway on the operators' usage plan, with an item in the control table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildium_sync.clock import Clock
from buildium_sync.domain.operator import Role
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.operator_items import OperatorStore, name_key, operator_key
from tools.local_cloud.errors import LocalCloudError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_dynamodb import DynamoDBClient

_NAME = re.compile(r"[\w.@-][\w .@-]{0,62}")
_KEPT_SECONDS = 86_400
"""API Gateway may accept a deleted key for a few seconds. For this time its item stays, with the role `read`."""
_NAME_KEPT_SECONDS = 366 * 86_400
"""Change histories, which show the name, expire after a year."""


@dataclass(frozen=True)
class OperatorKeys:
    """The operators of one stack: its usage plan for operators, and its control table."""

    api_gateway: "APIGatewayClient"
    dynamodb: "DynamoDBClient"
    usage_plan_id: str
    table: str
    clock: Clock

    def add(self, name: str, role: Role) -> str:
        """Create the API key of a new operator, and return its value. Raises LocalCloudError for an unusable name."""
        if not _NAME.fullmatch(name):
            raise LocalCloudError("NAME has 1 to 63 letters, digits, spaces and the characters . _ @ -")
        if name in self._ids():
            raise LocalCloudError(f"There is an operator {name!r} already. Delete it first to change its role or key.")
        created = self.api_gateway.create_api_key(name=name, description="API key of an operator", enabled=True)
        key_id, key = created["id"], created["value"]
        # Before the key works. Without its item, it would count as a key of the application.
        self._put({**name_key(key_id), "name": name})
        self._put({**operator_key(key), "name": name, "role": role.value, "apiKeyId": key_id})
        self.api_gateway.create_usage_plan_key(usagePlanId=self.usage_plan_id, keyId=key_id, keyType="API_KEY")
        return key

    def delete(self, name: str) -> None:
        """Delete an operator's API key. The name stays for change histories.

        Raises LocalCloudError for an unknown name.
        """
        key_id = self._ids().get(name)
        if key_id is None:
            raise LocalCloudError(f"There is no operator {name!r}.")
        key = self.api_gateway.get_api_key(apiKey=key_id, includeValue=True)["value"]
        self.api_gateway.delete_usage_plan_key(usagePlanId=self.usage_plan_id, keyId=key_id)
        self.api_gateway.delete_api_key(apiKey=key_id)
        expires = int(self.clock()) + _KEPT_SECONDS
        read_only = {"name": name, "role": Role.READ.value, "apiKeyId": key_id, "expiresAt": expires}
        self._put({**operator_key(key), **read_only})
        self._put({**name_key(key_id), "name": name, "expiresAt": int(self.clock()) + _NAME_KEPT_SECONDS})

    def list(self) -> Iterator[tuple[str, Role]]:
        """Yield the name and role of each operator, in order of names."""
        store = OperatorStore(self.dynamodb, self.table)
        for name, key_id in sorted(self._ids().items()):
            found = store.find(self.api_gateway.get_api_key(apiKey=key_id, includeValue=True)["value"])
            if found is not None:
                yield name, found.role

    def _ids(self) -> dict[str, str]:
        """Return the ids of the operators' API keys by name."""
        pages = self.api_gateway.get_paginator("get_usage_plan_keys").paginate(usagePlanId=self.usage_plan_id)
        return {item["name"]: item["id"] for page in pages for item in page["items"]}

    def _put(self, item: dict[str, object]) -> None:
        self.dynamodb.put_item(TableName=self.table, Item=to_attributes(item))
