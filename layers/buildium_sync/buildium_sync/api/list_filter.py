"""The filters of lists, as clients request them. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import is_valid_id
from buildium_sync.domain.entity_status import ACTIVE, INACTIVE, canonical_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID, EXTERNAL_ID_RULE, is_valid_external_id
from buildium_sync.domain.lookups import STATUS, SYNC_STATUS
from buildium_sync.domain.reference_contract import parse_buildium_id
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import FieldError, MalformedRequest

UPDATED_SINCE = "updatedSince"
BUILDIUM_ID = "buildiumId"
IDS = frozenset({EXTERNAL_ID, BUILDIUM_ID})
"""The filters that at most one entity matches. They are never late."""


class ListFilter(NamedTuple):
    """A filter of a list: the name of its query parameter, and its value."""

    name: str
    value: str


def filter_names(entity_type: EntityType) -> tuple[str, ...]:
    """Return the names of a type's filters."""
    status = (STATUS,) if STATUS in entity_type.field_names else ()
    ids = (EXTERNAL_ID, BUILDIUM_ID) if entity_type.has_own_id else (EXTERNAL_ID,)
    return (*entity_type.reference_filters, *status, *ids, SYNC_STATUS, UPDATED_SINCE)


def read_filter(query: Mapping[str, str], entity_type: EntityType) -> ListFilter | None:
    """Return the filter in the query parameters of a list. Raises MalformedRequest, also for several filters."""
    supported = filter_names(entity_type)
    names = [name for name in supported if name in query]
    if len(names) > 1:
        message = f"cannot be combined; a list has at most one filter: {', '.join(supported)}"
        raise MalformedRequest(f"{' and '.join(names)} {message}.", [FieldError(name, message) for name in names])
    return ListFilter(names[0], _value(names[0], query[names[0]])) if names else None


def _value(name: str, text: str) -> str:
    """Return a filter's value in the form in which it is compared."""
    if name == UPDATED_SINCE:
        return _time(name, text)
    if name == STATUS:
        return _choice(name, canonical_status(text), (ACTIVE, INACTIVE))
    if name == SYNC_STATUS:
        return _choice(name, text, [status.value for status in Status])
    if name == EXTERNAL_ID:
        if not is_valid_external_id(text):
            raise MalformedRequest.of(name, f"{EXTERNAL_ID_RULE}.")
        return text
    if name == BUILDIUM_ID:
        if (buildium_id := parse_buildium_id(text)) is None:
            raise MalformedRequest.of(name, "must be a Buildium ID.")
        return str(buildium_id)
    if not is_valid_id(text):
        raise MalformedRequest.of(name, "must be a local ID or a Buildium ID.")
    return text


def _time(name: str, text: str) -> str:
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return format_iso(time.timestamp())
    except (ValueError, OverflowError) as error:
        raise MalformedRequest.of(name, _TIME) from error
    raise MalformedRequest.of(name, _TIME)


def _choice(name: str, text: str, choices: tuple[str, ...] | list[str]) -> str:
    if text not in choices:
        raise MalformedRequest.of(name, f"must be one of {', '.join(choices)}.")
    return text


_TIME = "must be an ISO 8601 time with a time zone, e.g. 2026-11-22T14:00:00Z (in a URL, + is written %2B)."
