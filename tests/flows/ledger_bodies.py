"""Bodies of charges, payments, credits and reversals."""

from typing import Any

from tests.simulator.operations import Operations

Body = dict[str, Any]

EXPENSE = 301
"""The simulator's own account."""
INCOME = 302
"""An account that `income_account` creates."""

ENTRIES: dict[str, list[Body]] = {
    "lease-charge": [
        {"date": "2026-01-05", "memo": "January rent", "lines": [{"glAccountId": INCOME, "amount": 1250.5}]},
        {
            "date": "2026-01-06",
            "billId": 77,
            "lines": [
                {"glAccountId": INCOME, "amount": 10, "referenceNumber": "A-1"},
                {"glAccountId": EXPENSE, "amount": 0.01},
            ],
        },
    ],
    "lease-payment": [
        {"date": "2026-01-07", "paymentMethod": "Cash", "lines": [{"glAccountId": INCOME, "amount": 1250.5}]},
        {
            "date": "2026-01-08",
            "paymentMethod": "Check",
            "payeeTenantId": 501,
            "referenceNumber": "1042",
            "memo": "First half",
            "sendEmailReceipt": True,
            "lines": [{"glAccountId": INCOME, "amount": 600}],
        },
    ],
    "lease-credit": [
        {"date": "2026-01-09", "creditType": "WaiveUnpaid", "lines": [{"glAccountId": INCOME, "amount": 75}]},
        {
            "date": "2026-01-10",
            "creditType": "Exchange",
            "offsettingGlAccountId": EXPENSE,
            "memo": "Paint",
            "lines": [{"glAccountId": INCOME, "amount": 19.99}],
        },
    ],
}

REVERSAL = "lease-payment-reversal"
REVERSALS: list[Body] = [
    {"date": "2026-01-12"},
    {
        "date": "2026-01-13",
        "nsfCharge": {"glAccountId": INCOME, "totalAmount": 25},
        "bankFee": {"glAccountId": EXPENSE, "totalAmount": 12.5},
    },
]
"""Bodies without the payment and its lease."""


def entry(body: Body, lease: str | int) -> Body:
    """Return a body with its lease: a local id or a Buildium id."""
    return {**body, "leaseId": lease}


def income_account(buildium: Operations) -> None:
    """Create the account of the lines."""
    account = buildium.create("glaccounts", {"Name": "Rent", "Type": "Income", "SubType": "Income"})
    assert account["Id"] == INCOME
