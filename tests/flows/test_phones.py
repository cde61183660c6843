"""The primary phone number of owners and vendors: an update never changes the number that Buildium shows."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.fields import phones
from tests.flows.system import System
from tests.flows.test_types import CASES, PAST_THE_ECHO, known, synced
from tests.simulator import Simulator

CELL = {"Number": "(555) 010-0001", "Type": "Cell"}
HOME = {"Number": "(555) 010-0002", "Type": "Home"}
PERSONAL = {"Number": "(555) 010-0003", "Type": "Personal"}
FAX = {"Number": "(555) 010-0004", "Type": "Fax"}
NEW = "(555) 010-0009"
PEOPLE = pytest.mark.parametrize("name", ["owner", "vendor"])


def with_numbers(system: System, buildium: Simulator, name: str, numbers: list[dict[str, str]]) -> StoredEntity:
    """Return a synced entity whose phone numbers were edited in Buildium."""
    case = CASES[name]
    kept = synced(system, case)
    system.clock.sleep(PAST_THE_ECHO)
    buildium.edit(case.remote, known(system, kept), {"PhoneNumbers": numbers})
    system.inbound.process_event(system.event(f"{case.subject}.Updated", case.id_field, known(system, kept)))
    assert system.fields_of(kept)["primaryPhone"] == phones.read_primary(numbers)
    return kept


def numbers_of(system: System, buildium: Simulator, kept: StoredEntity) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = buildium.get(CASES[kept.entity.ref.entity_type].remote, known(system, kept))[
        "PhoneNumbers"
    ]
    return shown


@PEOPLE
@pytest.mark.parametrize("numbers", [[CELL, HOME], [HOME, PERSONAL], [CELL, {**HOME, "Type": "Cell"}], [PERSONAL]])
def test_a_removal_that_would_leave_another_number_is_blocked(
    system: System, buildium: Simulator, name: str, numbers: list[dict[str, str]]
) -> None:
    kept = with_numbers(system, buildium, name, numbers)
    system.update(kept, {"primaryPhone": None})
    system.work()

    record = system.sync_of(kept)
    assert (record.status, system.calls("PUT"), system.queue.dead_lettered) == (Status.BLOCKED, 0, [])
    assert (record.error_message or "").startswith("primaryPhone: ")
    assert system.fields_of(kept)["primaryPhone"] is None
    assert numbers_of(system, buildium, kept) == numbers


@PEOPLE
@pytest.mark.parametrize("numbers", [[CELL], [FAX, HOME]])
def test_the_only_number_to_call_can_be_removed(
    system: System, buildium: Simulator, name: str, numbers: list[dict[str, str]]
) -> None:
    kept = with_numbers(system, buildium, name, numbers)
    system.update(kept, {"primaryPhone": None})
    system.work()

    assert (system.sync_of(kept).status, system.fields_of(kept)["primaryPhone"]) == (Status.SYNCED, None)
    assert phones.read_primary(numbers_of(system, buildium, kept)) is None


@PEOPLE
def test_a_blocked_removal_ends_once_the_next_number_is_set(system: System, buildium: Simulator, name: str) -> None:
    kept = with_numbers(system, buildium, name, [CELL, HOME])
    kept = system.update(kept, {"primaryPhone": None})
    system.work()
    kept = system.update(kept, {"primaryPhone": HOME["Number"]})
    system.work()

    assert system.sync_of(kept).status is Status.SYNCED
    assert phones.read_primary(numbers_of(system, buildium, kept)) == HOME["Number"]


@PEOPLE
def test_a_number_of_a_type_not_written_can_be_replaced(system: System, buildium: Simulator, name: str) -> None:
    kept = with_numbers(system, buildium, name, [PERSONAL])
    system.update(kept, {"primaryPhone": NEW})
    system.work()

    assert (system.sync_of(kept).status, system.fields_of(kept)["primaryPhone"]) == (Status.SYNCED, NEW)
    shown = numbers_of(system, buildium, kept)
    assert phones.read_primary([PERSONAL, *shown]) == phones.read_primary(shown) == NEW
