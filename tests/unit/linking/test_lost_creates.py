"""A Buildium entity with another value than a create sent is never adopted."""

from typing import Any

import pytest

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.registry import by_name
from buildium_sync.linking.lost_creates import Verdict, judge

ADDRESS = {"addressLine1": "1 Main St", "city": "Reno", "state": "NV", "postalCode": "89501", "country": "US"}
SHOWN_ADDRESS = {
    "AddressLine1": "1 Main St",
    "City": "Reno",
    "State": "NV",
    "PostalCode": "89501",
    "Country": "UnitedStates",
}
LINE = {"accountingEntityType": "Company", "accountingEntityId": 9, "amount": 120.5}
SHOWN_LINE = {
    "Id": 4,
    "AccountingEntity": {"Id": 9, "AccountingEntityType": "Company"},
    "GLAccount": {"Id": 31},
    "Amount": 120.5,
}
BODIES: dict[str, Fields] = {
    "property": {"name": "Elm", "rentalSubType": "Office", **ADDRESS},
    "vendor": {"isCompany": True, "companyName": "Pipes", "primaryPhone": "7755550100"},
    "task": {"title": "Check the boiler"},
    "bill": {"date": "2026-01-01", "dueDate": "2026-01-31", "vendorId": 7, "lines": [LINE]},
    "work-order": {"vendorId": 7, "title": "Monthly"},
    "lease": {
        "leaseType": "Fixed",
        "unitId": 3,
        "leaseFromDate": "2026-01-01",
        "leaseToDate": "2026-12-31",
        "tenants": [{"firstName": "Ann", "lastName": "Lee", **ADDRESS}],
    },
    "tenant": {
        "leaseId": 5,
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann@example.com",
        "taxId": "123-12-1234",
        **{f"primary{name[0].upper()}{name[1:]}": value for name, value in ADDRESS.items()},
    },
}
DEFAULTS: dict[str, Fields] = {
    "property": {"operatingBankAccountId": 6001},
    "vendor": {"categoryId": 5},
    "task": {"assignedToUserId": 501},
    "bill": {"glAccountId": 31},
    "work-order": {"assignedToUserId": 501},
    "lease": {},
    "tenant": {},
}
SHOWN: dict[str, dict[str, Any]] = {
    "property": {
        "Name": "Elm",
        "RentalSubType": "Office",
        "Address": SHOWN_ADDRESS,
        "OperatingBankAccountId": 6001,
        "IsActive": True,
    },
    "vendor": {
        "IsCompany": True,
        "CompanyName": "Pipes",
        "Category": {"Id": 5},
        "PhoneNumbers": [{"Number": "7755550100", "Type": "Office"}],
        "IsActive": True,
    },
    "task": {
        "Title": "Check the boiler",
        "TaskType": "Todo",
        "TaskStatus": "New",
        "Priority": "Normal",
        "AssignedToUserId": 501,
    },
    "bill": {"Date": "2026-01-01", "DueDate": "2026-01-31", "VendorId": 7, "Lines": [SHOWN_LINE]},
    "work-order": {
        "VendorId": 7,
        "Task": {"Id": 70, "Title": "Monthly", "Status": "New", "Priority": "Normal"},
        "EntryAllowed": "Unknown",
    },
    "lease": {
        "LeaseType": "Fixed",
        "UnitId": 3,
        "LeaseFromDate": "2026-01-01",
        "LeaseToDate": "2026-12-31",
        "CurrentTenants": [{"Id": 80, "FirstName": "Ann", "LastName": "Lee"}],
    },
    "tenant": {
        "FirstName": "Ann",
        "LastName": "Lee",
        "Email": "ann@example.com",
        "TaxId": "123-12-1234",
        "Address": SHOWN_ADDRESS,
        "Leases": [{"Id": 4, "LeaseStatus": "Active"}, {"Id": 5, "LeaseStatus": "Past"}],
    },
}
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("property", {"OperatingBankAccountId": 6002}),
    ("vendor", {"Category": {"Id": 6}}),
    ("vendor", {"PhoneNumbers": [*SHOWN["vendor"]["PhoneNumbers"], {"Number": "7755550199", "Type": "Fax"}]}),
    ("vendor", {"TaxInformation": {"TaxPayerId": "*****6789"}}),
    ("vendor", {"VendorInsurance": {"Provider": "Acme"}}),
    ("task", {"AssignedToUserId": 999}),
    ("task", {"TaskStatus": "Closed"}),
    ("bill", {"Lines": [{**SHOWN_LINE, "GLAccount": {"Id": 77}}]}),
    ("bill", {"Lines": [{**SHOWN_LINE, "Amount": 120.51}]}),
    ("work-order", {"Task": {"Id": 70, "Title": "Monthly", "Status": "Closed", "Priority": "Normal"}}),
    ("work-order", {"Task": {"Id": 70, "Title": "Monthly", "Status": "New", "Priority": "High"}}),
    ("work-order", {"Task": {**SHOWN["work-order"]["Task"], "DueDate": "2026-10-31"}}),
    ("lease", {"CurrentTenants": [{"Id": 81, "FirstName": "Tom", "LastName": "Ray"}]}),
    ("lease", {"CurrentTenants": [{"Id": 81}, {"Id": 82}]}),
    ("tenant", {"Email": "ann.lee@example.com"}),
    ("tenant", {"TaxId": "123-12-9999"}),
    ("tenant", {"PhoneNumbers": [{"Number": "7755550199", "Type": "Fax"}]}),
    ("tenant", {"Leases": None}),
    ("tenant", {"Leases": []}),
]


def verdict(name: str, message: dict[str, Any]) -> Verdict:
    entity_type = by_name(name)
    fields = entity_type.as_created(entity_type.validate(BODIES[name]))
    sent = entity_type.sent_with_create({**fields, **DEFAULTS[name]})
    defaults = {field: value for field, value in sent.items() if value != fields.get(field)}
    intent = CreateIntent(EntityRef(name, "1"), fields, 10, 0.0, 1.0, defaults=defaults)
    return judge(entity_type, intent, {"Id": 11, **message}, NO_LINKS)


@pytest.mark.parametrize("name", BODIES)
def test_an_entity_with_the_sent_values_is_equal(name: str) -> None:
    assert verdict(name, SHOWN[name]) is Verdict.EQUAL


@pytest.mark.parametrize(("name", "other"), OTHERS)
def test_an_entity_with_a_different_value_is_different(name: str, other: dict[str, Any]) -> None:
    assert verdict(name, {**SHOWN[name], **other}) is Verdict.DIFFERENT


@pytest.mark.parametrize("name", BODIES)
def test_an_id_that_was_known_before_is_unrelated(name: str) -> None:
    assert verdict(name, {**SHOWN[name], "Id": 10}) is Verdict.UNRELATED


def test_a_tenant_of_another_lease_is_unrelated() -> None:
    assert verdict("tenant", {**SHOWN["tenant"], "Leases": [{"Id": 4}]}) is Verdict.UNRELATED
