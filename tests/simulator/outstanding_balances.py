"""What leases owe, by age. Buildium: /v1/leases/outstandingbalances, without leases that owe nothing.

Payments and credits settle the oldest charges first. Entries of later days do not count yet.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from tests.simulator.filters import any_found, ids
from tests.simulator.leases import LEASES
from tests.simulator.ledger import CHARGE, CREDIT, NAME, PAYMENT, REVERSAL, cents, dollars, kind_of, lines_of
from tests.simulator.model import Json, Record
from tests.simulator.move_outs import move_outs_of
from tests.simulator.places import owned_place_filters
from tests.simulator.state import State

OWED_SIGNS = {
    CHARGE: 1,
    REVERSAL: 1,
    "Refund": 1,
    PAYMENT: -1,
    CREDIT: -1,
    "ApplyDeposit": -1,
    "UnreversedPayment": -1,
}
"""Whether an entry raises or lowers what the tenants owe; types without a sign do neither."""
AGES_DAYS = (30, 60, 90)
AGES = ("Balance0To30Days", "Balance31To60Days", "Balance61To90Days", "BalanceOver90Days")
DURATIONS = ("TotalBalance", "Balance0to30Days", "Balance31to60Days", "Balance61to90Days", "BalanceOver90Days")
BLANK: Json = {
    "PropertyId": 0,
    "UnitId": None,
    **dict.fromkeys(AGES, 0.0),
    "TotalBalance": 0.0,
    "Balances": [],
    "PastDueEmailSentDate": None,
    "EvictionPendingDate": None,
    "IsNoticeGiven": False,
}


@dataclass(frozen=True)
class Balance:
    """What a lease owes in cents: in all, by ledger account, and by the ages of `AGES`; negative for a credit."""

    total: int
    by_account: dict[int, int]
    by_age: list[int]


def balance_of(state: State, lease_id: int) -> Balance:
    """The balance of a lease today, from the entries that lists show."""
    today = datetime.fromtimestamp(state.clock(), UTC).date()
    by_account: Counter[int] = Counter()
    owed: list[tuple[str, int]] = []
    for entry in _due_entries(state, lease_id, today):
        sign = OWED_SIGNS.get(kind_of(entry), 0)
        amounts = [(line["GLAccount"]["Id"], sign * cents(line["Amount"])) for line in lines_of(entry)]
        for account_id, amount in amounts:
            by_account[account_id] += amount
        owed.append((entry.public["Date"], sum(amount for _, amount in amounts)))
    return Balance(sum(by_account.values()), dict(by_account), _aged(owed, today))


def _due_entries(state: State, lease_id: int, today: date) -> list[Record]:
    entries = state.having(NAME, "LeaseId", lease_id)
    return [e for e in entries if e.visible_from <= state.clock() and e.public["Date"] <= today.isoformat()]


def _aged(owed: list[tuple[str, int]], today: date) -> list[int]:
    settled = -sum(amount for _, amount in owed if amount < 0)
    by_age = [0] * len(AGES)
    for day, amount in sorted(owed):
        if amount > 0:
            covered = min(settled, amount)
            settled -= covered
            days = (today - date.fromisoformat(day)).days
            by_age[sum(days > limit for limit in AGES_DAYS)] += amount - covered
    return by_age


def _computed(state: State, record: Record) -> Json:
    balance = balance_of(state, record.id)
    accounts = [{"GlAccountId": key, "TotalBalance": dollars(owed)} for key, owed in balance.by_account.items() if owed]
    return {
        "PropertyId": _property_id(state, record) or 0,
        **dict(zip(AGES, map(dollars, balance.by_age), strict=True)),
        "TotalBalance": dollars(balance.total),
        "Balances": accounts,
        "PastDueEmailSentDate": None,
        "EvictionPendingDate": None,
        "IsNoticeGiven": any(move_out["NoticeGivenDate"] for move_out in move_outs_of(state, record.id)),
    }


def _property_id(state: State, record: Record) -> int | None:
    unit = state.find("units", record.public["UnitId"])
    return unit.public["PropertyId"] if unit else None


def _durations(state: State, record: Record) -> list[str]:
    balance = balance_of(state, record.id)
    return [name for name, owed in zip(DURATIONS, (balance.total, *balance.by_age), strict=True) if owed > 0]


def _evictions(_state: State, record: Record) -> list[str]:
    return ["EvictionPending" if record.public["IsEvictionPending"] else "NotEvictionPending"]


def _past_due_emails(state: State, record: Record) -> list[str]:
    tenants = [state.find("tenants", tenant["Id"]) for tenant in record.public["Tenants"]]
    return [] if any(tenant and tenant.public["Email"] for tenant in tenants) else ["NoEmailAddress"]


OUTSTANDING_BALANCES = replace(
    LEASES,
    path="/leases/outstandingbalances",
    key="LeaseId",
    blank=BLANK,
    post=None,
    put=None,
    computed=_computed,
    timed=False,
    is_readable=False,
    holds=lambda state, record: balance_of(state, record.id).total > 0,
    filters={
        **owned_place_filters("entitytype", "entityid", ("Rental", "RentalOwner"), _property_id),
        "leasestatuses": LEASES.filters["leasestatuses"],
        "leaseids": ids(lambda _state, record: [record.id]),
        "pastdueemail": any_found(_past_due_emails, ("NoEmailAddress", "Sent")),
        "balanceduration": any_found(_durations, DURATIONS),
        "evictionstatus": any_found(_evictions, ("NotEvictionPending", "EvictionPending")),
    },
)
