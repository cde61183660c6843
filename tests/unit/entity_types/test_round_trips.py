"""The mappings preserve all values."""

from typing import Any

import pytest
from hypothesis import assume, given

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.fields import countries, states
from buildium_sync.entity_types.owner import Owner
from buildium_sync.entity_types.property import Property
from tests.contract.document import validate_request
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import (
    ADDRESS_PARTS,
    LINKS,
    OWNER_BODIES,
    PROPERTY_BODIES,
    SHOWN_OWNERS,
    SHOWN_PROPERTIES,
    leaves_no_other_number,
    shown_owner,
    shown_property,
)

needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)


def assert_same(entity_type: EntityType, ours: Fields, theirs: Fields) -> None:
    """Assert that every field that Buildium shows has the meaning of the local value."""
    differing = {name for name, value in theirs.items() if not entity_type.values_equal(name, ours.get(name), value)}
    assert {name: (ours.get(name), theirs[name]) for name in differing} == {}


def assert_address_kept(written: Payload, shown: Payload) -> None:
    """Assert that an address has the same meaning after it was written back."""
    assert set(written) == set(ADDRESS_PARTS)
    assert countries.canonical(written["Country"]) == countries.canonical(shown["Country"])
    assert states.canonical(written["State"] or "") == states.canonical(shown["State"] or "")
    texts = ("AddressLine1", "AddressLine2", "AddressLine3", "City", "PostalCode")
    assert [written[part] or "" for part in texts] == [shown[part] or "" for part in texts]


@given(PROPERTY_BODIES)
def test_a_property_round_trip_keeps_its_fields(body: dict[str, Any]) -> None:
    fields = Property().validate(body)
    shown = shown_property(Property().to_create(fields, NO_LINKS))
    assert_same(Property(), fields, Property().from_buildium(shown, NO_LINKS))


@given(OWNER_BODIES)
def test_an_owner_round_trip_keeps_its_fields(body: dict[str, Any]) -> None:
    fields = Owner().validate(body)
    shown = shown_owner(Owner().to_create(fields, LINKS))
    assert_same(Owner(), fields, Owner().from_buildium(shown, LINKS))


@given(PROPERTY_BODIES)
def test_a_created_property_matches_its_natural_key(body: dict[str, Any]) -> None:
    fields = Property().validate(body)
    shown = shown_property(Property().to_create(fields, NO_LINKS))
    assert Property().is_match(shown, Property().natural_key(fields, NO_LINKS))


@given(OWNER_BODIES)
def test_a_created_owner_matches_its_natural_key(body: dict[str, Any]) -> None:
    fields = Owner().validate(body)
    shown = shown_owner(Owner().to_create(fields, LINKS))
    assert Owner().is_match(shown, Owner().natural_key(fields, LINKS))


@given(SHOWN_PROPERTIES)
def test_an_update_of_a_property_keeps_buildiums_values(shown: Payload) -> None:
    fields = Property().from_buildium(shown, NO_LINKS)
    written = Property().to_update(fields, shown, NO_LINKS)
    assert_address_kept(written.pop("Address"), shown["Address"])
    assert written.pop("PropertyManagerId") == (shown["RentalManager"] or {}).get("Id")
    assert written == {key: shown[key] for key in written}


@given(SHOWN_OWNERS)
def test_an_update_of_an_owner_keeps_buildiums_values(shown: Payload) -> None:
    fields = Owner().from_buildium(shown, LINKS)
    written = Owner().to_update(fields, shown, LINKS)
    assert_address_kept(written.pop("Address"), shown["Address"])
    assert sorted(phone["Number"] for phone in shown["PhoneNumbers"]) == sorted(
        filter(None, written.pop("PhoneNumbers").values())
    )
    assert written == {key: shown[key] for key in written}


@needs_document
@given(PROPERTY_BODIES)
def test_property_create_payloads_match_the_document(body: dict[str, Any]) -> None:
    message = Property().to_create(Property().validate(body), NO_LINKS)
    validate_request("POST", "/v1/rentals", body=message)


@needs_document
@given(OWNER_BODIES)
def test_owner_create_payloads_match_the_document(body: dict[str, Any]) -> None:
    message = Owner().to_create(Owner().validate(body), LINKS)
    validate_request("POST", "/v1/rentals/owners", body=message)


@needs_document
@given(PROPERTY_BODIES, SHOWN_PROPERTIES)
def test_property_update_payloads_match_the_document(body: dict[str, Any], shown: Payload) -> None:
    message = Property().to_update(Property().validate(body), shown, NO_LINKS)
    validate_request("PUT", "/v1/rentals/7", body=message)


@needs_document
@given(OWNER_BODIES, SHOWN_OWNERS)
def test_owner_update_payloads_match_the_document(body: dict[str, Any], shown: Payload) -> None:
    fields = Owner().validate(body)
    assume(leaves_no_other_number(fields, shown))
    message = Owner().to_update(fields, shown, LINKS)
    validate_request("PUT", "/v1/rentals/owners/7", body=message)


@given(OWNER_BODIES, SHOWN_OWNERS)
def test_an_update_of_an_owner_keeps_non_primary_phones(body: dict[str, Any], shown: Payload) -> None:
    others = [phone for phone in shown["PhoneNumbers"] if phone["Type"] in ("Office", "Fax")]
    assume(any(phone["Type"] in ("Cell", "Home") for phone in shown["PhoneNumbers"]))
    fields = Owner().validate(body)
    assume(leaves_no_other_number(fields, shown))
    written = Owner().to_update(fields, shown, LINKS)["PhoneNumbers"]
    assert {phone["Number"] for phone in others} <= set(written.values())
