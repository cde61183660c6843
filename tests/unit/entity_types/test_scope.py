"""How the entities of each type lead to properties."""

from typing import Any

import pytest

from buildium_sync.domain.reference_contract import BuildiumReference
from buildium_sync.domain.scope_contract import ASSOCIATION, ScopeReference
from buildium_sync.entity_types.registry import all_types, by_name

RENTAL = {"Id": 7, "AccountingEntityType": "Rental"}
LEASE_FIELDS = {"leaseId": "l"}
LEASE = (ScopeReference("leaseId", "lease", "l"),)
REMOTE_LEASE = (BuildiumReference("lease", 9),)
PROPERTY = (BuildiumReference("property", 7),)

LOCAL: dict[str, tuple[dict[str, Any], tuple[ScopeReference, ...]]] = {
    "unit": ({"propertyId": "p"}, (ScopeReference("propertyId", "property", "p"),)),
    "owner": (
        {"propertyIds": ["p"]},
        (ScopeReference("propertyIds", "property", "p"),),
    ),
    "task": (
        {"propertyId": 7, "unitId": "u"},
        (ScopeReference("propertyId", "property", 7), ScopeReference("unitId", "unit", "u")),
    ),
    "work-order": (
        {"vendorId": "v", "taskId": "t", "unitId": "u", "propertyId": None},
        (ScopeReference("unitId", "unit", "u"), ScopeReference("taskId", "task", "t")),
    ),
    "bill": (
        {
            "vendorId": "v",
            "workOrderId": "w",
            "lines": [
                {"accountingEntityType": "Rental", "accountingEntityId": "p", "unitId": "u"},
                {"accountingEntityType": "Association", "accountingEntityId": 3, "unitId": None},
                {"accountingEntityType": "Company", "accountingEntityId": 1, "unitId": None},
            ],
        },
        (
            ScopeReference("lines", "property", "p"),
            ScopeReference("lines", "unit", "u"),
            ScopeReference("lines", ASSOCIATION, 3),
            ScopeReference("workOrderId", "work-order", "w"),
        ),
    ),
    "lease": ({"unitId": "u", "tenantIds": ["t"]}, (ScopeReference("unitId", "unit", "u"),)),
    "tenant": ({"leaseId": "l", "leaseIds": ["l"]}, LEASE),
    "lease-transaction": (LEASE_FIELDS, LEASE),
    "lease-charge": (LEASE_FIELDS, LEASE),
    "lease-payment": (LEASE_FIELDS, LEASE),
    "lease-credit": (LEASE_FIELDS, LEASE),
    "lease-payment-reversal": ({**LEASE_FIELDS, "paymentId": "p"}, LEASE),
    "lease-rent-schedule": (LEASE_FIELDS, LEASE),
    "lease-renewal": ({**LEASE_FIELDS, "tenantIds": ["t"]}, LEASE),
    "lease-move-out": ({**LEASE_FIELDS, "tenantId": "t"}, LEASE),
}
REMOTE: list[tuple[str, dict[str, Any], tuple[BuildiumReference, ...]]] = [
    ("unit", {"PropertyId": 7}, PROPERTY),
    ("owner", {"PropertyIds": [7]}, PROPERTY),
    ("owner", {"PropertyIds": []}, ()),
    ("task", {"Property": {"Id": 7, "Type": "Rental"}, "UnitId": 8}, PROPERTY),
    ("task", {"Property": {"Id": 7, "Type": "Association"}}, (BuildiumReference(ASSOCIATION, 7),)),
    ("task", {"Property": None}, ()),
    ("work-order", {"VendorId": 1, "Task": {"Id": 4, "UnitId": 8}}, (BuildiumReference("unit", 8),)),
    ("work-order", {"VendorId": 1, "Task": {"Id": 4}}, (BuildiumReference("task", 4),)),
    (
        "work-order",
        {"Task": {"Id": 4, "UnitId": 8, "UnitAgreement": {"Type": "OwnershipAccount"}}},
        (BuildiumReference("task", 4),),
    ),
    ("bill", {"VendorId": 1, "Lines": [{"AccountingEntity": RENTAL}], "WorkOrderId": 5}, PROPERTY),
    (
        "bill",
        {"Lines": [{"AccountingEntity": {"Id": 3, "AccountingEntityType": "Association"}}]},
        (BuildiumReference(ASSOCIATION, 3),),
    ),
    (
        "bill",
        {"Lines": [{"AccountingEntity": {"Id": 1, "AccountingEntityType": "Company"}}], "WorkOrderId": 5},
        (BuildiumReference("work-order", 5),),
    ),
    ("lease", {"UnitId": 8, "PropertyId": 7}, PROPERTY),
    ("tenant", {"Leases": [{"Id": 9, "PropertyId": 7}, {"Id": 10, "PropertyId": 7}]}, PROPERTY),
    ("tenant", {"Leases": []}, ()),
    (
        "lease-transaction",
        {"UnitAgreement": {"Id": 9, "Type": "Lease"}, "Journal": {"Lines": [{"AccountingEntity": RENTAL}]}},
        PROPERTY,
    ),
    ("lease-transaction", {"UnitAgreement": {"Id": 9, "Type": "Lease"}, "Journal": {"Lines": []}}, REMOTE_LEASE),
    ("lease-charge", {"LeaseId": 9}, REMOTE_LEASE),
    ("lease-rent-schedule", {"Id": 9}, ()),
]


def test_every_type_but_three_leads_to_properties() -> None:
    without = {each.name for each in all_types() if not each.scope_fields}

    assert without == {"bank-account", "property", "vendor"}
    assert {each.name for each in all_types() if each.is_scope_root} == {"property"}
    assert set(LOCAL) == {each.name for each in all_types()} - without


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_entity_names_what_leads_to_its_properties(name: str) -> None:
    fields, references = LOCAL[name]

    assert by_name(name).scope_references(fields) == references


@pytest.mark.parametrize(("name", "payload", "references"), REMOTE)
def test_a_payload_names_what_leads_to_its_properties(
    name: str, payload: dict[str, Any], references: tuple[BuildiumReference, ...]
) -> None:
    assert by_name(name).remote_scope_references(payload) == references


@pytest.mark.parametrize("name", ["vendor", "bank-account"])
def test_types_without_a_property_lead_nowhere(name: str) -> None:
    entity_type = by_name(name)

    assert (entity_type.scope_references({"id": 1}), entity_type.remote_scope_references({"Id": 1})) == ((), ())
