"""Bodies of the operations of a lease."""

from typing import Any

from tests.flows.ledger_bodies import INCOME

Body = dict[str, Any]

_RENT_CHARGE = {"glAccountId": INCOME, "amount": 1300.25, "nextDueDate": "2027-02-01", "memo": "Rent"}
OPERATIONS: dict[str, list[Body]] = {
    "lease-rent-schedule": [
        {"rentCycle": "Monthly", "charges": [_RENT_CHARGE]},
        {
            "startDate": "2026-01-01",
            "rentCycle": "Every2Weeks",
            "backdateCharges": True,
            "charges": [{**_RENT_CHARGE, "memo": None, "postDaysInAdvance": 3}, _RENT_CHARGE],
        },
    ],
    "lease-renewal": [
        {"leaseType": "Fixed", "leaseToDate": "2030-12-31", "rent": {"cycle": "Monthly", "charges": [_RENT_CHARGE]}},
        {
            "leaseType": "AtWill",
            "automaticallyMoveOutTenants": True,
            "sendWelcomeEmail": True,
            "rent": {"cycle": "Weekly", "charges": [_RENT_CHARGE]},
        },
    ],
}
"""Bodies without the lease and its tenants."""


def operation(name: str, lease: str | int, tenant: str | int, body: Body | None = None) -> Body:
    """Return a body with its lease and, if it has tenants, a tenant. Both are a local id or a Buildium id."""
    tenants = {"tenantIds": [tenant]} if name == "lease-renewal" else {}
    return {**(body or OPERATIONS[name][0]), **tenants, "leaseId": lease}
