"""The sync function as it is deployed, while Buildium is slow with one entity."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import Status
from tests.aws import ENTITIES
from tests.flows.system import PROPERTY
from tests.functions.harness import Whole, whole
from tests.simulator import Exchange, Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PATIENCE_SECONDS = 25.0
"""The slow call ends after this at the latest, within the time that a call has."""


@pytest.fixture
def buildium() -> Iterator[Simulator]:
    with Simulator(rate_limit=0) as simulator:
        yield simulator


@pytest.fixture
def system(dynamodb: "DynamoDBClient", buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Whole]:
    with whole(dynamodb, buildium, monkeypatch) as system:
        yield system


def create(system: Whole, name: str) -> EntityRef:
    response = system.ask("POST", "/api/properties", {**PROPERTY, "name": name}, headers={"Prefer": "respond-async"})
    return EntityRef("property", response.body["property"]["id"])


def test_creates_queued_behind_a_slow_one_finish_first(system: Whole, buildium: Simulator) -> None:
    slow, others = create(system, "Slow"), [create(system, f"Quick {n}") for n in range(7)]
    ended_first: list[bool] = []

    def are_synced() -> bool:
        return {record.status for record in system.api.store.sync_records(others).values()} == {Status.SYNCED}

    def observer(exchange: Exchange) -> None:
        if exchange.method == "POST" and isinstance(exchange.body, dict) and exchange.body.get("Name") == "Slow":
            end = time.monotonic() + PATIENCE_SECONDS
            while not are_synced() and time.monotonic() < end:
                time.sleep(0.1)
            ended_first.append(are_synced())

    buildium.observer = observer
    system.sync(slow)

    assert ended_first == [True]
    assert ("sync", "dynamodb:Query", f"{ENTITIES}/by-state") in system.calls
