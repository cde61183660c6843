"""The filters of Buildium's lists. Text filters mean *contains*, without case; the rest are exact."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulator.model import Record
from tests.simulator.state import State

Keep = Callable[[State, Record], bool]


@dataclass(frozen=True)
class Filter:
    """Turns a parameter's values (repeated parameters give several) into a test of a record.

    `build` raises ValueError, with the reason, for values that Buildium would refuse.
    """

    build: Callable[[list[str]], Keep]


def _single(values: list[str]) -> str:
    if len(values) != 1:
        raise ValueError("takes one value")
    return values[0]


def contains(texts: Callable[[Record], Iterable[Any]]) -> Filter:
    """Any of the record's texts contains any of the values."""

    def build(values: list[str]) -> Keep:
        wanted = [value.lower() for value in values]
        return lambda _state, record: any(
            value in str(text or "").lower() for value in wanted for text in texts(record)
        )

    return Filter(build)


def ids(found: Callable[[State, Record], Iterable[int]]) -> Filter:
    """Any of the record's ids is one of the values, which are repeated parameters and not a comma list."""

    def build(values: list[str]) -> Keep:
        if not all(re.fullmatch(r"\d+", value) for value in values):
            raise ValueError("takes whole numbers")
        wanted = {int(value) for value in values}
        return lambda state, record: not wanted.isdisjoint(found(state, record))

    return Filter(build)


def active(names: Mapping[str, bool]) -> Filter:
    """Whether the entity is active; `names` are this list's words for it."""

    def build(values: list[str]) -> Keep:
        name = _single(values)
        if name not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return lambda _state, record: record.public["IsActive"] is names[name]

    return Filter(build)


def any_of(key: str, names: Iterable[str]) -> Filter:
    """The record's value under `key` is one of the parameter's."""
    known = tuple(names)

    def build(values: list[str]) -> Keep:
        if not set(values) <= set(known):
            raise ValueError(f"must be one of {', '.join(known)}")
        return lambda _state, record: record.public[key] in values

    return Filter(build)


def _seconds(values: list[str]) -> int:
    try:
        moment = datetime.strptime(_single(values), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError("must be UTC, as YYYY-MM-DDTHH:MM:SSZ") from error
    return int(moment.timestamp())


def _updated_from(values: list[str]) -> Keep:
    first = _seconds(values)
    return lambda _state, record: int(record.updated_at) >= first


def _updated_to(values: list[str]) -> Keep:
    last = _seconds(values)
    return lambda _state, record: int(record.updated_at) <= last


LAST_UPDATED = {"lastupdatedfrom": Filter(_updated_from), "lastupdatedto": Filter(_updated_to)}
