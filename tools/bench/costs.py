"""Rows 7 and 8: the cost of a change of an entity and of lists, for several table sizes.

DynamoDB's units follow from what a call reads and writes. A call that scans reads more with each of the sizes, so equal
units show that none does.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from tests.flows.system import PROPERTY
from tools.bench.aws_call_meter import Used
from tools.bench.report import Table
from tools.bench.system import System, system

SIZES = (10, 200, 4_000)
"""Numbers of entities. The emulator keeps them in memory and sorts an index for each query, so more take minutes. The
largest number is more than the megabyte that DynamoDB reads in one query."""
_PAGES = 5
"""Requests per list, for the median time."""
_FAILED = 5


def measure(sizes: Sequence[int]) -> list[Table]:
    """Return both tables, for these numbers of entities."""
    changes: dict[str, list[dict[str, Any]]] = {}
    lists: dict[str, list[dict[str, Any]]] = {}
    for size in sizes:
        with system() as running:
            running.fill(range(size), failed=min(_FAILED, size // 2))
            for name, costs in changes_of(running).items():
                changes.setdefault(name, []).append(costs)
            for name, costs in _lists(running).items():
                lists.setdefault(name, []).append(costs)
    return [_changes_table(sizes, changes), _lists_table(sizes, lists)]


def changes_of(running: System) -> dict[str, dict[str, Any]]:
    """Return the cost of each kind of change in warm processes, which have cached the secret and the defaults."""
    _create(running, "Warm")
    entity_id = _create(running, "Warm too")
    # An update within a second of a write is delayed.
    _settle(running)
    running.request_api("PUT", f"/api/properties/{entity_id}", {"name": "Warmer"})
    running.process_stream()
    _consume_echo(
        running, running.request_api("GET", f"/api/properties/{entity_id}").body["buildiumSync"]["buildiumId"]
    )
    _settle(running)
    costs = {"create": _cost(running, lambda: _create(running, "House"), running.process_stream)}
    buildium_id = running.request_api("GET", f"/api/properties/{entity_id}").body["buildiumSync"]["buildiumId"]
    change = {"name": "Another name"}
    costs["update"] = _cost(
        running, lambda: running.request_api("PUT", f"/api/properties/{entity_id}", change), running.process_stream
    )
    costs["update without a change"] = _cost(
        running, lambda: running.request_api("PUT", f"/api/properties/{entity_id}", change), running.process_stream
    )
    costs["webhook: echo"] = _webhook(running, _event("Rental.Updated", buildium_id))
    [auto_created_unit_id] = [
        unit["Id"] for unit in running.buildium.state()["units"] if unit["PropertyId"] == buildium_id
    ]
    costs["webhook: auto-created unit"] = _webhook(
        running, _event("RentalUnit.Created", auto_created_unit_id, "UnitId")
    )
    running.buildium.edit("rentals", buildium_id, {"Name": "Edited there"})
    costs["webhook: edit in Buildium"] = _webhook(running, _event("Rental.Updated", buildium_id))
    _settle(running)
    costs["schedule with polls only"] = _cost(running, running.schedule)
    return costs


def _create(running: System, name: str) -> str:
    response = running.request_api(
        "POST", "/api/properties", {**PROPERTY, "name": name}, headers={"Prefer": "respond-async"}
    )
    running.process_stream()
    return str(response.body["property"]["id"])


def _consume_echo(running: System, buildium_id: int) -> None:
    """Process the webhook of the last update, so that the next one counts separately."""
    running.webhook(_event("Rental.Updated", buildium_id))
    running.process()


def _settle(running: System) -> None:
    """Run the schedule once, because its first run reads further back, and wait until the next poll is due."""
    running.schedule()
    time.sleep(1.1)


def _webhook(running: System, event: dict[str, Any]) -> dict[str, Any]:
    return _cost(running, lambda: running.webhook(event), running.process, running.process_stream)


def _cost(running: System, *steps: Callable[[], object]) -> dict[str, Any]:
    running.meter.take()
    running.calls()
    for step in steps:
        step()
    return _figures(running.meter.take()) | {"Buildium calls": running.calls()}


def _figures(used: Used) -> dict[str, Any]:
    return {
        "AWS calls": used.aws,
        "write units": used.writes,
        "of the timeline table": used.timeline_writes,
        "of the control table": used.control_writes,
        "index write units": used.index_writes,
        "read units": used.reads + used.control_reads,
        "read units of the tables": used.reads,
        "calls": dict(used.calls),
    }


def _event(name: str, buildium_id: int, id_field: str = "PropertyId") -> dict[str, Any]:
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}7Z"
    return {"EventName": name, "EventDateTime": moment, "AccountId": 123456, id_field: buildium_id}


def _lists(running: System) -> dict[str, dict[str, Any]]:
    entity_id = "filled-00000001"
    requests = {
        "failed syncs, 5": ("/api/buildium/sync", {"entityType": "property", "limit": "5"}),
        "status": ("/api/buildium/sync", {"entityType": "property", "entityId": entity_id}),
        "entities, 5": ("/api/properties", {"limit": "5"}),
        "by status, 5": ("/api/properties", {"status": "Active", "limit": "5"}),
        "by sync status, 5": ("/api/properties", {"syncStatus": "failed", "limit": "5"}),
        "by time of change, 5": ("/api/properties", {"updatedSince": "2026-01-01T00:00:00Z", "limit": "5"}),
    }
    return {name: _list(running, path, query) for name, (path, query) in requests.items()}


def _list(running: System, path: str, query: dict[str, str]) -> dict[str, Any]:
    times = []
    for _ in range(_PAGES):
        running.meter.take()
        started = time.perf_counter()
        running.request_api("GET", path, query=query)
        took = time.perf_counter() - started
        used = running.meter.take()
        times.append(took - used.seconds)
    return _figures(used) | {"own ms": median(times) * 1000}


def _changes_table(sizes: Sequence[int], changes: dict[str, list[dict[str, Any]]]) -> Table:
    columns = [
        "write units",
        "of the timeline table",
        "index write units",
        "read units",
        "of the control table",
        "AWS calls",
        "Buildium calls",
    ]
    compared = ["write units", "index write units", "Buildium calls"]
    return Table(
        "7. Cost per operation",
        "Counted at the client, over all functions, including the timeline. Units follow from the item sizes by "
        "DynamoDB's rules. Writes of the control table depend on the moment, not on the size of the table. "
        f"With {_formatted(sizes)} entities in the table. A waiting API also reads the sync record: 1 unit per poll.",
        ["operation", *columns, "independent of the size"],
        [
            [name, *(_range(costs, column) for column in columns), _flat(costs, compared)]
            for name, costs in changes.items()
        ],
        {"sizes": list(sizes), "changes": changes},
    )


def _lists_table(sizes: Sequence[int], lists: dict[str, list[dict[str, Any]]]) -> Table:
    columns = ["AWS calls", "read units"]
    return Table(
        "8. Cost of a list",
        f"With {_formatted(sizes)} entities. The time excludes the emulator, which scans its table for an index.",
        ["list", *columns, "independent of the size", *(f"ms, {size:,}" for size in sizes)],
        [
            [name, *(_range(costs, column) for column in columns), _flat(costs, columns)]
            + [cost["own ms"] for cost in costs]
            for name, costs in lists.items()
        ],
        {"sizes": list(sizes), "lists": lists},
    )


def _formatted(sizes: Sequence[int]) -> str:
    return ", ".join(f"{size:,}" for size in sizes)


def _range(costs: list[dict[str, Any]], column: str) -> str:
    low, high = min(cost[column] for cost in costs), max(cost[column] for cost in costs)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _flat(costs: list[dict[str, Any]], columns: Sequence[str]) -> str:
    return "yes" if all(len({cost[column] for cost in costs}) == 1 for column in columns) else "no"
