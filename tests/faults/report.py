"""The table of what every scenario came to, gathered from the tests and written where FAULTS_REPORT says."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_HEAD = """# Fault report

Every scenario runs the whole system, its real handlers, flows and stores, in a virtual time under the fault that it
names, then without faults until nothing is left to do. A seed decides the interleaving: seed 1 is always among them,
the others are drawn anew. *Lost* counts entities that a client was told are kept and that are not, or not in Buildium
although called synced; *duplicated* those that are in Buildium without being one of ours, or several of ours. The
worst convergence is in virtual seconds after the last fault, the retries of Buildium's own webhooks included.

The table is what this command wrote:

    {command}

| | scenario | runs | failed | lost | duplicated | worst convergence |
|---:|---|---:|---:|---:|---:|---:|
"""


@dataclass
class Row:
    """One scenario's runs."""

    name: str
    runs: int = 0
    failed: int = 0
    lost: int = 0
    duplicated: int = 0
    took: float = 0.0


class Report:
    """A pytest plugin for the process that gathers what all workers report."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of how a test ended, and at its end of what its run came to."""
        if report.failed:
            self._failed.add(report.nodeid)
        told: dict[str, Any] = dict(report.user_properties)
        if report.when != "teardown" or "scenario" not in told or "fault" not in told:
            return
        number, name = told["scenario"]
        row = self._rows.setdefault(number, Row(name))
        row.runs += 1
        row.failed += report.nodeid in self._failed
        cost = told["fault"]
        row.lost += int(cost["lost"])
        row.duplicated += int(cost["duplicated"])
        row.took = max(row.took, cost["took"] or 0.0)

    def pytest_sessionfinish(self) -> None:
        """Write the table."""
        runs, seed = os.environ.get("RUNS", "1"), os.environ.get("FAULTS_SEED", "")
        head = _HEAD.format(command=f"make faults RUNS={runs} FAULTS_SEED={seed}")
        lines = (_line(number, row) for number, row in sorted(self._rows.items()))
        Path(os.environ["FAULTS_REPORT"]).write_text(head + "".join(lines))


def _line(number: int, row: Row) -> str:
    cells: Iterable[object] = (number, row.name, row.runs, row.failed, row.lost, row.duplicated, f"{row.took:.0f} s")
    return f"| {' | '.join(map(str, cells))} |\n"
