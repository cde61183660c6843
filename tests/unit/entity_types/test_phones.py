"""Telephone numbers: which is the primary one, and that none is lost."""

import pytest

from buildium_sync.entity_types.fields import phones
from buildium_sync.errors import SyncBlocked

HOME = {"Number": "(555) 010-1111", "Type": "Home"}
OFFICE = {"Number": "(555) 010-2222", "Type": "Office"}
CELL = {"Number": "(555) 010-3333", "Type": "Cell"}
FAX = {"Number": "(555) 010-4444", "Type": "Fax"}
OTHER = {"Number": "(555) 010-5555", "Type": "Other"}
NEW = "(555) 010-9999"


@pytest.mark.parametrize(
    ("shown", "primary"),
    [
        ([FAX, OTHER, OFFICE, HOME, CELL], CELL),
        ([OFFICE, HOME], HOME),
        ([FAX, OFFICE], OFFICE),
        ([FAX, OTHER], OTHER),
    ],
)
def test_the_primary_number_is_the_first_of_cell_home_office_and_others(
    shown: list[dict[str, str]], primary: dict[str, str]
) -> None:
    assert phones.read_primary(shown) == primary["Number"]


@pytest.mark.parametrize("shown", [None, [], [FAX], [{"Number": " ", "Type": "Cell"}], [{"Number": None}]])
def test_without_a_number_to_call_there_is_no_primary_one(shown: list[dict[str, str]] | None) -> None:
    assert phones.read_primary(shown) is None


def test_a_number_of_a_type_that_is_new_to_us_is_no_reason_to_fail() -> None:
    assert phones.read_primary([{"Number": NEW, "Type": "Satellite"}, HOME]) == HOME["Number"]


def test_every_number_that_has_a_slot_is_written_back() -> None:
    written = phones.write(CELL["Number"], [HOME, OFFICE, CELL, FAX], "Work")
    assert written == {
        "Home": HOME["Number"],
        "Work": OFFICE["Number"],
        "Mobile": CELL["Number"],
        "Fax": FAX["Number"],
    }


def test_a_new_primary_number_takes_the_place_of_the_old_one() -> None:
    written = phones.write(NEW, [HOME, FAX], "Mobile")
    assert written == {"Home": NEW, "Work": None, "Mobile": None, "Fax": FAX["Number"]}


@pytest.mark.parametrize("shown", [None, [], [OTHER]])
def test_a_primary_number_without_a_place_goes_to_the_default_slot(
    shown: list[dict[str, str]] | None,
) -> None:
    assert phones.write(NEW, shown, "Work")["Work"] == NEW


@pytest.mark.parametrize(
    ("shown", "next_type"),
    [
        ([CELL, HOME], "Home"),
        ([OTHER, OFFICE, HOME], "Office"),
        ([OFFICE, OTHER], "Other"),
        ([CELL, {**CELL, "Number": NEW}], "Cell"),
        ([OTHER], "Other"),
        ([{"Number": NEW, "Type": "NotSet"}, FAX], "NotSet"),
    ],
)
def test_a_removal_is_blocked_where_another_number_would_remain(shown: list[dict[str, str]], next_type: str) -> None:
    with pytest.raises(SyncBlocked, match=rf"^primaryPhone: .* type {next_type},"):
        phones.write(None, shown, "Mobile")


@pytest.mark.parametrize(
    "shown",
    [
        None,
        [],
        [CELL],
        [FAX, OFFICE],
        [FAX],
        [{"Number": NEW, "Type": "Satellite"}, HOME],
        [CELL, {**HOME, "Number": ""}],
    ],
)
def test_the_only_number_to_call_is_removed(shown: list[dict[str, str]] | None) -> None:
    written = phones.write(None, shown, "Mobile")
    assert (written["Home"], written["Work"], written["Mobile"]) == (None, None, None)


def test_the_first_number_of_a_type_counts() -> None:
    assert phones.read_primary([CELL, {**CELL, "Number": NEW}]) == CELL["Number"]


def test_two_spellings_of_one_number_are_the_same() -> None:
    assert phones.canonical("(555) 010-2030") == phones.canonical("555 010 2030")
    assert phones.canonical("1-800-FLOWERS") != phones.canonical("1-800-PLUMBER")
