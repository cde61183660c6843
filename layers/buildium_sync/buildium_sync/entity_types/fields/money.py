"""Money: amounts with two decimals. They are JSON numbers, and they are compared as decimals."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

_MAX = 1e12
"""Up to this amount a double is exact to the cent."""
_CONTEXT = Context(prec=350, rounding=ROUND_HALF_UP)
"""With digits for every double: Buildium's amounts have no bound."""
_CENT = Decimal("0.01")
_FINEST = Decimal("0.0001")
"""Finer differences come from sums of binary numbers. Buildium may hold amounts with more than two decimals."""


def check(amount: float) -> float:
    """Return an amount. Raises ValueError for one with more than two decimals."""
    number = _decimal(amount)
    if number != number.quantize(_CENT, context=_CONTEXT):
        raise ValueError("must have at most two decimals")
    return amount


Money = Annotated[
    float, Field(ge=-_MAX, le=_MAX, description="Money. A client gives at most two decimals."), AfterValidator(check)
]
"""An amount that a client gives."""


def canonical(amount: float) -> Decimal:
    """Return the form in which two spellings of one amount are equal, such as `10` and `10.00`.

    Half a cent is a difference: it may be in Buildium, and a client may correct it.
    """
    return _decimal(amount).quantize(_FINEST, context=_CONTEXT)


def in_cents(amount: float) -> float:
    """Return an amount rounded to cents, half a cent up, to find an amount that Buildium may have rounded."""
    return float(_decimal(amount).quantize(_CENT, context=_CONTEXT))


def _decimal(amount: float) -> Decimal:
    """Return the decimal number as it is written: the shortest that stands for the binary one."""
    return Decimal(repr(amount))
