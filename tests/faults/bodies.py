"""Clients' bodies: one of every type, each with its own name and with secret numbers."""

from tests.faults.invariants import ACCOUNT_NUMBER, BIRTH_DATE, ROUTING_NUMBER, TAX_ID
from tests.faults.lease_operations import OPERATION_COLLECTIONS
from tests.flows.ledger_bodies import INCOME, REVERSALS
from tests.flows.operation_bodies import operation
from tests.flows.system import OWNER, PROPERTY, TENANT
from tests.simulator.model import Json

Ids = dict[str, str]
"""Local ids of the entities that a body refers to, by type."""
COLLECTIONS = {
    "bank-account": "bank-accounts",
    "property": "properties",
    "unit": "units",
    "owner": "owners",
    "vendor": "vendors",
    "task": "tasks",
    "work-order": "work-orders",
    "bill": "bills",
    "lease": "leases",
    "tenant": "tenants",
}
"""Every entity type that is listed, and its collection, dependencies first."""
ALL_COLLECTIONS = COLLECTIONS | OPERATION_COLLECTIONS
"""Every entity type and its collection."""
LOCAL_FIELDS = {
    "bank-account": "name",
    "property": "name",
    "unit": "unitNumber",
    "owner": "lastName",
    "vendor": "companyName",
    "task": "title",
    "work-order": "workDetails",
    "bill": "memo",
    "tenant": "lastName",
}
"""A string field that a client may change, by type."""
BUILDIUM_FIELDS = {
    "bank-account": "Name",
    "property": "Name",
    "unit": "UnitNumber",
    "owner": "LastName",
    "vendor": "CompanyName",
    "task": "Title",
    "work-order": "WorkDetails",
    "bill": "Memo",
    "tenant": "LastName",
}
"""The same field's name in Buildium."""
_PLACE = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}


def body(entity_type: str, name: str, ids: Ids) -> Json:  # noqa: PLR0911, PLR0912 -- one return for each type
    """The body of a create; `name` is the value of the field that identifies the entity, if there is one."""
    match entity_type:
        case "bank-account":
            numbers = {"accountNumber": ACCOUNT_NUMBER, "routingNumber": ROUTING_NUMBER}
            return {"name": name, "bankAccountType": "Checking", "country": "US", **numbers}
        case "property":
            return {**PROPERTY, "name": name}
        case "unit":
            return {"propertyId": ids["property"], "unitNumber": name, **_PLACE}
        case "owner":
            return {**OWNER, "lastName": name, "propertyIds": [ids["property"]]}
        case "vendor":
            return {"isCompany": True, "companyName": name}
        case "task":
            return {"title": name, "propertyId": ids["property"]}
        case "work-order":
            return {"vendorId": ids["vendor"], "taskId": ids["task"], "workDetails": name}
        case "bill":
            line = {"accountingEntityId": ids["property"], "amount": 1.15, "memo": "Labour"}
            dates = {"date": "2026-01-01", "dueDate": "2026-01-31"}
            return {**dates, "vendorId": ids["vendor"], "memo": name, "lines": [line]}
        case "lease":
            dates = {"leaseFromDate": "2026-01-01", "leaseToDate": "2026-12-31"}
            return {"leaseType": "Fixed", "unitId": ids["unit"], **dates}
        case "tenant":
            secrets = {"taxId": TAX_ID, "dateOfBirth": BIRTH_DATE}
            return {**TENANT, **secrets, "leaseId": ids["lease"], "lastName": name}
        case "lease-charge":
            return _entry(name, ids)
        case "lease-payment":
            return {**_entry(name, ids), "paymentMethod": "Cash"}
        case "lease-credit":
            return {**_entry(name, ids), "creditType": "WaiveUnpaid"}
        case "lease-payment-reversal":
            return {**REVERSALS[0], "paymentId": ids["lease-payment"]}
        case "lease-rent-schedule" | "lease-renewal" | "lease-move-out":
            return operation(entity_type, ids["lease"], ids.get("tenant", ""))
    raise ValueError(entity_type)


def _entry(memo: str, ids: Ids) -> Json:
    lines = [{"glAccountId": INCOME, "amount": 1250.29}]
    return {"leaseId": ids["lease"], "date": "2026-01-05", "memo": memo, "lines": lines}
