"""Row 9: calls of Buildium that an import takes, against the least possible."""

import math

from bench.report import Table
from bench.system import system

_PAGE = 1000
"""Buildium: entities in one page of a list."""


def measure(entities: int) -> Table:
    """Import so many properties and return the table."""
    with system() as made:
        for number in range(entities):
            made.buildium.create("rentals", {"Name": f"House {number}"})
        made.calls()
        made.meter.take()
        made.ask("POST", "/api/buildium/import", {"entityType": "property"})
        while made.go_on():
            made.meter.used.stream.clear()
        used, calls = made.meter.take(), made.calls()
        progress = made.ask("GET", "/api/buildium/import").body["import"]
    least = math.ceil(entities / _PAGE)
    return Table(
        "9. Import",
        f"Of {entities:,} properties that we do not have. The least is one call for each page of {_PAGE:,}.",
        [
            "entities",
            "Buildium calls",
            "the least",
            "ratio",
            "to reach",
            "AWS calls an entity",
            "write units an entity",
        ],
        [[entities, calls, least, calls / least, "≤ 1.05", used.aws / entities, used.writes / entities]],
        {"progress": progress, "calls": dict(used.calls)},
    )
