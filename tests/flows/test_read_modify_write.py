"""A client may send back what it read, whatever Buildium stored, and change one field."""

from dataclasses import dataclass
from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.entity_types.registry import by_name, listed_types
from buildium_sync.errors import InvalidFields
from tests.flows.system import System
from tests.flows.test_types import CASES, PAST_THE_ECHO, synced
from tests.simulator import Simulator

pytestmark = pytest.mark.reads_unlisted_values

ADDRESS = {
    "AddressLine1": None,
    "AddressLine2": "second\nline",
    "AddressLine3": "\u200b",
    "City": "x" * 130,
    "State": "ZZ",
    "PostalCode": None,
    "Country": "UnitedStates",
}
PHONES = [{"Number": "5550142", "Type": "Cell"}]


@dataclass(frozen=True)
class Odd:
    """Values in Buildium that the API rejects from a client, and another field to change."""

    name: str
    shown: dict[str, Any]
    change: dict[str, Any]


ODD = {
    odd.name: odd
    for odd in (
        Odd(
            "bank-account",
            {
                "Name": "Trust\nAccount",
                "Description": "x" * 70_000,
                "BankAccountType": "MoneyMarket",
                "Country": "Atlantis",
                "RoutingNumber": "--",
            },
            {"name": "Trust 2"},
        ),
        Odd(
            "property",
            {
                "Name": "\u3164",
                "StructureDescription": "a\x0bb",
                "Address": ADDRESS,
                "RentalSubType": "Marina",
                "YearBuilt": 12,
                "Reserve": 10.125,
                "RentalManager": {"Id": -7},
            },
            {"yearBuilt": 1998},
        ),
        Odd(
            "unit",
            {
                "UnitNumber": "x" * 40,
                "UnitSize": -3,
                "MarketRent": -1.005,
                "Address": {**ADDRESS, "Country": "Atlantis"},
                "UnitBedrooms": "ElevenBed",
                "UnitBathrooms": "SevenBath",
            },
            {"unitSize": 700},
        ),
        Odd(
            "owner",
            {
                "FirstName": "Madonna",
                "LastName": "",
                "Email": "nowhere",
                "AlternateEmail": "x y@z",
                "PhoneNumbers": PHONES,
                "Address": None,
                "ManagementAgreementStartDate": "2026-02-01",
                "ManagementAgreementEndDate": "2026-01-01",
            },
            {"comment": "Prefers e-mail."},
        ),
        Odd(
            "vendor",
            {
                "CompanyName": "x" * 200,
                "PrimaryEmail": "nowhere",
                "PhoneNumbers": PHONES,
                "Address": {**ADDRESS, "Country": "Canada"},
                "Website": "www.example.com",
                "AccountNumber": "x" * 40,
            },
            {"comments": "Nights too."},
        ),
        Odd(
            "task",
            {
                "Title": "x" * 200,
                "Description": "x" * 66_000,
                "TaskStatus": "OnHold",
                "Priority": "Urgent",
                "DueDate": "2026-1-5",
                "UnitId": 4711,
                "Property": None,
            },
            {"taskStatus": "Closed"},
        ),
        Odd(
            "work-order",
            {
                "EntryAllowed": "Maybe",
                "InvoiceNumber": "x" * 60,
                "ChargeableTo": "x\ny",
                "LineItems": [{"GlAccountId": None, "Quantity": 1.12345, "UnitPrice": 1e15, "Memo": "a\x0bb"}],
            },
            {"workDetails": "It pours."},
        ),
        Odd(
            "bill",
            {
                "Date": "2026-02-01",
                "DueDate": "2026-01-01",
                "ReferenceNumber": "x" * 50,
                "Memo": "x" * 300,
                "Lines": [
                    {
                        "Id": 901,
                        "AccountingEntity": {"Id": 3, "AccountingEntityType": "Fund", "Unit": None},
                        "GLAccount": {"Id": 301},
                        "Amount": 10.125,
                        "Memo": "x" * 300,
                        "Markup": {"Amount": 120, "Type": "Ratio"},
                    },
                    {
                        "Id": 902,
                        "AccountingEntity": {"Id": 3, "AccountingEntityType": "Company", "Unit": None},
                        "GLAccount": {"Id": 301},
                        "Amount": 30,
                        "Memo": "Parts",
                        "Markup": None,
                    },
                ],
            },
            {"memo": "Two taps"},
        ),
        Odd(
            "lease",
            {"LeaseType": "Seasonal", "LeaseFromDate": "2026-02-01", "LeaseToDate": "2026-01-01"},
            {"isEvictionPending": True},
        ),
        Odd(
            "tenant",
            {
                "FirstName": "Jane\nAnn",
                "LastName": "x" * 200,
                "Email": "no address",
                "PhoneNumbers": [{"Number": "12", "Type": "Cell"}],
                "Address": {"AddressLine1": "1 Main St", "State": "Nowhere", "Country": "UnitedStates"},
                "AlternateAddress": {"City": "Reno"},
                "MailingPreference": "AlternateAddress",
                "DateOfBirth": "1980-02-29",
                "TaxId": "987-65-4321",
                "EmergencyContact": {"Name": "Bo", "Phone": "1", "Email": "none"},
                "Comment": "a\x0bb",
            },
            {"alternateEmail": "jane@example.org"},
        ),
    )
}
EVERY_TYPE = pytest.mark.parametrize("odd", ODD.values(), ids=ODD)


def imported(system: System, buildium: Simulator, odd: Odd) -> StoredEntity:
    """An entity with such values, as a client reads it."""
    case = CASES[odd.name]
    synced(system, case)
    made = buildium.create(case.remote, odd.shown)
    system.clock.sleep(PAST_THE_ECHO)
    system.inbound.process_event(system.event(f"{case.subject}.Created", case.id_field, made["Id"]), 99)
    local_id = system.store.local_ids([(odd.name, made["Id"])])[odd.name, made["Id"]]
    return system.records.read(by_name(odd.name), local_id)


def as_read(system: System, kept: StoredEntity) -> dict[str, Any]:
    return system.records.read(kept.entity_type, kept.entity.ref.entity_id).to_list_item()


class TestSentBackValues:
    def test_cases_cover_every_type(self) -> None:
        assert ODD.keys() == {each.name for each in listed_types() if not each.is_read_only}

    @EVERY_TYPE
    def test_an_entity_sent_back_unchanged_changes_nothing(self, odd: Odd, system: System, buildium: Simulator) -> None:
        kept = imported(system, buildium, odd)
        calls = len(buildium.requests())

        response = system.update(kept, as_read(system, kept))
        system.work()

        assert response.entity == kept.entity
        assert len(buildium.requests()) == calls

    @EVERY_TYPE
    def test_one_field_of_a_read_entity_can_be_changed(self, odd: Odd, system: System, buildium: Simulator) -> None:
        kept = imported(system, buildium, odd)
        before = as_read(system, kept)

        response = system.update(kept, {**before, **odd.change})

        assert response.entity.version == kept.entity.version + 1
        assert response.entity.fields == {**kept.entity.fields, **odd.change}

    @EVERY_TYPE
    def test_each_field_may_be_sent_back_alone(self, odd: Odd, system: System, buildium: Simulator) -> None:
        kept = imported(system, buildium, odd)

        for name, value in as_read(system, kept).items():
            assert system.update(kept, {name: value}).entity == kept.entity, name

    @EVERY_TYPE
    def test_a_locally_created_entity_can_be_sent_back(self, odd: Odd, system: System, buildium: Simulator) -> None:
        kept = synced(system, CASES[odd.name])
        now = system.records.read(kept.entity_type, kept.entity.ref.entity_id)

        assert system.update(kept, now.to_list_item()).entity == now.entity
        assert system.update(kept, {**now.to_list_item(), **odd.change}).entity.fields == {
            **now.entity.fields,
            **odd.change,
        }

    def test_a_masked_account_number_may_be_sent_back(self, system: System) -> None:
        kept = system.create("bank-account", {**CASES["bank-account"].body({}), "accountNumber": "1234567890"})
        system.work()
        now = system.records.read(kept.entity_type, kept.entity.ref.entity_id)

        response = system.update(kept, {**now.to_list_item(), "name": "Trust 2"})

        assert now.to_list_item()["accountNumber"] == "****7890"
        assert response.entity.fields == {**now.entity.fields, "name": "Trust 2"}


class TestInvalidStoredValues:
    def test_a_bill_with_an_invalid_line_can_be_changed(self, system: System, buildium: Simulator) -> None:
        kept = imported(system, buildium, ODD["bill"])
        [odd, plain] = as_read(system, kept)["lines"]

        response = system.update(kept, {"lines": [{**odd, "glAccountId": 302}, {**plain, "amount": 31}]})

        assert response.entity.fields["lines"] == [{**odd, "glAccountId": 302}, {**plain, "amount": 31}]

    def test_a_work_order_with_an_invalid_item_can_be_changed(self, system: System, buildium: Simulator) -> None:
        kept = imported(system, buildium, ODD["work-order"])
        [odd] = as_read(system, kept)["lineItems"]
        items = [{**odd, "quantity": 2.0}, {"glAccountId": None, "quantity": 1.0, "unitPrice": 5.0, "memo": None}]

        assert system.update(kept, {"lineItems": items}).entity.fields["lineItems"] == items


class TestNewValues:
    @pytest.mark.parametrize(
        ("name", "change", "field"),
        [
            ("property", {"rentalSubType": "Castle"}, "rentalSubType"),
            ("property", {"state": "QQ"}, "state"),
            ("property", {"yearBuilt": 13}, "yearBuilt"),
            ("owner", {"primaryPhone": "5550143"}, "primaryPhone"),
            ("owner", {"managementAgreementEndDate": "2025-01-01"}, "managementAgreementEndDate"),
            ("vendor", {"website": "www.example.org"}, "website"),
            ("task", {"priority": "urgent"}, "priority"),
            ("lease", {"leaseType": "Rolling"}, "leaseType"),
            ("bill", {"lines": [{"accountingEntityId": 3, "accountingEntityType": "Found", "amount": 1}]}, None),
        ],
    )
    def test_an_invalid_new_value_is_rejected(
        self, name: str, change: dict[str, Any], field: str | None, system: System, buildium: Simulator
    ) -> None:
        kept = imported(system, buildium, ODD[name])

        with pytest.raises(InvalidFields) as caught:
            system.update(kept, {**as_read(system, kept), **change})

        assert [error.field for error in caught.value.errors] == [field or "lines.0.accountingEntityType"]

    def test_a_change_that_invalidates_another_field_is_rejected(self, system: System) -> None:
        kept = synced(system, CASES["property"])

        with pytest.raises(InvalidFields) as caught:
            system.update(kept, {**as_read(system, kept), "country": "CA"})

        assert [error.field for error in caught.value.errors] == ["state"]

    def test_true_is_rejected_where_1_is_stored(self, system: System) -> None:
        kept = synced(system, CASES["property"])
        system.update(kept, {"reserve": 1})

        with pytest.raises(InvalidFields):
            system.update(kept, {"reserve": True})
