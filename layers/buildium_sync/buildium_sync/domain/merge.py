"""Three-way merge of an entity's values: what both sides had, what local has now, what Buildium has now."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from buildium_sync.domain.entity_type import EntityType, Fields


class Side(StrEnum):
    """Whose value it is."""

    LOCAL = "local"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that differs in a value that both sides had changed: what each side has, and whose value is kept."""

    field: str
    local: Any
    remote: Any
    winner: Side


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The fields that both sides should have, what both sides had changed, and what Buildium has."""

    fields: Fields
    conflicts: tuple[FieldConflict, ...]
    remote: Fields


def merge(
    entity_type: EntityType, *, base: Fields, local: Fields, remote: Fields, winner: Side = Side.LOCAL
) -> MergeResult:
    """Merge value by value. A value is one field, or a group of fields that the type declares as a composite.

    A value changed on one side takes all fields of that side. A value changed on both sides is a conflict: it takes all
    fields of the winner, and every field that differs is a `FieldConflict`. A set takes the additions and removals
    of both sides, and is a conflict only when too few members would be left. A field that only Buildium edits takes
    Buildium's value. Another spelling is no change. A field that `remote` lacks is one that Buildium does not show: its
    value there is taken to be the one in `base`, unless the type's `with_hidden` adds the field.
    """
    remote = entity_type.with_hidden(remote, base=base, local=local)
    fields: Fields = {name: local.get(name) for name in dict.fromkeys([*local, *remote])}
    unshown = {**base, **{name: fields[name] for name in entity_type.remote_owned_fields if name in fields}}
    sides = _Sides(entity_type, base, local, {**unshown, **remote})
    conflicts: list[FieldConflict] = []
    for names in _values(entity_type, fields):
        differing = sides.differing(names)
        members = sides.members(names[0]) if differing and names[0] in entity_type.sets else None
        if members is not None:
            fields[names[0]] = members
            continue
        side = sides.changed_by(differing) if differing else Side.LOCAL
        if side is None:
            conflicts += [FieldConflict(name, fields[name], sides.remote.get(name), winner) for name in differing]
        if (side or winner) is Side.REMOTE:
            fields |= {name: sides.remote.get(name) for name in differing}
    return MergeResult(fields, tuple(each for each in conflicts if each.field in entity_type.field_names), remote)


@dataclass(frozen=True, slots=True)
class _Sides:
    """What both sides had, and what each has now; `remote` holds every field."""

    entity_type: EntityType
    base: Fields
    local: Fields
    remote: Fields

    def differing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of the fields that do not mean the same on both sides."""
        same = self.entity_type.values_equal
        return tuple(name for name in names if not same(name, self.local.get(name), self.remote.get(name)))

    def changed_by(self, names: tuple[str, ...]) -> Side | None:
        """Return the side that has changed what differs in a value, None where both sides have.

        What both sides have changed alike does not count: it may be a write of local whose answer was lost. Where
        Buildium has completed such a write, its value is taken.
        """
        if names[0] in self.entity_type.remote_owned_fields or not self._has_changed(self.local, names):
            return Side.REMOTE
        if self._is_in_buildium(self.base, names):
            return Side.LOCAL
        return Side.REMOTE if self._is_in_buildium(self.local, names) else None

    def members(self, name: str) -> list[Any] | None:
        """Return a set with what each side added and removed, None when that leaves too few members.

        Without a base every member counts as added: what one side has is never lost.
        """
        before, mine, other = (fields.get(name) or [] for fields in (self.base, self.local, self.remote))
        kept = [member for member in mine if member in other or member not in before]
        members = kept + [member for member in other if member not in mine and member not in before]
        return members if len(members) >= self.entity_type.sets[name] else None

    def _is_in_buildium(self, side: Fields, names: Iterable[str]) -> bool:
        """Return whether Buildium has what a write of these values makes there."""
        alike = self.entity_type.is_written_alike
        return all(alike(name, side.get(name), self.remote.get(name)) for name in names)

    def _has_changed(self, side: Fields, names: Iterable[str]) -> bool:
        return differs(self.entity_type, self.base, {name: side.get(name) for name in names})


def _values(entity_type: EntityType, fields: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """Split an entity's fields into its values; a composite comes once, with those of its fields that there are."""
    there = set(fields)
    groups = dict.fromkeys(entity_type.value_of(name) for name in fields)
    return [tuple(name for name in group if name in there) for group in groups]


def unresolved(entity_type: EntityType, conflicts: Iterable[FieldConflict], base: Fields) -> Fields:
    """Return what a base keeps so that these conflicts are met again: of each value in conflict, all fields."""
    names = dict.fromkeys(name for conflict in conflicts for name in entity_type.value_of(conflict.field))
    return {name: base.get(name) for name in names}


def won_by(conflicts: tuple[FieldConflict, ...], winner: Side) -> tuple[FieldConflict, ...]:
    """Return those conflicts in which this side's value is kept."""
    return tuple(conflict for conflict in conflicts if conflict.winner is winner)


def differs(entity_type: EntityType, before: Fields, after: Fields) -> bool:
    """Tell whether any field of `after` means something else than in `before`."""
    return any(not entity_type.values_equal(name, before.get(name), value) for name, value in after.items())


def status_changed(entity_type: EntityType, base: Fields | None, after: Fields) -> bool:
    """Tell whether Buildium has another status than both sides agreed on, of a type whose status others follow."""
    agreed = entity_type.as_created({}) if base is None else base
    return bool(entity_type.status_requests) and agreed.get("status") != after.get("status")


def followed_changed(entity_type: EntityType, base: Fields | None, after: Fields) -> bool:
    """Return whether a write has changed a field that other entities follow. A create has only its status to change."""
    if base is None:
        return status_changed(entity_type, base, after)
    followed = entity_type.followed_fields & after.keys()
    return any(not entity_type.values_equal(name, base.get(name), after[name]) for name in followed)
