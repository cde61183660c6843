"""Amounts of money with two decimals: JSON numbers that are compared as decimals."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

_MAX = 1e12
"""Up to this amount a double is exact to the cent."""
_CONTEXT = Context(prec=350, rounding=ROUND_HALF_UP)
"""Precise enough for every double, because Buildium's amounts have no limit."""
_CENT = Decimal("0.01")
_FINEST = Decimal("0.0001")
"""Smaller differences come from sums of binary numbers. Buildium may store more than two decimals."""


def check(amount: float) -> float:
    """Return an amount. Raises ValueError if it has more than two decimals."""
    number = _decimal(amount)
    if number != number.quantize(_CENT, context=_CONTEXT):
        raise ValueError("must have at most two decimals")
    return amount


Number = Annotated[float, Field(ge=-_MAX, le=_MAX)]
"""A number with any number of decimals: a quantity or a percentage."""
Money = Annotated[
    float, Field(ge=-_MAX, le=_MAX, description="Money. A client gives at most two decimals."), AfterValidator(check)
]


def canonical(amount: float) -> Decimal:
    """Return a form that is equal for two spellings of one amount, such as `10` and `10.00`.

    Half a cent is a difference: Buildium may store it, and a client may correct it.
    """
    return _decimal(amount).quantize(_FINEST, context=_CONTEXT)


def total(amounts: Iterable[float]) -> Decimal:
    """Return the sum of amounts, exact to a hundredth of a cent."""
    return sum((canonical(amount) for amount in amounts), Decimal(0))


def in_cents(amount: float) -> float:
    """Return an amount rounded to cents, half a cent up. Buildium may have rounded an amount this way."""
    return float(_decimal(amount).quantize(_CENT, context=_CONTEXT))


def _decimal(amount: float) -> Decimal:
    """Return the decimal number as it is written: the shortest one for the binary number."""
    return Decimal(repr(amount))
