"""Responses about the outstanding balances of leases."""

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12


class BalanceAging(TypedDict):
    """The parts of a balance by the number of days since they were due."""

    days0To30: float
    days31To60: float
    days61To90: float
    over90Days: float


class OutstandingBalance(TypedDict):
    """The outstanding balance of a lease in Buildium."""

    leaseId: str | None
    buildiumLeaseId: int
    total: float
    aging: BalanceAging
    asOf: str


class LeaseBalance(TypedDict):
    """The balance of a local lease."""

    leaseId: str
    buildiumLeaseId: int | None
    total: float | None
    aging: BalanceAging | None
    asOf: str | None
    note: str | None


class OutstandingBalances(TypedDict):
    """A page of outstanding balances, in order of the Buildium id of the lease."""

    items: list[OutstandingBalance]
    asOf: str | None
    nextCursor: str | None
