"""Phone numbers: which is the primary one, and that none is lost."""

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
def test_the_primary_number_prefers_cell_then_home_then_office(
    shown: list[dict[str, str]], primary: dict[str, str]
) -> None:
    assert phones.read_primary(shown) == primary["Number"]


@pytest.mark.parametrize("shown", [None, [], [FAX], [{"Number": " ", "Type": "Cell"}], [{"Number": None}]])
def test_there_is_no_primary_number_without_a_callable_number(shown: list[dict[str, str]] | None) -> None:
    assert phones.read_primary(shown) is None


def test_a_phone_number_of_unknown_type_is_tolerated() -> None:
    assert phones.read_primary([{"Number": NEW, "Type": "Satellite"}, HOME]) == HOME["Number"]


def test_every_number_that_has_a_slot_is_written_back() -> None:
    written = phones.write(CELL["Number"], [HOME, OFFICE, CELL, FAX], "Work")
    assert written == {
        "Home": HOME["Number"],
        "Work": OFFICE["Number"],
        "Mobile": CELL["Number"],
        "Fax": FAX["Number"],
    }


def test_a_new_primary_number_replaces_the_old_one() -> None:
    written = phones.write(NEW, [HOME, FAX], "Mobile")
    assert written == {"Home": NEW, "Work": None, "Mobile": None, "Fax": FAX["Number"]}


@pytest.mark.parametrize("shown", [None, [], [OTHER]])
def test_a_primary_number_without_a_slot_uses_the_default_slot(
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
def test_removing_the_primary_number_is_blocked_while_another_remains(
    shown: list[dict[str, str]], next_type: str
) -> None:
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
def test_the_only_callable_number_is_removed(shown: list[dict[str, str]] | None) -> None:
    written = phones.write(None, shown, "Mobile")
    assert (written["Home"], written["Work"], written["Mobile"]) == (None, None, None)


def test_the_first_number_of_a_type_is_used() -> None:
    assert phones.read_primary([CELL, {**CELL, "Number": NEW}]) == CELL["Number"]


def test_two_spellings_of_one_number_are_the_same() -> None:
    assert phones.canonical("(555) 010-2030") == phones.canonical("555 010 2030")
    assert phones.canonical("1-800-FLOWERS") != phones.canonical("1-800-PLUMBER")
