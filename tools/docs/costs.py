"""The tables of the costs, from the prices and quantities of the bill."""

from tools.bench.bill import IDLE, Month
from tools.docs.markdown import table

_ENTITIES = (100, 10_000, 1_000_000)
_ACCOUNTS = (1, 10, 100)


def monthly_table() -> str:
    """Return what a month costs by the number of entities."""
    months = [Month(count) for count in _ENTITIES]
    parts = [month.parts() for month in months]
    return table(
        ["", *(f"{count:,} entities" for count in _ENTITIES)],
        [
            *([name, *(_dollars(each[name]) for each in parts)] for name in parts[0]),
            ["**total per month**", *(f"**{_dollars(sum(each.values()))}**" for each in parts)],
            ["average Buildium calls per second", *(f"{month.calls:.2f}" for month in months)],
        ],
    )


def idle_table() -> str:
    """Return what a month costs without any entity or client."""
    rows = [[item.name, f"{item.quantity:.4g}", f"{item.price:.4g}", f"{item.dollars:.2f}"] for item in IDLE]
    total = sum(item.dollars for item in IDLE)
    return table(["item", "quantity", "unit price", "cost"], [*rows, ["**total**", "", "", f"**{total:.2f}**"]])


def account_table() -> str:
    """Return what several Buildium accounts cost without any entity, in one stack each or in one for all."""
    fixed, schedule = Month(0).fixed, Month(0).schedule
    return table(
        ["Buildium accounts", "calls per second", "one stack each", "one stack for all"],
        [
            [f"{n:,}", f"{10 * n:,}", _dollars(n * (fixed + schedule)), _dollars(fixed + n * schedule)]
            for n in _ACCOUNTS
        ],
    )


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"
