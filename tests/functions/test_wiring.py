from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from buildium_sync import wiring
from buildium_sync.store.records import Via
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


def test_each_flow_from_buildium_names_its_own_way() -> None:
    assert wiring.processing(seconds)._inbound.via is Via.WEBHOOK
    assert wiring.poll(seconds)._observation._inbound.via is Via.POLL
    assert wiring.importer(seconds)._observation._inbound.via is Via.IMPORT
    assert wiring.repair(seconds)._means.inbound.via is Via.REPAIR
    assert wiring.repair(seconds)._means.observation._inbound.via is Via.REPAIR
