from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.clocks import VirtualClock
from tests.flows.system import System
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def buildium(clock: VirtualClock) -> Iterator[Simulator]:
    with Simulator(rate_limit=0, clock=clock) as simulator:
        yield simulator


@pytest.fixture
def policy() -> str:
    """Return the conflict policy of `system`. A test with another one parametrizes or overrides this fixture."""
    return "local"


@pytest.fixture
def system(
    dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, policy: str
) -> System:
    return System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_CONFLICT_POLICY=policy)
