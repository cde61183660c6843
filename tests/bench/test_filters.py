"""A list with a filter reads the same units, whatever the number of entities."""

from collections.abc import Iterator

import pytest

from buildium_sync.api.list_filter import filter_names
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import all_types, by_name
from tools.bench.aws_call_meter import Used
from tools.bench.system import System, system

SMALL, LARGE = 100, 2_000
PAGE = 5
IDS = {"externalId": "external-0", "buildiumId": "1000000"}
VALUES = {"status": "Inactive", "syncStatus": "failed", "updatedSince": "2026-01-01T00:00:00Z", **IDS}
CASES = [(each.name, name) for each in all_types() for name in filter_names(each) if each.name in ("unit", "tenant")]


@pytest.fixture(scope="module")
def running() -> Iterator[System]:
    with system() as made:
        yield made


@pytest.fixture(scope="module")
def units(running: System) -> dict[int, dict[tuple[str, str], Used]]:
    """What each filter reads, by the number of entities of each type."""
    found: dict[int, dict[tuple[str, str], Used]] = {}
    for first, size in ((0, SMALL), (SMALL, LARGE)):
        for number in range(first, size):
            fill(running, number)
        found[size] = {case: read(running, *case) for case in CASES}
    return found


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_a_filter_reads_the_same_with_many_entities(
    case: tuple[str, str], units: dict[int, dict[tuple[str, str], Used]]
) -> None:
    small, large = units[SMALL][case], units[LARGE][case]
    assert (small.reads, small.calls) == (large.reads, large.calls)
    assert small.reads > 0


def fill(running: System, number: int) -> None:
    """Store a unit and a tenant. A few of them match the filters, the first and the last."""
    matches = number < PAGE or number >= LARGE - PAGE
    home, status = ("home", "Inactive") if matches else (f"other-{number}", "Active")
    sync = Status.FAILED if matches else Status.SYNCED
    running.put("unit", number, {"propertyId": home, "status": status}, sync)
    running.put("tenant", number, {"leaseId": home, "leaseIds": [home, number + 1], "status": status}, sync)


def read(running: System, entity_type: str, name: str) -> Used:
    """List a page of matching entities, and return what was read."""
    running.meter.take()
    path = f"/api/{by_name(entity_type).collection}"
    page = running.request_api("GET", path, query={name: VALUES.get(name, "home"), "limit": str(PAGE)}).body
    assert len(page["items"]) == (1 if name in IDS else PAGE)
    return running.meter.take()
