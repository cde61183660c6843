"""The capacity units of one change are at most those in `docs/benchmarks.md`."""

from collections.abc import Iterator
from typing import Any

import pytest

from tools.bench.costs import changes_of
from tools.bench.system import system

WRITES, INDEX, BUILDIUM = "write units", "index write units", "Buildium calls"
TIMELINE = "of the timeline table"
"""Write units of the timeline function, which writes after the sync."""
READS = "read units of the tables"
"""Without the control table's units for the rate limiter and circuit breakers, which vary."""


@pytest.fixture(scope="module")
def costs() -> Iterator[dict[str, dict[str, Any]]]:
    with system() as made:
        yield changes_of(made)


@pytest.mark.parametrize(
    ("change", "writes", "timeline", "index", "reads", "buildium"),
    [
        ("create", 20, 26, 7, 4, 1),
        ("update", 8, 19, 5, 5, 2),
        ("update without a change", 0, 0, 0, 1, 0),
        ("webhook: echo", 3, 2, 3, 3, 0),
        ("webhook: auto-created unit", 2, 0, 3, 1.5, 0),
        ("webhook: edit in Buildium", 8, 21, 4, 4, 1),
    ],
)
def test_a_change_costs_its_documented_units(
    costs: dict[str, dict[str, Any]], change: str, writes: int, timeline: int, index: int, reads: float, buildium: int
) -> None:
    expected = {WRITES: writes + timeline, TIMELINE: timeline, INDEX: index, READS: reads, BUILDIUM: buildium}
    assert {column: costs[change][column] for column in expected} == expected
