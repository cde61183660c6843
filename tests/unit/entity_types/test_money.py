"""Money has two decimals, and amounts are compared as decimals, in every type."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.errors import InvalidFields
from tests.unit.entity_types.strategies import PROPERTY_BODY

_PLACE = {name: PROPERTY_BODY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
_LEASE = {"leaseType": "Fixed", "unitId": 201, "leaseFromDate": "2026-01-15", "leaseToDate": "2026-12-15"}
_BILL = {"date": "2026-01-01", "dueDate": "2026-01-31", "vendorId": 301}
_LINE = {"accountingEntityId": 101, "glAccountId": 11, "amount": 1}
_ENTRY, _ENTRY_LINE = {"leaseId": 401, "date": "2026-01-01"}, {"glAccountId": 11}
_ENTRIES = {
    "lease-charge": {},
    "lease-payment": {"paymentMethod": "Check"},
    "lease-credit": {"creditType": "WaiveUnpaid"},
}

_POSITIVE = {*_ENTRIES, "lease-payment-reversal"}
_UNSENT = {("lease-payment-reversal", "totalAmount")}
_REVERSAL = {"paymentId": 501, "leaseId": 401, "date": "2026-01-01"}


def _entry_with(body: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda amount: {**_ENTRY, **body, "lines": [{**_ENTRY_LINE, "amount": amount}]}


MONEY: dict[tuple[str, str], Callable[[Any], dict[str, Any]]] = {
    ("property", "reserve"): lambda amount: {**PROPERTY_BODY, "operatingBankAccountId": 1, "reserve": amount},
    ("unit", "marketRent"): lambda amount: {"propertyId": 101, "unitNumber": "1", **_PLACE, "marketRent": amount},
    ("bill", "lines.0.amount"): lambda amount: {**_BILL, "lines": [{**_LINE, "amount": amount}]},
    ("bill", "lines.0.markup.amount"): lambda amount: {
        **_BILL,
        "lines": [{**_LINE, "markup": {"amount": amount, "type": "Amount"}}],
    },
    ("work-order", "lineItems.0.unitPrice"): lambda amount: {
        "vendorId": 301,
        "title": "Tap",
        "lineItems": [{"quantity": 1.125, "unitPrice": amount}],
    },
    ("lease", "rent.charges.0.amount"): lambda amount: {
        **_LEASE,
        "rent": {"cycle": "Monthly", "charges": [{"amount": amount, "glAccountId": 1, "nextDueDate": "2026-02-01"}]},
    },
    ("lease", "securityDeposit.amount"): lambda amount: {
        **_LEASE,
        "securityDeposit": {"amount": amount, "dueDate": "2026-01-15"},
    },
    ("lease", "proratedFirstMonthRent"): lambda amount: {**_LEASE, "proratedFirstMonthRent": amount},
    **{(name, "lines.0.amount"): _entry_with(body) for name, body in _ENTRIES.items()},
    ("lease-rent-schedule", "charges.0.amount"): lambda amount: {
        "leaseId": 401,
        "rentCycle": "Monthly",
        "charges": [{"amount": amount, "glAccountId": 1, "nextDueDate": "2026-02-01"}],
    },
    ("lease-renewal", "rent.charges.0.amount"): lambda amount: {
        "leaseId": 401,
        "leaseType": "AtWill",
        "tenantIds": [501],
        "rent": {"cycle": "Monthly", "charges": [{"amount": amount, "glAccountId": 1, "nextDueDate": "2026-02-01"}]},
    },
    ("lease-payment-reversal", "totalAmount"): lambda amount: {**_REVERSAL, "totalAmount": amount},
    ("lease-payment-reversal", "nsfCharge.totalAmount"): lambda amount: {
        **_REVERSAL,
        "nsfCharge": {**_ENTRY_LINE, "totalAmount": amount},
    },
    ("lease-payment-reversal", "bankFee.totalAmount"): lambda amount: {
        **_REVERSAL,
        "bankFee": {**_ENTRY_LINE, "totalAmount": amount},
    },
    ("lease", "proratedLastMonthRent"): lambda amount: {**_LEASE, "proratedLastMonthRent": amount},
}
EVERY_AMOUNT = pytest.mark.parametrize("field", MONEY, ids="-".join)
CENTS = st.integers(0, 10**13).map(lambda cents: float(Decimal(cents).scaleb(-2)))
MORE = ["2.675", "0.30000000000000004", "1.005", "10.999", "1e-3", "0.001", "99999999999.999", "1234.56789"]


def faults(name: str, body: dict[str, Any]) -> list[str]:
    try:
        by_name(name).validate(body)
    except InvalidFields as invalid:
        return [fault.field for fault in invalid.errors]
    return []


def written(name: str, body: dict[str, Any]) -> str:
    """Return the payload of a create as JSON."""
    entity_type = by_name(name)
    return json.dumps(entity_type.to_create(entity_type.validate(body), NO_LINKS))


@EVERY_AMOUNT
@pytest.mark.parametrize("amount", MORE)
def test_more_than_two_decimals_are_rejected_by_name(field: tuple[str, str], amount: str) -> None:
    name, path = field

    assert faults(name, MONEY[field](json.loads(amount))) == [path]


@EVERY_AMOUNT
@pytest.mark.parametrize("amount", ["0", "7", "7.0", "7.5", "7.10", "1e2", "1.20e1", "0.29", "4.35", "1000000000000"])
def test_two_decimals_are_accepted_in_any_notation(field: tuple[str, str], amount: str) -> None:
    must_be_positive = field[0] in _POSITIVE and not json.loads(amount)
    assert faults(field[0], MONEY[field](json.loads(amount))) == ([field[1]] if must_be_positive else [])


@EVERY_AMOUNT
@given(amount=CENTS)
def test_every_amount_in_cents_is_written_exactly(field: tuple[str, str], amount: float) -> None:
    body = MONEY[field](amount)
    if amount <= 0 and field[0] in _POSITIVE:
        return

    assert faults(field[0], body) == []
    if amount and field not in _UNSENT:
        assert json.dumps(amount) in written(field[0], body)


SHOWN: dict[str, Callable[[float], dict[str, Any]]] = {
    "property": lambda amount: {"Reserve": amount},
    "unit": lambda amount: {"MarketRent": amount},
    "bill": lambda amount: {"Lines": [{"Amount": amount, "Markup": {"Amount": amount, "Type": "Amount"}}]},
    "work-order": lambda amount: {"Amount": amount, "LineItems": [{"Quantity": 1, "UnitPrice": amount}]},
    "lease": lambda amount: {"AccountDetails": {"Rent": amount, "SecurityDeposit": amount}},
    **dict.fromkeys(_ENTRIES, lambda amount: {"Journal": {"Lines": [{"Amount": amount}]}}),
    "lease-transaction": lambda amount: {"TotalAmount": amount, "Journal": {"Lines": [{"Amount": amount}]}},
    "lease-payment-reversal": lambda amount: {"TotalAmount": amount},
    "lease-rent-schedule": lambda amount: {"Charges": [{"Amount": amount}]},
}
"""What Buildium shows of every amount, by type. It never shows those of renewals and of a reversal's fees."""


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("amount", [2.675, 1234.56789, 0.001])
def test_amounts_from_buildium_keep_all_decimals(name: str, amount: float) -> None:
    fields = by_name(name).from_buildium({"Id": 1, **SHOWN[name](amount)}, NO_LINKS)

    assert json.dumps(fields).count(repr(amount)) == json.dumps(SHOWN[name](amount)).count(repr(amount))


@EVERY_AMOUNT
@pytest.mark.parametrize("amount", ["2.50", True, [1], {"value": 1}])
def test_money_must_be_a_json_number(field: tuple[str, str], amount: Any) -> None:
    assert faults(field[0], MONEY[field](amount))[0].startswith(field[1])


def floats(model: type[BaseModel], path: str = "") -> set[str]:
    """Return the paths of all decimal numbers in a model."""
    found = set()
    for name, info in model.model_fields.items():
        for kind in kinds(info.annotation):
            if kind is float:
                found.add(path + name)
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= floats(kind, f"{path}{name}.")
    return found


def kinds(annotation: Any) -> set[Any]:
    parts = get_args(annotation)
    return set().union(*(kinds(part) for part in parts)) if parts else {annotation}


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda entity_type: entity_type.name)
def test_every_decimal_field_is_money_or_a_quantity(entity_type: Any) -> None:
    known = {path.replace(".0", "") for name, path in MONEY if name == entity_type.name}

    assert floats(entity_type.model) - {"lineItems.quantity"} == known


def test_a_percentage_and_a_quantity_may_have_more_decimals() -> None:
    body = MONEY["bill", "lines.0.amount"](1)
    body["lines"][0]["markup"] = {"amount": 12.375, "type": "Percent"}
    assert faults("bill", body) == []
    assert faults("work-order", {**MONEY["work-order", "lineItems.0.unitPrice"](1)}) == []


@given(amount=CENTS)
def test_an_amount_equals_its_alternative_notations_despite_binary_noise(amount: float) -> None:
    noisy = amount + 1e-9 if amount < 1e6 else amount
    spelled = int(amount) if amount.is_integer() else amount

    assert money.canonical(amount) == money.canonical(noisy) == money.canonical(spelled)
    assert money.in_cents(amount) == money.in_cents(noisy) == amount


@pytest.mark.parametrize(("amount", "cents"), [(2.675, 2.68), (1.005, 1.01), (-2.675, -2.68), (2.674999, 2.67)])
def test_half_cents_are_rounded_as_decimals(amount: float, cents: float) -> None:
    assert money.in_cents(amount) == cents


def test_half_a_cent_makes_amounts_different() -> None:
    assert money.canonical(2.675) != money.canonical(2.68)


@pytest.mark.parametrize("amount", [1e30, -1e308, 5e-324])
def test_extreme_amounts_are_comparable(amount: float) -> None:
    assert money.canonical(amount) == money.canonical(amount)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("property", "reserve", lambda amount: amount),
        ("unit", "marketRent", lambda amount: amount),
        ("work-order", "amount", lambda amount: amount),
        ("work-order", "lineItems", lambda amount: [{"quantity": 2.0, "unitPrice": amount}]),
        ("bill", "lines", lambda amount: [{**_LINE, "amount": amount}]),
        ("bill", "lines", lambda amount: [{**_LINE, "markup": {"amount": amount, "type": "Amount"}}]),
    ],
)
def test_amount_fields_are_compared_as_decimals(name: str, field: str, value: Callable[[Any], Any]) -> None:
    same = by_name(name).values_equal

    assert same(field, value(0.3), value(0.1 + 0.2))
    assert same(field, value(10), value(10.0))
    assert not same(field, value(10.1), value(10.11))
    assert not same(field, value(2.675), value(2.68))


@pytest.mark.parametrize(("sent", "shown"), [(2.675, 2.68), (0.3, 0.1 + 0.2), (10.1, 10.10), (7, 7.0)])
def test_a_bill_matches_an_amount_that_buildium_rounded(sent: float, shown: float) -> None:
    bill = by_name("bill")
    fields = {
        **bill.validate(MONEY["bill", "lines.0.amount"](1)),
        "lines": [{**_LINE, "accountingEntityType": "Rental"}],
    }
    fields["lines"][0]["amount"] = sent
    line = {"AccountingEntity": {"Id": 101, "AccountingEntityType": "Rental"}, "Amount": shown}
    message = {"VendorId": 301, "Date": "2026-01-01", "DueDate": "2026-01-31", "Lines": [line]}

    assert bill.is_match(message, bill.natural_key(fields, NO_LINKS))
    assert not bill.is_match({**message, "Lines": [{**line, "Amount": 9}]}, bill.natural_key(fields, NO_LINKS))
