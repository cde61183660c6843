"""Telephone numbers: one field of ours; Buildium shows a list of typed ones and takes four by name."""

from collections.abc import Sequence

from buildium_sync.entities.base import Message
from buildium_sync.entities.text import blank_to_none, letters

_SLOTS = {"Home": "Home", "Office": "Work", "Cell": "Mobile", "Fax": "Fax"}
"""By the type that a number is shown with, the slot that it is written to.

Buildium: a message has no place for the other types (Personal, Other, NotSet), nor for a second number of
one type. What a PUT does to these is not stated.
"""

_PRIMARY = ("Cell", "Home", "Office", "Personal", "Other", "NotSet")
"""The types in the order in which a number is taken for the one to call. Nobody is called on a Fax."""

canonical = letters
"""Return the form in which two spellings of one number are equal: `(555) 010-2030` and `555 010 2030`."""


def read_primary(shown: Sequence[Message] | None) -> str | None:
    """Return the number to call out of those that Buildium shows, or None when there is none."""
    numbers = _by_type(shown)
    return next((numbers[kind] for kind in _PRIMARY if kind in numbers), None)


def write(primary: str | None, shown: Sequence[Message] | None, default_slot: str) -> Message:
    """Return the slots with `primary` in place of the number that Buildium shows as primary, the others kept.

    Where it shows none, or one of a type that cannot be written, `primary` goes to `default_slot`.
    """
    numbers = _by_type(shown)
    kept = {slot: numbers.get(kind) for kind, slot in _SLOTS.items()}
    kind = next((kind for kind in _PRIMARY if kind in numbers), "")
    return {**kept, _SLOTS.get(kind, default_slot): primary}


def shows_more(primary: str | None, shown: Sequence[Message] | None) -> bool:
    """Return whether Buildium shows a number beside the primary one."""
    numbers = [blank_to_none(entry.get("Number")) for entry in shown or ()]
    return any(canonical(number) != canonical(primary or "") for number in numbers if number)


def _by_type(shown: Sequence[Message] | None) -> dict[str, str]:
    numbers: dict[str, str] = {}
    for entry in shown or ():
        number = blank_to_none(entry.get("Number"))
        if number is not None:
            numbers.setdefault(str(entry.get("Type")), number)
    return numbers
