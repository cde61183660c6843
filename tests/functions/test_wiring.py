from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync import wiring
from buildium_sync.domain.entity import ChangeSource
from tests.functions.api import forget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(autouse=True)
def afresh(dynamodb: "DynamoDBClient") -> Iterator[None]:
    forget()
    yield
    forget()


def seconds() -> float:
    return 90.0


def test_each_inbound_flow_names_its_change_source() -> None:
    assert wiring.processing(seconds)._inbound.via is ChangeSource.WEBHOOK
    assert wiring.poll(seconds)._applier._inbound.via is ChangeSource.POLL
    assert wiring.importer(seconds)._applier._inbound.via is ChangeSource.IMPORT
    assert wiring.repair(seconds)._tools.inbound.via is ChangeSource.REPAIR
    assert wiring.repair(seconds)._tools.applier._inbound.via is ChangeSource.REPAIR


def config_of(client: Any) -> Any:
    return client.meta.config


def test_clients_name_the_project_and_the_sdk_to_aws() -> None:
    clients = [wiring._dynamodb(), wiring._best_effort_dynamodb(), wiring._sqs(), wiring._eventbridge()]

    for client in clients:
        assert config_of(client).user_agent.startswith("buildium-sync Botocore/")


def test_the_best_effort_client_tries_once_and_briefly() -> None:
    config = config_of(wiring._best_effort_dynamodb())

    assert (config.connect_timeout, config.read_timeout) == (1, 1)
    assert config.retries["total_max_attempts"] == 1
