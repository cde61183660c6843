"""DynamoDB's promise that one call happens at once, which moto does not keep between threads."""

import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_atomic(client: "DynamoDBClient", patch: pytest.MonkeyPatch) -> None:
    """Let a client's calls follow one another.

    A condition and its write are two steps in moto, and a cancelled transaction puts the whole table back.
    """
    lock = threading.Lock()
    call = client._make_api_call  # type: ignore[attr-defined]

    def call_alone(*arguments: Any) -> Any:
        with lock:
            return call(*arguments)

    patch.setattr(client, "_make_api_call", call_alone)
