"""The table of all scenarios' results, collected from the tests and written to the file in FAULTS_REPORT."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_HEAD = """# Fault-injection report

Each scenario runs the whole system in virtual time: its real handlers, flows and stores. First the fault occurs that
the scenario names. Then the run continues without faults until no work is left. A seed decides the interleaving. Seed 1
is always used; the other seeds are random.

*Lost* counts entities whose create was acknowledged and that are missing, and entities that are called synced and are
not in Buildium. *Duplicated* counts Buildium entities that do not have exactly one local entity. The worst convergence
is in virtual seconds after the last fault. It includes the retries of Buildium's own webhooks.

The table is the output of this command:

    {command}

Before it, the command runs {histories} random histories of money. In each, the ledger equals the accepted requests by
entry and to the cent, and so do the local copies and the balances.

| | scenario | runs | failed | lost | duplicated | worst convergence |
|---:|---|---:|---:|---:|---:|---:|
"""


@dataclass
class Row:
    """The runs of one scenario."""

    name: str
    runs: int = 0
    failed: int = 0
    lost: int = 0
    duplicated: int = 0
    took: float = 0.0


class Report:
    """A pytest plugin for the process that collects the reports of all workers."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record how a test ended, and at its teardown the result of its run."""
        if report.failed:
            self._failed.add(report.nodeid)
        properties: dict[str, Any] = dict(report.user_properties)
        if report.when != "teardown" or "scenario" not in properties or "fault" not in properties:
            return
        number, name = properties["scenario"]
        row = self._rows.setdefault(number, Row(name))
        row.runs += 1
        row.failed += report.nodeid in self._failed
        cost = properties["fault"]
        row.lost += int(cost["lost"])
        row.duplicated += int(cost["duplicated"])
        row.took = max(row.took, cost["took"] or 0.0)

    def pytest_sessionfinish(self) -> None:
        """Write the table."""
        runs, seed = os.environ.get("RUNS", "1"), os.environ.get("FAULTS_SEED", "")
        histories = int(os.environ.get("MONEY_RUNS", "10000"))
        head = _HEAD.format(command=f"make faults RUNS={runs} FAULTS_SEED={seed}", histories=f"{histories:,}")
        lines = (_line(number, row) for number, row in sorted(self._rows.items()))
        Path(os.environ["FAULTS_REPORT"]).write_text(head + "".join(lines))


def _line(number: int, row: Row) -> str:
    cells: Iterable[object] = (number, row.name, row.runs, row.failed, row.lost, row.duplicated, f"{row.took:.0f} s")
    return f"| {' | '.join(map(str, cells))} |\n"
