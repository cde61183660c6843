"""Telephone numbers: one field of ours; Buildium shows a list of typed ones and takes four by name."""

from collections.abc import Container, Sequence

from buildium_sync.domain.entity_type import Payload
from buildium_sync.domain.normalization import alphanumeric, blank_to_none
from buildium_sync.errors import SyncBlocked

_SLOTS = {"Home": "Home", "Office": "Work", "Cell": "Mobile", "Fax": "Fax"}
"""By the type that a number is shown with, the slot that it is written to.

Buildium: a message has no place for the other types (Personal, Other, NotSet), nor for a second number of
one type. What a PUT does to these is not stated.
"""

_PRIMARY = ("Cell", "Home", "Office", "Personal", "Other", "NotSet")
"""The types in the order in which a number is taken for the one to call. Nobody is called on a Fax."""

canonical = alphanumeric
"""Return the form in which two spellings of one number are equal: `(555) 010-2030` and `555 010 2030`."""


def read_primary(shown: Sequence[Payload] | None) -> str | None:
    """Return the number to call out of those that Buildium shows, or None when there is none."""
    numbers = _by_type(shown)
    return numbers.get(_primary_type(numbers))


def write(primary: str | None, shown: Sequence[Payload] | None, default_slot: str) -> Payload:
    """Return the slots with `primary` in place of the number that Buildium shows as primary, the others kept.

    Where it shows none, or one of a type that cannot be written, `primary` goes to `default_slot`. Raises SyncBlocked
    for a removal after which Buildium would still show a primary number.
    """
    numbers = _by_type(shown)
    remaining = "" if primary is not None else _primary_type_without_primary(shown)
    if remaining:
        raise SyncBlocked(
            f"primaryPhone: Buildium has a phone number of the type {remaining}, which would be the primary one "
            "after the removal. Set that number here or remove it in Buildium."
        )
    kept = {slot: numbers.get(kind) for kind, slot in _SLOTS.items()}
    return {**kept, _SLOTS.get(_primary_type(numbers), default_slot): primary}


def _primary_type_without_primary(shown: Sequence[Payload] | None) -> str:
    """Return the type of the primary number once a PUT has emptied the slot of the present one, empty for none.

    A second number of the same type may remain, and so may a number whose type has no slot.
    """
    kinds = [kind for kind, _ in _numbers(shown)]
    primary = _primary_type(kinds)
    if primary in _SLOTS:
        kinds.remove(primary)
    return _primary_type(kinds)


def _primary_type(kinds: Container[str]) -> str:
    """Return the type of the number to call, empty when there is none."""
    return next((kind for kind in _PRIMARY if kind in kinds), "")


def has_unsent_values(primary: str | None, shown: Sequence[Payload] | None) -> bool:
    """Return whether Buildium shows a number beside the primary one."""
    numbers = [blank_to_none(entry.get("Number")) for entry in shown or ()]
    return any(canonical(number) != canonical(primary or "") for number in numbers if number)


def _by_type(shown: Sequence[Payload] | None) -> dict[str, str]:
    """Return the first number of each type."""
    return dict(reversed(_numbers(shown)))


def _numbers(shown: Sequence[Payload] | None) -> list[tuple[str, str]]:
    """Return the type and number of each entry that has a number."""
    numbers = ((str(entry.get("Type")), blank_to_none(entry.get("Number"))) for entry in shown or ())
    return [(kind, number) for kind, number in numbers if number is not None]
