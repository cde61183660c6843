"""The deployed sync function while Buildium is slow with one entity."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.aws import ENTITIES
from tests.flows.system import PROPERTY
from tests.functions.harness import Harness, deployed_system
from tests.simulator import Exchange, Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PATIENCE_SECONDS = 25.0
"""Seconds after which the slow call ends, within the time limit of a call."""


@pytest.fixture
def buildium() -> Iterator[Simulator]:
    with Simulator(rate_limit=0) as simulator:
        yield simulator


@pytest.fixture
def system(dynamodb: "DynamoDBClient", buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    with deployed_system(dynamodb, buildium, monkeypatch) as system:
        yield system


def create(system: Harness, name: str) -> EntityRef:
    response = system.ask("POST", "/api/properties", {**PROPERTY, "name": name}, headers={"Prefer": "respond-async"})
    return EntityRef("property", response.body["property"]["id"])


def test_creates_queued_behind_a_slow_one_finish_first(system: Harness, buildium: Simulator) -> None:
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
