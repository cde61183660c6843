"""Row 2: the time of one `POST` in a warm process, including the SDK without the network."""

import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

from tools.bench.cold import BASE, USUAL
from tools.bench.environment import Stage, first_result, peers, product_program
from tools.bench.events import create_event
from tools.bench.ratios import in_turn, ratios
from tools.bench.report import Table


def race(stage: Stage, rounds: int, requests: int = 50) -> Table:
    """Return the table."""
    programs = {name: peer for name, peer in peers().items() if name != USUAL}
    programs["buildium-sync: api"] = product_program(stage, "api")
    with ExitStack() as stack:
        running: dict[str, Callable[[], float]] = {}
        for name, program in programs.items():
            process = stack.enter_context(program.start(stage, create_event(), "warm"))
            first_result(process)
            running[name] = _measured(process, requests)
            running[name]()
        samples = in_turn(running, rounds)
    to_base = ratios(samples, BASE)
    rows = [
        [name, median(samples[name]) * 1000, to_base[name], "≤ 1.2" if "buildium-sync" in name else ""]
        for name in running
    ]
    return Table(
        "2. Warm request: one `POST /api/properties`",
        f"Medians of {rounds} rounds of {requests} requests. The SDK does everything except sending.",
        ["program", "ms", f"of {BASE}", "target"],
        rows,
        {"seconds": samples, "ratios": to_base},
    )


def _measured(process: subprocess.Popen[str], requests: int) -> Callable[[], float]:
    def measure() -> float:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 -- both are pipes
        process.stdin.write(f"{requests}\n")
        process.stdin.flush()
        return float(process.stdout.readline()) / requests

    return measure
