"""What every test shares: no real AWS, the template's tables, and the judge of every message to Buildium."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.aws import REGION, create_tables
from tests.clocks import VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytest_plugins = ["tests.contract.recorder"]


@pytest.fixture(scope="session", autouse=True)
def aws_environment() -> Iterator[None]:
    """Credentials that are none, so that nothing can reach a real account."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "BuildiumSync")
        patch.setenv("POWERTOOLS_SERVICE_NAME", "tests")
        yield


@pytest.fixture
def dynamodb() -> "Iterator[DynamoDBClient]":
    """The template's tables, empty."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        create_tables(client)
        yield client


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()
