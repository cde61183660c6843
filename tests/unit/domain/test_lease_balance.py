from decimal import Decimal
from typing import Any

import pytest

from buildium_sync.domain.lease_balance import BalanceAging, LeaseBalance

ROW: dict[str, Any] = {
    "LeaseId": 501,
    "Balance0To30Days": 0.1,
    "Balance31To60Days": 0.2,
    "Balance61To90Days": 3,
    "BalanceOver90Days": 0,
    "TotalBalance": 3.3,
}


def test_a_row_of_buildium_is_parsed_to_the_cent() -> None:
    balance = LeaseBalance.from_buildium(ROW, 7.0)

    aging = BalanceAging(Decimal("0.10"), Decimal("0.20"), Decimal("3.00"), Decimal("0.00"))
    assert balance == LeaseBalance(501, Decimal("3.30"), aging, 7.0)
    assert str(balance.total) == "3.30"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (0.1 + 0.2, "0.30"),
        (1234567890.12, "1234567890.12"),
        (999999999999.99, "999999999999.99"),
        (0.005, "0.01"),
        (1.005, "1.01"),
        (Decimal("10.5"), "10.50"),
    ],
)
def test_an_amount_is_rounded_to_cents_without_binary_errors(sent: float, expected: str) -> None:
    assert str(LeaseBalance.from_buildium({**ROW, "TotalBalance": sent}, 0.0).total) == expected


@pytest.mark.parametrize(
    "invalid",
    [
        {"TotalBalance": None},
        {"TotalBalance": "3.30"},
        {"TotalBalance": True},
        {"TotalBalance": float("nan")},
        {"BalanceOver90Days": float("inf")},
        {"BalanceOver90Days": 1e300},
        {"LeaseId": "501"},
        {"LeaseId": None},
    ],
)
def test_an_invalid_row_is_not_parsed_as_zero(invalid: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not"):
        LeaseBalance.from_buildium({**ROW, **invalid}, 0.0)


def test_a_missing_part_is_not_parsed_as_zero() -> None:
    with pytest.raises(ValueError, match="Balance61To90Days"):
        LeaseBalance.from_buildium({name: value for name, value in ROW.items() if name != "Balance61To90Days"}, 0.0)
