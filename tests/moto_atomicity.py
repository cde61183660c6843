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


def make_quick(client: "DynamoDBClient", patch: pytest.MonkeyPatch) -> None:
    """Let transactions be their single writes, for tests with thousands of items whose first writes decide.

    moto copies the whole table for each transaction. A transaction whose first condition fails is cancelled.
    """
    calls: dict[str, Any] = {"Put": client.put_item, "Delete": client.delete_item, "Update": client.update_item}

    def transact(TransactItems: Any) -> None:  # noqa: N803 -- boto3's name
        for place, action in enumerate(TransactItems):
            [(kind, arguments)] = action.items()
            try:
                calls[kind](**arguments)
            except client.exceptions.ConditionalCheckFailedException as error:
                assert place == 0, "what was written before cannot be taken back"
                reasons = [{"Code": "ConditionalCheckFailed"}, *({"Code": "None"} for _ in TransactItems[1:])]
                response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
                raise client.exceptions.TransactionCanceledException(response, "TransactWriteItems") from error

    patch.setattr(client, "transact_write_items", transact)
