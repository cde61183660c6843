"""Shared by all tests: no real AWS, the template's tables, and the validation of every exchange with Buildium."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import hypothesis
import pytest
from moto import mock_aws

from tests.aws import REGION, create_tables
from tests.clocks import VirtualClock
from tests.moto_key_sizes import limit_key_sizes
from tests.moto_speed import return_attribute_values_as_stored

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The same examples in every run, so that a failure can be repeated. HYPOTHESIS_PROFILE=explore searches
# for new ones.
hypothesis.settings.register_profile("default", derandomize=True, deadline=None, max_examples=40)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

pytest_plugins = ["tests.contract.recorder"]


@pytest.fixture(scope="session", autouse=True)
def aws_environment() -> Iterator[None]:
    """Invalid credentials, so that no test can reach a real account."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "BuildiumSync")
        patch.setenv("POWERTOOLS_SERVICE_NAME", "tests")
        limit_key_sizes(patch)
        return_attribute_values_as_stored(patch)
        yield


@pytest.fixture(scope="session")
def dynamodb_client(aws_environment: None) -> "DynamoDBClient":
    """One client for all tests, because creating one is slower than most of them."""
    return boto3.client("dynamodb", region_name=REGION)


@pytest.fixture
def dynamodb(dynamodb_client: "DynamoDBClient") -> "Iterator[DynamoDBClient]":
    """The template's tables, empty."""
    with mock_aws():
        create_tables(dynamodb_client)
        yield dynamodb_client


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()
