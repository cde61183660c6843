"""Rows 4 and 5: the response time of a create on the local cloud."""

import time
import uuid
from functools import partial
from statistics import median

from tests.flows.system import PROPERTY
from tools.bench.deployed import Deployed
from tools.bench.ratios import in_turn, percentile
from tools.bench.report import Table

_FAST_SECONDS, _SLOW_SECONDS = 0.1, 5.0


def measure(system: Deployed, creates: int) -> list[Table]:
    """Return both tables."""
    for _ in range(3):
        _create(system, "wait=20")
    waited = _waited(system, creates)
    fast, slow = f"{_FAST_SECONDS:g} s", f"{_SLOW_SECONDS:g} s"
    runs = {name: partial(_without_waiting, system, float(name.split()[0])) for name in (fast, slow)}
    taken = in_turn(runs, creates)
    medians = {name: median(times) for name, times in taken.items()}
    not_waited = Table(
        "4. Response time without waiting, by Buildium's latency",
        f"`POST` with `Prefer: respond-async`, medians of {creates}, in turn. A sync inside the request would take as "
        "long as Buildium: 1 to 50.",
        ["latency", "ms", "ratio", "target"],
        [[name, round(value * 1000), value / medians[fast], "≤ 1.1"] for name, value in medians.items()],
        {"seconds": taken},
    )
    return [not_waited, waited]


def _waited(system: Deployed, creates: int) -> Table:
    system.buildium.fault("latency", "POST", times=None, seconds=_FAST_SECONDS)
    beyond = [_create(system, "wait=20") - _FAST_SECONDS for _ in range(creates)]
    system.buildium.clear_faults()
    p50, p99 = percentile(beyond, 50), percentile(beyond, 99)
    return Table(
        "5. Sync result in the response",
        f"`POST` that waits, {creates} in sequence. The time includes all but the {_FAST_SECONDS:g} s of Buildium.",
        ["", "ms", "target"],
        [["p50", round(p50 * 1000), "≤ 150"], ["p99", round(p99 * 1000), "≤ 600"]],
        {"seconds": beyond},
    )


def _without_waiting(system: Deployed, latency: float) -> float:
    system.buildium.clear_faults()
    system.buildium.fault("latency", "POST", times=None, seconds=latency)
    took = _create(system, "respond-async")
    # Let the work of a slow create end, so that it does not slow down the next measurement.
    time.sleep(0.3)
    return took


def _create(system: Deployed, preference: str) -> float:
    body = {**PROPERTY, "name": f"Bench {uuid.uuid4()}"}
    started = time.perf_counter()
    headers = {"Prefer": preference}
    response = system.client.post(f"{system.api_url}/api/properties", json=body, headers=headers, timeout=40)
    took = time.perf_counter() - started
    response.raise_for_status()
    return took
