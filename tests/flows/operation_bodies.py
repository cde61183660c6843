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
    "lease-move-out": [{"moveOutDate": "2026-05-31"}, {"moveOutDate": "2026-05-31", "noticeGivenDate": "2026-04-28"}],
}
"""Bodies without the lease and its tenants."""


def operation(name: str, lease: str | int, tenant: str | int, body: Body | None = None) -> Body:
    """Return a body with its lease and, if it has tenants, a tenant. Both are a local id or a Buildium id."""
    named: dict[str, Body] = {"lease-renewal": {"tenantIds": [tenant]}, "lease-move-out": {"tenantId": tenant}}
    return {**(body or OPERATIONS[name][0]), **named.get(name, {}), "leaseId": lease}
