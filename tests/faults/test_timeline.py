"""A seed reproduces a run, so that every failure can be investigated."""

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from tests.aws import create_tables
from tests.faults.bodies import body
from tests.faults.world import World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Trace = list[tuple[float, str, str, str]]


def trace(seed: int, dynamodb: "DynamoDBClient") -> Trace:
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        create_tables(dynamodb)
        world = World(seed, dynamodb, patch)
        for n in range(3):
            world.create("properties", body("property", f"Property {n}", {}))
        world.run(60)
        world.timeline.close()
        return world.calls.trace


@pytest.mark.brief
def test_a_seed_reproduces_every_call_and_its_time(dynamodb_client: "DynamoDBClient") -> None:
    first = trace(7, dynamodb_client)

    assert trace(7, dynamodb_client) == first
    assert trace(8, dynamodb_client) != first
