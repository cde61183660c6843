"""Rows 4 and 5: how long a client waits for the answer to a create, on the local cloud, as deployed."""

import time
import uuid
from functools import partial
from statistics import median

import requests

from bench.ratios import in_turn, percentile
from bench.report import Table
from local.check import SETTINGS
from local.down import take_down
from local.http import session
from local.paths import ROOT
from local.state import Stack, State
from local.up import bring_up
from tests.flows.system import PROPERTY
from tests.simulator import RemoteSimulator

_FAST, _SLOW = 0.1, 5.0
_DIRECTORY = ROOT / ".local-bench/cloud"


def measure(creates: int) -> list[Table]:
    """Deploy to a local cloud of its own and return both tables."""
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    state = State(_DIRECTORY)
    with state.lock():
        take_down(state)
        try:
            stack = bring_up(state, SETTINGS)
            return _measure(stack, creates)
        finally:
            take_down(state)


def _measure(stack: Stack, creates: int) -> list[Table]:
    simulator, client = RemoteSimulator(stack.simulator_url or ""), session()
    client.headers["x-api-key"] = stack.api_key
    for _ in range(3):
        _create(client, stack, "wait=20")
    waited = _waited(client, stack, simulator, creates)
    fast, slow = f"{_FAST:g} s", f"{_SLOW:g} s"
    runs = {name: partial(_without_waiting, client, stack, simulator, float(name.split()[0])) for name in (fast, slow)}
    taken = in_turn(runs, creates)
    medians = {name: median(times) for name, times in taken.items()}
    not_waited = Table(
        "4. Answer without waiting, by Buildium's latency",
        f"`POST` with `Prefer: respond-async`; medians of {creates}, in turn. Syncing inside the request would take "
        "the latency itself: 1 to 50.",
        ["Buildium takes", "ms", "ratio", "to reach"],
        [[name, round(value * 1000), value / medians[fast], "≤ 1.1"] for name, value in medians.items()],
        {"seconds": taken},
    )
    return [not_waited, waited]


def _waited(client: requests.Session, stack: Stack, simulator: RemoteSimulator, creates: int) -> Table:
    simulator.fault("latency", "POST", times=None, seconds=_FAST)
    beyond = [_create(client, stack, "wait=20") - _FAST for _ in range(creates)]
    simulator.clear_faults()
    p50, p99 = percentile(beyond, 50), percentile(beyond, 99)
    return Table(
        "5. Outcome in the answer",
        f"`POST` that waits, {creates} one after another; the time beyond the {_FAST:g} s that Buildium takes.",
        ["", "ms", "to reach"],
        [["p50", round(p50 * 1000), "≤ 150"], ["p99", round(p99 * 1000), "≤ 600"]],
        {"seconds": beyond},
    )


def _without_waiting(client: requests.Session, stack: Stack, simulator: RemoteSimulator, latency: float) -> float:
    simulator.clear_faults()
    simulator.fault("latency", "POST", times=None, seconds=latency)
    took = _create(client, stack, "respond-async")
    # What a slow one leaves at work on two cores is not what is asked about here.
    time.sleep(0.3)
    return took


def _create(client: requests.Session, stack: Stack, preference: str) -> float:
    body = {**PROPERTY, "name": f"Bench {uuid.uuid4()}"}
    begun = time.perf_counter()
    answer = client.post(f"{stack.api_url}/api/properties", json=body, headers={"Prefer": preference}, timeout=40)
    took = time.perf_counter() - begun
    answer.raise_for_status()
    return took
