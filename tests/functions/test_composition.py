from typing import TYPE_CHECKING, Any

from buildium_sync.composition.event_processor import EventProcessorComposition
from buildium_sync.composition.reconcile import ReconcileComposition
from buildium_sync.composition.runtime import runtime

import pytest

from buildium_sync.domain.entity import ChangeSource
from tests.harness.runtime import install

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(autouse=True)
def new_process(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)


def seconds() -> float:
    return 90.0


def test_each_inbound_flow_names_its_change_source() -> None:
    processor = EventProcessorComposition().event_processor(seconds)
    reconcile = ReconcileComposition()

    assert processor._inbound.via is ChangeSource.WEBHOOK
    assert reconcile.poller(seconds)._applier._inbound.via is ChangeSource.POLL
    assert reconcile.import_worker(seconds)._applier._inbound.via is ChangeSource.IMPORT
    assert reconcile.repair_worker(seconds)._tools.inbound.via is ChangeSource.REPAIR
    assert reconcile.repair_worker(seconds)._tools.applier._inbound.via is ChangeSource.REPAIR


def config_of(client: Any) -> Any:
    return client.meta.config


def test_clients_name_the_project_and_the_sdk_to_aws() -> None:
    clients = runtime.clients
    created = (clients.dynamodb, clients.best_effort_dynamodb, clients.sqs, clients.eventbridge)

    for client in created:
        assert config_of(client).user_agent.startswith("buildium-sync Boto3/")


def test_the_best_effort_client_tries_once_and_briefly() -> None:
    config = config_of(runtime.clients.best_effort_dynamodb)

    assert (config.connect_timeout, config.read_timeout) == (1, 1)
    assert config.retries["total_max_attempts"] == 1
