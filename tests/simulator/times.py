"""Date and time filters of Buildium's lists."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

from tests.simulator.filters import Filter, Found, Keep, single
from tests.simulator.model import Record

SECONDS = "%Y-%m-%dT%H:%M:%SZ"
SECONDS_IN_WORDS = "YYYY-MM-DDTHH:MM:SSZ"
Moment = Callable[[Record], float]


def _seconds(values: list[str]) -> int:
    try:
        moment = datetime.strptime(single(values), SECONDS).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"must be UTC, as {SECONDS_IN_WORDS}") from error
    return int(moment.timestamp())


def _from(moment: Moment, read: Callable[[list[str]], int]) -> Filter:
    def build(values: list[str]) -> Keep:
        first = read(values)
        return lambda _state, record: int(moment(record)) >= first

    return Filter(build)


def _to(moment: Moment, read: Callable[[list[str]], int]) -> Filter:
    def build(values: list[str]) -> Keep:
        last = read(values)
        return lambda _state, record: int(moment(record)) <= last

    return Filter(build)


def _updated_at(record: Record) -> float:
    return record.updated_at


def _created_at(record: Record) -> float:
    return record.created_at


def _either_way(values: list[str]) -> int:
    """Buildium's prose has a space and no zone in this parameter, its schema has RFC 3339."""
    return _seconds([re.sub(r"^(\S+) (\S+)$", r"\1T\2Z", value) for value in values])


def _day(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("must be a day, as YYYY-MM-DD")
    return date.fromisoformat(value).isoformat()


def days(name: str, found: Found) -> dict[str, Filter]:
    """`<name>from` and `<name>to`, for a day as YYYY-MM-DD or None."""
    return {f"{name}from": since(found), f"{name}to": until(found)}


def since(found: Found) -> Filter:
    """The record's day is this one or later."""

    def build(values: list[str]) -> Keep:
        first = _day(single(values))
        return lambda state, record: (day := found(state, record)) is not None and day >= first

    return Filter(build)


def until(found: Found) -> Filter:
    """The record's day is this one or earlier."""

    def build(values: list[str]) -> Keep:
        last = _day(single(values))
        return lambda state, record: (day := found(state, record)) is not None and day <= last

    return Filter(build)


def _day_of_update(_state: object, record: Record) -> str:
    return datetime.fromtimestamp(record.updated_at, UTC).date().isoformat()


LAST_UPDATED = {"lastupdatedfrom": _from(_updated_at, _seconds), "lastupdatedto": _to(_updated_at, _seconds)}
LAST_UPDATED_DAY = days("lastupdated", _day_of_update)
CREATED = {
    "createddatetimefrom": _from(_created_at, _either_way),
    "createddatetimeto": _to(_created_at, _either_way),
}
