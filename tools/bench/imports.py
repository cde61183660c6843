"""Row 9: the Buildium calls of an import, compared with the minimum."""

import math
import time
from typing import Any
from urllib.parse import parse_qs

from tools.bench.deployed import Deployed
from tools.bench.report import Table
from tools.bench.system import system

_PAGE = 1000
"""Buildium: entities in one page of a list."""
_TIMEOUT_SECONDS = 600


def measure(deployed: Deployed, entities: int) -> Table:
    """Import so many properties into a deployed system, and return the table."""
    deployed.buildium.configure_webhooks(enabled=False)
    for number in range(entities):
        deployed.buildium.create("rentals", {"Name": f"Import {number}"})
    _await_syncs(deployed)
    deployed.buildium.clear_requests()
    progress = _import(deployed)
    properties = progress["types"]["property"]
    total = properties["total"]
    if total < entities or properties["done"] != total:
        raise RuntimeError(f"The import came to {progress}")
    lists = [each for each in deployed.buildium.requests() if each.path == "/v1/rentals" and _lists_all(each.query)]
    least = math.ceil(total / _PAGE)
    return Table(
        "9. Import: calls",
        f"{total:,} properties, on the local cloud. The minimum is one call per page of {_PAGE:,}. Each page starts "
        "with the last row of the page before, so a deletion in between skips no row.",
        ["entities", "Buildium calls", "minimum", "ratio", "target"],
        [[total, len(lists), least, len(lists) / least, "≤ 1.05"]],
        {"progress": progress},
    )


def cost(entities: int) -> Table:
    """Import so many properties in this process, and return the cost per entity."""
    with system() as running:
        for number in range(entities):
            running.buildium.create("rentals", {"Name": f"House {number}"})
        running.meter.take()
        running.request_api("POST", "/api/buildium/import", {"entityType": "property"})
        while running.run_pending_jobs():
            running.meter.used.stream.clear()
        used = running.meter.take()
    return Table(
        "9. Import: cost",
        f"{entities:,} properties that are not linked.",
        ["AWS calls per entity", "write units per entity"],
        [[used.aws / entities, used.writes / entities]],
        {"calls": dict(used.calls)},
    )


def _await_syncs(deployed: Deployed) -> None:
    """Wait for earlier creates: their search for lost creates reads the same list as an import."""
    url, until = f"{deployed.api_url}/api/buildium/sync", time.monotonic() + _TIMEOUT_SECONDS
    while time.monotonic() < until:
        states = [deployed.client.get(url, params={"status": each}, timeout=30) for each in ("pending", "syncing")]
        if not any(state.json()["failedSyncs"] for state in states):
            return
        time.sleep(2)
    raise RuntimeError("The syncs of earlier rows did not end")


def _lists_all(query: str) -> bool:
    """Return whether a query is that of an import. A poll lists changed entities."""
    return parse_qs(query).keys() == {"orderby", "limit", "offset"}


def _import(deployed: Deployed) -> dict[str, Any]:
    url = f"{deployed.api_url}/api/buildium/import"
    deployed.client.post(url, json={"entityType": "property"}, timeout=30).raise_for_status()
    until = time.monotonic() + _TIMEOUT_SECONDS
    while time.monotonic() < until:
        progress: dict[str, Any] = deployed.client.get(url, timeout=30).json()["import"]
        if progress["status"] == "done":
            return progress
        time.sleep(2)
    raise RuntimeError(f"The import did not end: {progress}")
