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
ON_THE_WAY = 1
"""Calls are evenly spaced at nearly ten a second: one that is a few milliseconds late may be the eleventh."""


def test_a_burst_of_creates_stays_under_the_rate_limit(api: Api, simulator: RemoteSimulator) -> None:
    names = {unique("Burst") for _ in range(BURST)}
    throttled = simulator.stats()["throttled"]
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda name: api.create_property(name, AT_ONCE), names))
    eventually(lambda: names & {rental["Name"] for rental in simulator.state()["rentals"]}, lambda made: made == names)
    stats = simulator.stats()
    assert stats["max_calls_in_a_second"] <= CALLS_A_SECOND + ON_THE_WAY
    assert stats["throttled"] == throttled
