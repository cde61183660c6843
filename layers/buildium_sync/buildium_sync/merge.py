"""Three-way merge of an entity's fields: what both sides had, what ours has now, what Buildium has now."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from buildium_sync.entities.base import EntityType, Fields


class Side(StrEnum):
    """Whose value it is."""

    OURS = "ours"
    BUILDIUM = "buildium"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that both sides had changed: their values, and whose is kept."""

    field: str
    ours: Any
    buildium: Any
    winner: Side


@dataclass(frozen=True, slots=True)
class Merged:
    """The fields that both sides should have, and what both sides had changed."""

    fields: Fields
    conflicts: tuple[FieldConflict, ...]


def merge(entity_type: EntityType, *, base: Fields, ours: Fields, theirs: Fields, winner: Side = Side.OURS) -> Merged:
    """Merge field by field.

    A field changed on one side takes that side's value. One changed on both is a conflict and takes the winner's,
    unless only Buildium edits it. A spelling that means the same is no change. A field that `theirs` lacks is one
    that Buildium does not tell, and keeps ours.
    """
    fields: Fields = {}
    conflicts = []
    for name in dict.fromkeys([*ours, *theirs]):
        mine, other, before = ours.get(name), theirs.get(name), base.get(name)
        if name not in theirs or entity_type.same(name, mine, other):
            fields[name] = mine
        elif name in entity_type.buildium_fields or entity_type.same(name, mine, before):
            fields[name] = other
        elif entity_type.same(name, other, before):
            fields[name] = mine
        else:
            fields[name] = mine if winner is Side.OURS else other
            conflicts.append(FieldConflict(name, mine, other, winner))
    return Merged(fields, tuple(conflicts))


def won_by(conflicts: tuple[FieldConflict, ...], winner: Side) -> tuple[FieldConflict, ...]:
    """Return those conflicts in which this side's value is kept."""
    return tuple(conflict for conflict in conflicts if conflict.winner is winner)


def changed(entity_type: EntityType, before: Fields, after: Fields) -> bool:
    """Tell whether any field of `after` means something else than in `before`."""
    return any(not entity_type.same(name, before.get(name), value) for name, value in after.items())
