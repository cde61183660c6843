"""Countries: the API's codes and Buildium's names."""

import json

import pytest

from buildium_sync.entity_types.fields import countries
from tests.contract.location import MISSING, find_document


@pytest.mark.parametrize(
    "spelling",
    [
        "US",
        "us",
        "USA",
        "United States",
        "UnitedStates",
        "united states of america",
        "U.S.A.",
        "The United States",
    ],
)
def test_every_usual_spelling_of_a_country_is_recognized(spelling: str) -> None:
    assert countries.buildium_name(spelling) == "UnitedStates"


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("GB", "UnitedKingdom"),
        ("uk", "UnitedKingdom"),
        ("Côte d'Ivoire", "CotedIvoire"),
        ("St. Kitts & Nevis", "SaintKittsandNevis"),
        ("Bosnia and Herzegovina", "BosniaandHerzegovina"),
        ("Korea, Republic of", "SouthKorea"),
        ("Virgin Islands, U.S.", "VirginIslands"),
        ("Virgin Islands (British)", "BritishVirginIslands"),
        ("COD", "DemocraticRepublicOfTheCongo"),
        ("CG", "RepublicOfTheCongo"),
        ("Eswatini", "Swaziland"),
        ("Jan Mayen", "JanMayen"),
    ],
)
def test_codes_and_english_names_map_to_buildiums_name(spelling: str, name: str) -> None:
    assert countries.buildium_name(spelling) == name


@pytest.mark.parametrize("spelling", ["", "the", "XX", "Mars", "United", "???", "South Sudan"])
def test_an_unknown_country_has_no_buildium_name(spelling: str) -> None:
    assert countries.buildium_name(spelling) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("UnitedStates", "US"),
        ("Burma", "MM"),
        ("WestBank", "WestBank"),
        ("Atlantis", "Atlantis"),
        (None, None),
    ],
)
def test_a_country_is_shown_by_code_or_buildium_name(name: str | None, shown: str | None) -> None:
    assert countries.code_or_name(name) == shown


def test_only_spellings_of_the_same_country_are_equal() -> None:
    assert countries.canonical("usa") == countries.canonical("United States")
    assert countries.canonical("US") != countries.canonical("CA")
    assert countries.canonical("Atlantis") == countries.canonical("ATLANTIS")


def test_every_country_code_maps_back_to_its_name() -> None:
    shown = {name: countries.code_or_name(name) for name in countries.BUILDIUM_NAMES}
    assert {name: countries.buildium_name(code or "") for name, code in shown.items()} == {
        name: name for name in countries.BUILDIUM_NAMES
    }


@pytest.mark.skipif(find_document() is None, reason=MISSING)
def test_the_country_names_match_the_buildium_document() -> None:
    path = find_document()
    assert path is not None
    schemas = json.loads(path.read_bytes())["components"]["schemas"]
    assert set(schemas["SaveAddressMessage"]["properties"]["Country"]["enum"]) == countries.BUILDIUM_NAMES
