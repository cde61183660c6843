"""Every entity type on the deployed stack: chains, edits on the other side, and what a poll brings."""

import pytest

from tests.e2e.api import AT_ONCE, Api, Json, property_body, unique
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

ADDRESS = {name: property_body("")[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}


def create(api: Api, collection: str, envelope: str, body: Json) -> str:
    """Create without waiting for the sync, and return our id."""
    answer = api.send("POST", f"/api/{collection}", body, headers={"Prefer": AT_ONCE})
    assert answer.status_code == 201, answer.text
    return str(answer.json()[envelope]["id"])


def test_a_chain_of_every_type_created_at_once_ends_synced_without_help(api: Api, simulator: RemoteSimulator) -> None:
    property_id = create(api, "properties", "property", property_body(unique("Chain")))
    unit_id = create(api, "units", "unit", {"propertyId": property_id, "unitNumber": "2A", **ADDRESS})
    vendor_id = create(api, "vendors", "vendor", {"isCompany": True, "companyName": unique("Pipes")})
    task_id = create(api, "tasks", "task", {"title": unique("Fix the tap"), "propertyId": property_id})
    lines = [{"accountingEntityId": property_id, "amount": 120.5}]
    made = {
        "property": property_id,
        "unit": unit_id,
        "vendor": vendor_id,
        "task": task_id,
        "work-order": create(api, "work-orders", "workOrder", {"vendorId": vendor_id, "taskId": task_id}),
        "bill": create(
            api,
            "bills",
            "bill",
            {"date": "2026-01-01", "dueDate": "2026-01-31", "vendorId": vendor_id, "lines": lines},
        ),
        "bank-account": create(
            api,
            "bank-accounts",
            "bankAccount",
            {"name": unique("Trust"), "bankAccountType": "Checking", "country": "US"},
        ),
        "lease": create(
            api,
            "leases",
            "lease",
            {
                "leaseType": "Fixed",
                "unitId": unit_id,
                "leaseFromDate": "2026-01-01",
                "leaseToDate": "2026-12-31",
            },
        ),
    }

    synced = {name: status_becomes(api, name, entity_id, "synced") for name, entity_id in made.items()}

    units = [unit for unit in simulator.state()["units"] if unit["PropertyId"] == synced["property"]["buildiumId"]]
    assert [unit["Id"] for unit in units] == [synced["unit"]["buildiumId"]], "the unit that Buildium made is taken"


def test_an_edit_of_a_vendor_in_buildium_reaches_ours(api: Api, simulator: RemoteSimulator) -> None:
    renamed = unique("Theirs")
    vendor_id = create(api, "vendors", "vendor", {"isCompany": True, "companyName": unique("Pipes")})
    buildium_id = status_becomes(api, "vendor", vendor_id, "synced")["buildiumId"]

    simulator.edit("vendors", buildium_id, {"CompanyName": renamed})

    eventually(lambda: api.get(f"/api/vendors/{vendor_id}")["vendor"]["companyName"] == renamed)
