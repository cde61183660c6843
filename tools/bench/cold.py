"""Row 1: from the first import to the first response, in new processes, in turn."""

from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from tools.bench.environment import Program, Stage, peers, product_program
from tools.bench.events import create_event, stream_event, webhook_event
from tools.bench.ratios import in_turn, ratios
from tools.bench.report import Table

BASE = "bare + pydantic"
USUAL = "usual deployment, no bytecode"
_TARGETS = {
    "buildium-sync: api": "≤ 1.05, ≤ 0.55",
    "buildium-sync: webhook": "≤ 0.80",
    "buildium-sync: sync": "≤ 1.10",
}

Candidate = tuple[Program, Callable[[], dict[str, Any]]]
"""A program, and a function that returns a new event for it."""


def race(stage: Stage, rounds: int) -> Table:
    """Return the table."""
    programs = {name: partial(_run, stage, *candidate) for name, candidate in candidates(stage).items()}
    for run in programs.values():
        run()  # warms the peers' bytecode and the file cache
    results = in_turn(programs, rounds)
    wall, work = _of("ms", results), _of("cpuMs", results)
    by_wall, by_work, by_usual = ratios(wall, BASE), ratios(work, BASE), ratios(wall, USUAL)
    rows = [
        [name, round(median(wall[name])), by_wall[name], by_work[name], by_usual[name], _TARGETS.get(name, "")]
        for name in programs
    ]
    return Table(
        "1. Cold start: from the first import to the first response",
        f"Medians of {rounds} new processes each, run in turn, and ratios of medians for elapsed and processor time. "
        "AWS is the emulator, Buildium the simulator. The functions run as deployed: with the read-only layers of "
        "`sam build` and credentials from Secrets Manager.",
        ["program", "ms", f"of {BASE}", "processor", "of the usual deployment", "target"],
        rows,
        {"milliseconds": wall, "processor": work, "ratios": by_wall, "ratios of processor": by_work},
    )


def candidates(stage: Stage) -> dict[str, Candidate]:
    """Return all programs. Each handles a `POST /api/properties`, the other functions their own events."""
    events = {"api": create_event, "webhook": webhook_event, "sync": lambda: stream_event(stage)}
    product = {f"buildium-sync: {name}": (product_program(stage, name), event) for name, event in events.items()}
    return {name: (peer, create_event) for name, peer in peers().items()} | product


def _run(stage: Stage, program: Program, event: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return program.once(stage, event())


def _of(name: str, results: dict[str, list[dict[str, Any]]]) -> dict[str, list[float]]:
    return {who: [run[name] for run in runs] for who, runs in results.items()}
