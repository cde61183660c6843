"""Pass-through fields: what a PUT copies from the read before it."""

from typing import Any

import pytest

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.pass_through import carry_over
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.registry import all_types, by_name

WITHOUT_PUT = {"lease-credit", "lease-payment-reversal", "lease-renewal", "lease-move-out"}
NONE_KNOWN: frozenset[str] = frozenset()


@pytest.mark.parametrize("value", ["Net 30", 7, 0, 1.5, True, False, "", ["a", "b"], {"Days": 30, "Note": None}])
def test_an_unmodelled_value_passes_through(value: Any) -> None:
    assert carry_over({"Name": "New"}, {"Name": "Old", "Terms": value}, NONE_KNOWN) == {"Name": "New", "Terms": value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Terms", None),
        ("Id", 7),
        ("Href", "https://example.com"),
        ("CreatedDateTime", "2026-01-01T00:00:00Z"),
        ("Balance", 12.5),
        ("Manager", {"Id": 7, "Name": "Ann"}),
        ("Numbers", [{"Number": "5550102030", "Type": "Cell"}]),
        ("Nested", {"Manager": {"Id": 7}}),
        ("Contacts", []),
        ("Empty", {"Days": None}),
    ],
)
def test_read_only_and_empty_fields_do_not_pass_through(name: str, value: Any) -> None:
    assert carry_over({}, {name: value}, frozenset({"Balance"})) == {}


@pytest.mark.parametrize("masked", ["****6789", "***-**-1234", "XXX-XX-1234", "xxxxx1234", "••••1234", "12-###6789"])
def test_a_masked_value_does_not_pass_through(masked: str) -> None:
    shown = {"TaxNumber": masked, "Account": {"Number": masked}, "Numbers": [masked]}
    assert carry_over({}, shown, NONE_KNOWN) == {}


@pytest.mark.parametrize("text", ["Foxx", "** see note **", "Unit #2", "Xerox, Exxon"])
def test_a_string_that_resembles_a_masked_value_passes_through(text: str) -> None:
    assert carry_over({}, {"Note": text}, NONE_KNOWN) == {"Note": text}


def test_a_field_that_is_written_empty_stays_empty() -> None:
    assert carry_over({"Memo": None}, {"Memo": "Old"}, NONE_KNOWN) == {"Memo": None}


def test_nested_objects_follow_the_same_rule() -> None:
    written = {"Address": {"City": "Reno"}}
    shown = {"Address": {"City": "Austin", "County": "Travis", "Label": "A 1"}}
    read_only_in_buildium = frozenset({"Address.Label", "County"})
    assert carry_over(written, shown, read_only_in_buildium) == {"Address": {"City": "Reno", "County": "Travis"}}


def test_items_with_ids_keep_their_own_values() -> None:
    written = {"Lines": [{"Id": 2, "Amount": 9}, {"Id": None, "Amount": 5}]}
    shown = {"Lines": [{"Id": 1, "Amount": 5, "Tax": "A"}, {"Id": 2, "Amount": 7, "Tax": "B"}]}
    assert carry_over(written, shown, NONE_KNOWN) == {
        "Lines": [{"Id": 2, "Amount": 9, "Tax": "B"}, {"Id": None, "Amount": 5}]
    }


def test_items_without_ids_are_matched_by_their_content() -> None:
    written = {"Items": [{"Quantity": 2}, {"Quantity": 1}, {"Quantity": 1}, {"Quantity": 3}]}
    shown = {"Items": [{"Quantity": 1, "Tax": "A"}, {"Quantity": 2, "Tax": "B"}, {"Quantity": 1, "Tax": "C"}]}
    items = carry_over(written, shown, NONE_KNOWN)["Items"]
    assert [item.get("Tax") for item in items] == ["B", "A", "C", None]


def test_lists_and_objects_of_one_name_are_not_mixed() -> None:
    written = {"PhoneNumbers": {"Home": None}, "Lines": []}
    shown = {"PhoneNumbers": [{"Number": "5550102030", "Type": "Home"}], "Lines": [{"Id": 1}]}
    assert carry_over(written, shown, NONE_KNOWN) == written


SHOWN: dict[str, Payload] = {
    "bank-account": {"BankAccountType": "Checking", "Country": "UnitedStates"},
    "property": {"RentalSubType": "MultiFamily"},
    "owner": {"IsCompany": False, "PropertyIds": [7]},
    "vendor": {"IsCompany": False, "VendorInsurance": {"Provider": "Acme"}},
    "task": {"TaskStatus": "New", "Priority": "Low"},
    "work-order": {"VendorId": 9},
    "bill": {"VendorId": 9, "Lines": [{"Id": 1, "Amount": 1, "GLAccount": {"Id": 301}}]},
    "lease-payment": {"PaymentMethod": "Check"},
    "lease": {"LeaseType": "AtWill", "UnitId": 8},
}


@pytest.mark.parametrize(
    "name", [each.name for each in all_types() if not each.is_read_only and each.name not in WITHOUT_PUT]
)
def test_every_entity_type_passes_unknown_fields_through(name: str) -> None:
    entity_type, shown = by_name(name), {**SHOWN.get(name, {}), "Id": 5, "AddedLater": "Kept"}
    written = entity_type.update_payload(entity_type.from_buildium(shown, NO_LINKS), shown, NO_LINKS)
    assert written["AddedLater"] == "Kept"


@pytest.mark.parametrize(
    ("name", "inside"),
    [("bill", "Lines"), ("vendor", "VendorInsurance"), ("vendor", "Address"), ("bank-account", "CheckPrintingInfo")],
)
def test_nested_parts_pass_unknown_fields_through(name: str, inside: str) -> None:
    entity_type = by_name(name)
    part: dict[str, Any] = {"Address": {"AddressLine1": "1 A St"}}.get(inside, {})
    part = {**part, "Id": 1, "Amount": 1, "GLAccount": {"Id": 301}, "AddedLater": "Kept"}
    shown = {**SHOWN[name], "Id": 5, inside: [part] if inside == "Lines" else part}
    written = entity_type.update_payload(entity_type.from_buildium(shown, NO_LINKS), shown, NO_LINKS)[inside]
    assert (written[0] if inside == "Lines" else written)["AddedLater"] == "Kept"
