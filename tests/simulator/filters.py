"""The filters of Buildium's lists. String filters match a part, ignoring case; all others match exactly."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.simulator.model import Record
from tests.simulator.state import State

Keep = Callable[[State, Record], bool]
Found = Callable[[State, Record], Any]

ENTITY_TYPES = ("Rental", "RentalOwner", "Association")


@dataclass(frozen=True)
class Filter:
    """Turns the values of a (repeatable) parameter into a predicate over records.

    `build` raises ValueError, with the reason, for values that Buildium rejects. `needs` names a parameter that this
    one requires.
    """

    build: Callable[[list[str]], Keep]
    needs: str = ""


def single(values: list[str]) -> str:
    """The only value. Raises ValueError if there are several."""
    if len(values) != 1:
        raise ValueError("takes one value")
    return values[0]


def contains(texts: Callable[[Record], Iterable[Any]]) -> Filter:
    """Any string of the record contains any of the values."""
    return contains_found(lambda _state, record: texts(record))


def contains_found(texts: Found) -> Filter:
    """The same for strings that are looked up in related entities."""

    def build(values: list[str]) -> Keep:
        wanted = [value.lower() for value in values]
        return lambda state, record: any(
            value in str(text or "").lower() for value in wanted for text in texts(state, record)
        )

    return Filter(build)


def ids(found: Callable[[State, Record], Iterable[int | None]]) -> Filter:
    """Any of the record's ids is one of the values, which are repeated parameters and not a comma-separated list."""

    def build(values: list[str]) -> Keep:
        if not all(re.fullmatch(r"\d+", value) for value in values):
            raise ValueError("takes whole numbers")
        wanted = {int(value) for value in values}
        return lambda state, record: not wanted.isdisjoint(found(state, record))

    return Filter(build)


def one_id(found: Found) -> Filter:
    """The record's id is the parameter's only value."""
    several = ids(lambda state, record: [found(state, record)])
    return Filter(lambda values: several.build([single(values)]))


def active(names: Mapping[str, bool]) -> Filter:
    """Whether the entity is active; `names` are the values of this list's parameter."""

    def build(values: list[str]) -> Keep:
        name = single(values)
        if name not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return lambda _state, record: record.public["IsActive"] is names[name]

    return Filter(build)


def any_of(key: str, names: Iterable[str]) -> Filter:
    """The record's value under `key` is one of the parameter's."""
    return any_found(lambda _state, record: [record.public[key]], names)


def any_found(found: Found, names: Iterable[str]) -> Filter:
    """Any of the record's values is one of the parameter's."""
    known = tuple(names)

    def build(values: list[str]) -> Keep:
        if not set(values) <= set(known):
            raise ValueError(f"must be one of {', '.join(known)}")
        return lambda state, record: not set(values).isdisjoint(found(state, record))

    return Filter(build)


def about_rentals(property_ids: Callable[[State, Record], Iterable[int | None]]) -> dict[str, Filter]:
    """`entitytype` with `entityid`. The simulated account has entities of its rental properties only."""

    def kinds(state: State, record: Record) -> list[str]:
        return ["Rental"] if any(property_ids(state, record)) else []

    return {
        "entitytype": any_found(kinds, ENTITY_TYPES),
        "entityid": replace(ids(property_ids), needs="entitytype"),
    }


def amounts(found: Found) -> dict[str, Filter]:
    """`amountfrom` and `amountto`."""
    return {
        "amountfrom": Filter(lambda values: _compared(found, values, lambda amount, limit: amount >= limit)),
        "amountto": Filter(lambda values: _compared(found, values, lambda amount, limit: amount <= limit)),
    }


def _compared(found: Found, values: list[str], holds: Callable[[float, float], bool]) -> Keep:
    limit = float(single(values))
    return lambda state, record: holds(found(state, record), limit)


def yes_or_no(found: Found) -> Filter:
    """Whether a predicate holds for the record."""

    def build(values: list[str]) -> Keep:
        wanted = {"true": True, "false": False}.get(single(values))
        if wanted is None:
            raise ValueError("must be true or false")
        return lambda state, record: bool(found(state, record)) is wanted

    return Filter(build)
