"""Row 1, second table: cold starts under AWS's runtime interface emulator and client."""

import json
import re
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from tools.bench.cold import BASE, USUAL, candidates
from tools.bench.environment import DIRECTORY, Program, Stage, require_success
from tools.bench.ratios import in_turn, ratios
from tools.bench.report import Table
from tools.lambda_runtime.execution_environment import execution_environment

_LOG = DIRECTORY / "lambda.log"
# The emulator's REPORT line does not separate them: its duration includes the initialization, its init duration not.
_INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)")
_INVOCATION = re.compile(r"INVOKE RTDONE\(status: success,.* duration: ([\d.]+)ms\)")


class ColdStart(NamedTuple):
    """The durations of the initialization and of the first invocation in milliseconds."""

    init_ms: float
    invocation_ms: float


def cold_start(log: str) -> ColdStart:
    """Return the durations from the emulator's log. Raises ValueError without a first invocation that succeeded."""
    init, invocation = _INIT.search(log), _INVOCATION.search(log)
    if init is None or invocation is None:
        raise ValueError(f"The log has no cold start:\n{log}")
    return ColdStart(float(init[1]), float(invocation[1]))


def race(stage: Stage, rounds: int) -> Table:
    """Return the table of the product's functions and of two peers."""
    programs = {
        name: partial(_run, stage, *candidate)
        for name, candidate in candidates(stage).items()
        if name in (BASE, USUAL) or "buildium-sync" in name
    }
    for run in programs.values():
        run()  # warms the file cache
    starts = in_turn(programs, rounds)
    totals = {name: [sum(start) for start in taken] for name, taken in starts.items()}
    by_base, by_usual = ratios(totals, BASE), ratios(totals, USUAL)
    rows = [
        [
            name,
            round(median(start.init_ms for start in taken)),
            round(median(start.invocation_ms for start in taken)),
            by_base[name],
            by_usual[name],
        ]
        for name, taken in starts.items()
    ]
    return Table(
        "1. Cold start: under Lambda's runtime",
        f"Medians of {rounds} execution environments each, in turn, as AWS's runtime interface emulator logs them. "
        "Ratios are of medians of the sum. Each initialization starts Python and AWS's runtime interface client.",
        ["program", "init, ms", "first invocation, ms", f"of {BASE}", "of the usual deployment"],
        rows,
        {"starts": starts, "ratios": by_base},
    )


def _run(stage: Stage, program: Program, event: Callable[[], dict[str, Any]]) -> ColdStart:
    with execution_environment(program.package(), stage.environment | dict(program.settings), _LOG) as environment:
        require_success(environment.invoke(json.dumps(event()).encode()), program)
    return cold_start(_LOG.read_text())
