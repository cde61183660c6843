"""One entity of every type, created through the API."""

from dataclasses import dataclass

from tests.e2e.api import AT_ONCE, Api, Json, owner_body, property_body, unique
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

ADDRESS = {name: property_body("")[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}


@dataclass(frozen=True)
class TypeCase:
    """One type's names in the API and in the simulator, and an edit in Buildium.

    `edit` is the payload, `field` and `value` its local result.
    """

    collection: str
    envelope: str
    plural: str
    edit: Json
    field: str
    value: str


CASES = {
    "property": TypeCase("properties", "property", "rentals", {"Name": "Edited"}, "name", "Edited"),
    "unit": TypeCase("units", "unit", "units", {"Description": "Edited"}, "description", "Edited"),
    "owner": TypeCase("owners", "", "owners", {"Comment": "Edited"}, "comment", "Edited"),
    "vendor": TypeCase("vendors", "vendor", "vendors", {"Comments": "Edited"}, "comments", "Edited"),
    "task": TypeCase("tasks", "task", "tasks", {"Title": "Edited"}, "title", "Edited"),
    "work-order": TypeCase(
        "work-orders", "workOrder", "workorders", {"WorkDetails": "Edited"}, "workDetails", "Edited"
    ),
    "bill": TypeCase("bills", "bill", "bills", {"Memo": "Edited"}, "memo", "Edited"),
    "bank-account": TypeCase("bank-accounts", "bankAccount", "bankaccounts", {"Name": "Edited"}, "name", "Edited"),
    "lease": TypeCase("leases", "lease", "leases", {"LeaseToDate": "2027-05-31"}, "leaseToDate", "2027-05-31"),
    "tenant": TypeCase("tenants", "tenant", "tenants", {"Comment": "Edited"}, "comment", "Edited"),
}


def create(api: Api, entity_type: str, body: Json) -> str:
    """Create without waiting for the sync, and return the local id."""
    case = CASES[entity_type]
    response = api.send("POST", f"/api/{case.collection}", body, headers={"Prefer": AT_ONCE})
    assert response.status_code == 201, response.text
    return str(_content(case, response.json())["id"])


def create_rejected(api: Api, simulator: RemoteSimulator, entity_type: str, body: Json, name: str) -> str:
    """Create what Buildium rejects once, and return its local id; `name` is in the body."""
    path = f"/{CASES[entity_type].plural}"
    simulator.fault("status", method="POST", path=path, naming=name, status=422)
    entity_id = create(api, entity_type, body)
    status_becomes(api, entity_type, entity_id, "failed")
    return entity_id


def read(api: Api, entity_type: str, entity_id: str) -> Json:
    """Return an entity as the API returns it."""
    case = CASES[entity_type]
    return _content(case, api.get(f"/api/{case.collection}/{entity_id}"))


def create_account(api: Api) -> dict[str, str]:
    """Create one of every type, each after its dependencies, and return the local ids."""
    made = {"property": create(api, "property", property_body(unique("Chain")))}
    made["unit"] = create(api, "unit", {"propertyId": made["property"], "unitNumber": "2A", **ADDRESS})
    made["owner"] = create(api, "owner", owner_body(unique("Chain"), [made["property"]]))
    made["vendor"] = create(api, "vendor", {"isCompany": True, "companyName": unique("Pipes")})
    made["task"] = create(api, "task", {"title": unique("Fix the tap"), "propertyId": made["property"]})
    made["work-order"] = create(api, "work-order", {"vendorId": made["vendor"], "taskId": made["task"]})
    lines = [{"accountingEntityId": made["property"], "amount": 120.5}]
    bill = {"date": "2026-01-01", "dueDate": "2026-01-31", "vendorId": made["vendor"], "lines": lines}
    made["bill"] = create(api, "bill", bill)
    bank_account = {"name": unique("Trust"), "bankAccountType": "Checking", "country": "US"}
    made["bank-account"] = create(api, "bank-account", bank_account)
    lease = {"leaseType": "Fixed", "leaseFromDate": "2026-01-01", "leaseToDate": "2026-12-31"}
    made["lease"] = create(api, "lease", {**lease, "unitId": made["unit"]})
    address = {f"primary{name[0].upper()}{name[1:]}": part for name, part in ADDRESS.items()}
    tenant = {"firstName": "Maria", "lastName": unique("Lopez"), **address}
    made["tenant"] = create(api, "tenant", {**tenant, "leaseId": made["lease"]})
    return made


def _content(case: TypeCase, body: Json) -> Json:
    content: Json = body[case.envelope] if case.envelope else body
    return content
