"""Buildium allows an account ten calls a second."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.api import AT_ONCE, Api, unique
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

BURST = 40
CLIENTS = 8
CALLS_A_SECOND = 10


def test_a_burst_of_creates_stays_under_the_rate_limit(api: Api, simulator: RemoteSimulator) -> None:
    names = {unique("Burst") for _ in range(BURST)}
    throttled, before = simulator.stats()["throttled"], len(simulator.requests())
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda name: api.create_property(name, AT_ONCE), names))
    eventually(lambda: names & {rental["Name"] for rental in simulator.state()["rentals"]}, lambda made: made == names)
    at = [call.at for call in simulator.requests()[before:]]
    # One second may have more: calls that a busy machine delays arrive together.
    assert len(at) <= CALLS_A_SECOND * (max(at) - min(at) + 1)
    assert simulator.stats()["throttled"] == throttled
