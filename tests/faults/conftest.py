"""A world for every run, and the seeds: number 1 and RUNS - 1 random ones."""

import os
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from buildium_sync.store.operator_items import OperatorStore
from tests.faults.invariants import find_violations
from tests.faults.report import Report
from tests.faults.world import World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FIXED_SEED = 1
MakeWorld = Callable[..., World]


def seeds() -> list[int]:
    """The seeds of this run. The random ones derive from FAULTS_SEED, which all worker processes share."""
    runs = int(os.environ.get("RUNS") or 1)
    fresh = random.Random(os.environ.get("FAULTS_SEED", ""))
    return [FIXED_SEED, *(fresh.randrange(2, 10**9) for _ in range(runs - 1))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", seeds())


@pytest.fixture
def make_world(seed: int, dynamodb: "DynamoDBClient", request: pytest.FixtureRequest) -> Iterator[MakeWorld]:
    """Make the world of this run; settings are environment variables."""
    made: list[World] = []
    with pytest.MonkeyPatch.context() as patch:
        # On Lambda a process handles one request at a time. Here all requests share the resolver's current event, so
        # none may wait for a table before its route has read it.
        patch.setattr(OperatorStore, "find", lambda _store, _key: None)

        def make(**settings: str) -> World:
            made.append(World(seed, dynamodb, patch, **settings))
            return made[0]

        yield make
        for world in made:
            world.timeline.close()
            found = world.violations or find_violations(world)
            scenario = request.node.get_closest_marker("scenario")
            if scenario is not None:
                request.node.user_properties.append(("scenario", list(scenario.args)))
            request.node.user_properties.append(
                (
                    "fault",
                    {"lost": len(found.lost), "duplicated": len(found.duplicated), "took": world.convergence_seconds},
                )
            )


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """The world with the default settings."""
    return make_world()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "scenario(number, name): one of the faults that the report lists")
    config.addinivalue_line("markers", "brief: one of those that every run of all tests has")
    if os.environ.get("FAULTS_REPORT") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report())
