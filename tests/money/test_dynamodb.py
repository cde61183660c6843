"""The tables in memory respond to each call of a history as moto's do."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.flows.ledger_bodies import income_account
from tests.harness.dynamodb import InMemoryDynamoDB
from tests.harness.expressions import comparable
from tests.money.setting import leases_of
from tests.money.test_ledger_property import run
from tests.money.world import CALLS, World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEEDS = (8,)


class Mirrored(InMemoryDynamoDB):
    """Makes each call in both, and compares the responses. It can be restored to what it contains already."""

    def __init__(self, real: "DynamoDBClient") -> None:
        super().__init__(real.exceptions)
        self.calls = 0
        for name in CALLS:
            setattr(self, name, partial(self._both, getattr(self, name), getattr(real, name)))

    def _both(self, own: Callable[..., Any], real: Callable[..., Any], **arguments: Any) -> Any:
        self.calls += 1
        expected = outcome(real, arguments)
        found = outcome(own, arguments)
        assert found[0] == expected[0], (arguments, found, expected)
        if isinstance(found[1], ClientError):
            raise found[1]
        return found[1]


def outcome(call: Callable[..., Any], arguments: dict[str, Any]) -> tuple[Any, Any]:
    """Return what is compared, and the response or the error."""
    try:
        response = call(**arguments)
    except ClientError as error:
        reasons = [each["Code"] for each in error.response.get("CancellationReasons", ())]
        return (error.response["Error"]["Code"], reasons, values(error.response.get("Item"))), error
    return compared(response, is_ordered="KeyConditionExpression" in arguments), response


def compared(response: dict[str, Any], *, is_ordered: bool) -> Any:
    """Return the items of a response; a query has an order."""
    batch = [item for items in response.get("Responses", {}).values() for item in items]
    items = [values(item) for item in response.get("Items", batch)]
    single = [values(response.get(name)) for name in ("Item", "Attributes", "LastEvaluatedKey")]
    return items if is_ordered else sorted(items, key=repr), single


def values(item: Any) -> Any:
    """Return an item with values that can be compared, None for none."""
    return {name: comparable(value) for name, value in sorted(item.items())} if item else None


@pytest.fixture
def mirrored(dynamodb: "DynamoDBClient") -> Mirrored:
    return Mirrored(dynamodb)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tables_in_memory_respond_as_moto_does(seed: int, mirrored: Mirrored) -> None:
    with pytest.MonkeyPatch.context() as patch:
        world = World(mirrored, patch)
        income_account(world.buildium)
        leases = leases_of(world)
        world.save()
        run(seed, world, leases)
    assert mirrored.calls > 200
