"""DynamoDB's calls are atomic; moto's are not between threads."""

import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_atomic(client: "DynamoDBClient", patch: pytest.MonkeyPatch) -> None:
    """Serialize the calls of a client.

    In moto a condition and its write are two steps, and a cancelled transaction restores the whole table.
    """
    lock = threading.Lock()
    call = client._make_api_call  # type: ignore[attr-defined]

    def call_alone(*arguments: Any) -> Any:
        with lock:
            return call(*arguments)

    patch.setattr(client, "_make_api_call", call_alone)


def make_quick(client: "DynamoDBClient", patch: pytest.MonkeyPatch) -> None:
    """Replace transactions by their single writes, for tests with thousands of items.

    moto copies the whole table for each transaction. A transaction whose first condition fails is still cancelled.
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
