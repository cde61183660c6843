"""DynamoDB limits the size of the keys that a request reads; moto only of those that it writes."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler

_MAX_BYTES = {"pk": 2048, "eventId": 2048, "sk": 1024}


def limit_key_sizes(patch: pytest.MonkeyPatch) -> None:
    """Let moto reject the keys that DynamoDB rejects."""
    respond = DynamoHandler.call_action

    def respond_to_valid_keys(handler: DynamoHandler) -> Any:
        if not all(map(_fits, _keys(getattr(handler, "params", {})))):
            raise MockValidationException("The size of a key exceeds the limit")
        return respond(handler)

    patch.setattr(DynamoHandler, "call_action", respond_to_valid_keys)


def _keys(params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (params[name] for name in ("Key", "ExclusiveStartKey") if name in params)
    yield from (
        key for request in params.get("RequestItems", {}).values() if "Keys" in request for key in request["Keys"]
    )
    if "KeyConditionExpression" in params:
        yield from ({"pk": value} for value in params["ExpressionAttributeValues"].values())


def _fits(key: Mapping[str, Any]) -> bool:
    return all(len(key[name]["S"].encode()) <= most for name, most in _MAX_BYTES.items() if "S" in key.get(name, {}))
