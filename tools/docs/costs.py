"""The tables of the costs, from the prices and quantities of the bill."""

import math

from tools.bench.bill import FIXED, Month
from tools.bench.unsigned_traffic import keyless_routes
from tools.docs.markdown import table

_ENTITIES = (0, 10_000, 1_000_000)


def cost_table() -> str:
    """Return what a month costs at rest and by the number of entities, and why each fixed item exists."""
    months = [Month(count).parts() for count in _ENTITIES]
    fixed = sum(item.dollars for item in FIXED)
    totals = [_dollars(fixed + sum(parts.values())) for parts in months]
    return table(
        ["item", "at rest", *(f"{count:,} entities" for count in _ENTITIES[1:]), "reason"],
        [
            *([item.name, *[_dollars(item.dollars)] * len(months), item.reason] for item in FIXED),
            *([name, *(_dollars(parts[name]) for parts in months), ""] for name in months[0]),
            ["**total**", *(f"**{total}**" for total in totals), ""],
            ["Buildium calls per second", *(f"{Month(count).calls:.2f}" for count in _ENTITIES), ""],
        ],
    )


def unsigned_table() -> str:
    """Return the most that a month of traffic without an API key costs, by route."""
    routes = [(each.route, f"{each.per_second:g}", _rounded_up(each.dollars)) for each in keyless_routes()]
    rows = [[f"`{route}`", per_second, f"${dollars}"] for route, per_second, dollars in routes]
    total = ["**total**", "", f"**${sum(dollars for *_, dollars in routes):,}**"]
    return table(["route", "per second", "a month"], [*rows, total])


def _rounded_up(dollars: float) -> int:
    """Round up to ten dollars, so that a small change of a file changes no table."""
    return math.ceil(dollars / 10) * 10


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"
