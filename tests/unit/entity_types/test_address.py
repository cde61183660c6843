"""Addresses: parts, states and countries."""

import pytest

from buildium_sync.entity_types.fields import address, states
from tests.simulator.states import CANADIAN_PROVINCES, US_STATES, US_TERRITORIES

FIELDS = {
    "addressLine1": "1 King St",
    "addressLine2": None,
    "city": "Toronto",
    "state": "ontario",
    "postalCode": "M5H 1A1",
    "country": "Canada",
}


def test_an_address_is_written_with_buildiums_names_and_codes() -> None:
    assert address.write(FIELDS) == {
        "AddressLine1": "1 King St",
        "AddressLine2": None,
        "AddressLine3": None,
        "City": "Toronto",
        "State": "ON",
        "PostalCode": "M5H 1A1",
        "Country": "Canada",
    }


def test_a_prefix_precedes_every_address_part() -> None:
    fields = address.read({"AddressLine1": "1 King St", "Country": "Canada"}, "primary")
    assert fields["primaryAddressLine1"] == "1 King St"
    assert fields["primaryCountry"] == "CA"
    assert len(fields) == len(address.PARTS)
    assert address.write(fields, "primary")["AddressLine1"] == "1 King St"


def test_a_missing_buildium_address_is_empty() -> None:
    assert set(address.read(None).values()) == {None}


@pytest.mark.parametrize("country", ["US", "Canada"])
@pytest.mark.parametrize("state", [None, "XX", "Bavaria"])
def test_a_state_is_checked_for_the_united_states_and_canada(state: str | None, country: str) -> None:
    with pytest.raises(ValueError, match=f"state or province of {country}"):
        address.check_state(state, country)


def test_a_state_of_another_country_is_rejected() -> None:
    with pytest.raises(ValueError, match="Canada"):
        address.check_state("CA", "Canada")


@pytest.mark.parametrize(
    ("state", "country"),
    [("Québec", "CA"), ("D.C.", "US"), ("new york", "us"), ("Bavaria", "DE"), (None, "DE"), ("PR", "US")],
)
def test_a_valid_state_keeps_the_clients_spelling(state: str | None, country: str) -> None:
    assert address.check_state(state, country) == state


def test_a_state_is_not_checked_for_an_invalid_country() -> None:
    assert address.check_state("XX", None) == "XX"
    assert address.check_state("XX", "Mars") == "XX"


def test_a_state_outside_us_and_canada_is_written_unchanged() -> None:
    assert address.write({**FIELDS, "country": "AU", "state": "Victoria"})["State"] == "Victoria"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("CA", "california", True), ("Quebec", "QC", True), ("Kent", "kent", True), ("CA", "CO", False)],
)
def test_spellings_of_one_state_are_the_same(one: str, other: str, same: bool) -> None:
    assert (states.canonical(one) == states.canonical(other)) is same


def test_two_spellings_of_one_address_have_one_identity() -> None:
    other = {**FIELDS, "addressLine1": "1  KING st", "addressLine2": "", "state": "ON", "country": "CAN"}
    assert address.identity(other) == address.identity(FIELDS)
    assert address.identity({**FIELDS, "addressLine2": "Unit 2"}) != address.identity(FIELDS)


@pytest.mark.parametrize(
    ("country", "known"), [("US", {**US_STATES, **US_TERRITORIES}), ("CA", CANADIAN_PROVINCES)], ids=["US", "CA"]
)
def test_the_simulator_accepts_every_valid_state(country: str, known: dict[str, str]) -> None:
    buildium_name = {"US": "UnitedStates", "CA": "Canada"}[country]
    assert set(states._BY_COUNTRY[buildium_name].values()) == set(known)
    for spelling in (*known, *known.values()):
        assert address.check_state(spelling, country) == spelling
