"""Phone numbers: one local field. Buildium shows a list of typed numbers and accepts four by name."""

from collections.abc import Container, Sequence

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.normalization import alphanumeric, blank_to_none
from buildium_sync.errors import SyncBlocked

_SLOTS = {"Home": "Home", "Office": "Work", "Cell": "Mobile", "Fax": "Fax"}
"""The slot for a number, by the type that Buildium shows.

Buildium: a payload has no slot for the other types (Personal, Other, NotSet), and none for a second number of a type.
The documentation does not state what a PUT does to these numbers.
"""

_PRIMARY = ("Cell", "Home", "Office", "Personal", "Other", "NotSet")
"""The types in the order of preference for the primary number. A fax number is never primary."""

canonical = alphanumeric
"""Return a form that is equal for two spellings of one number: `(555) 010-2030` and `555 010 2030`."""


def read_primary(shown: Sequence[Payload] | None) -> str | None:
    """Return the primary one of the phone numbers that Buildium shows, or None."""
    numbers = _by_type(shown)
    return numbers.get(_primary_type(numbers))


def write(primary: str | None, shown: Sequence[Payload] | None, default_slot: str) -> Payload:
    """Return the slots with `primary` instead of the current primary number, and with the other numbers.

    If Buildium shows no primary number, or one of a type without a slot, `primary` is written to `default_slot`. Raises
    SyncBlocked for a removal that would make another number the primary one.
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
    """Return the type of the primary number after its slot is emptied, empty for none.

    A second number of the same type may remain, or a number of a type without a slot.
    """
    kinds = [kind for kind, _ in _numbers(shown)]
    primary = _primary_type(kinds)
    if primary in _SLOTS:
        kinds.remove(primary)
    return _primary_type(kinds)


def _primary_type(kinds: Container[str]) -> str:
    """Return the type of the primary number, empty if there is none."""
    return next((kind for kind in _PRIMARY if kind in kinds), "")


def has_others(primary: str | None, shown: Sequence[Payload] | None) -> bool:
    """Return whether Buildium shows a number besides the primary one."""
    numbers = [blank_to_none(entry.get("Number")) for entry in shown or ()]
    return any(canonical(number) != canonical(primary or "") for number in numbers if number)


def _by_type(shown: Sequence[Payload] | None) -> dict[str, str]:
    """Return the first number of each type."""
    return dict(reversed(_numbers(shown)))


def _numbers(shown: Sequence[Payload] | None) -> list[tuple[str, str]]:
    """Return the type and the number of each entry with a number."""
    numbers = ((str(entry.get("Type")), blank_to_none(entry.get("Number"))) for entry in shown or ())
    return [(kind, number) for kind, number in numbers if number is not None]
