"""The outstanding balance of a lease: what its tenants owe, in total and by age."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, Self

from buildium_sync.domain.json_types import Payload

_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")
_LIMIT = Decimal(10) ** 12
"""Up to this amount a double is exact to the cent."""


class BalanceAging(NamedTuple):
    """The parts of a balance by the number of days since they were due. Amounts have two decimals."""

    days_0_to_30: Decimal
    days_31_to_60: Decimal
    days_61_to_90: Decimal
    over_90_days: Decimal


class LeaseBalance(NamedTuple):
    """The balance of one lease, in an amount with two decimals. `read_at` is the start of its read (epoch seconds)."""

    buildium_lease_id: int
    total: Decimal
    aging: BalanceAging
    read_at: float

    @classmethod
    def from_buildium(cls, payload: Payload, read_at: float) -> Self:
        """Parse Buildium's LeaseOutstandingBalanceMessage. Raises ValueError for an invalid row."""
        aging = BalanceAging(
            _amount(payload, "Balance0To30Days"),
            _amount(payload, "Balance31To60Days"),
            _amount(payload, "Balance61To90Days"),
            _amount(payload, "BalanceOver90Days"),
        )
        lease_id = payload.get("LeaseId")
        if type(lease_id) is not int:
            raise ValueError("LeaseId is not an integer")
        return cls(lease_id, _amount(payload, "TotalBalance"), aging, read_at)

    @classmethod
    def zero(cls, buildium_lease_id: int, read_at: float) -> Self:
        """Return the balance of a lease that Buildium does not list."""
        return cls(buildium_lease_id, _ZERO, BalanceAging(_ZERO, _ZERO, _ZERO, _ZERO), read_at)


def _amount(payload: Payload, name: str) -> Decimal:
    """Return an amount in cents. The shortest decimal number of a double is the one that Buildium wrote."""
    value: Any = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{name} is not a number")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or abs(number) > _LIMIT:
        raise ValueError(f"{name} is not an amount")
    return number.quantize(_CENT, ROUND_HALF_UP)
