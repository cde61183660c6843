"""Three-way merge of an entity: the base, the local values and the remote values (those of Buildium)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields


class Side(StrEnum):
    """The side of a value."""

    LOCAL = "local"
    REMOTE = "remote"


class FieldConflict(NamedTuple):
    """A differing field of a value that both sides have changed, with the value of each side and the winner."""

    field: str
    local: Any
    remote: Any
    winner: Side


class MergeResult(NamedTuple):
    """The merged fields, the conflicts, and the remote fields including hidden ones."""

    fields: Fields
    conflicts: tuple[FieldConflict, ...]
    remote: Fields


def merge(
    entity_type: EntityType, *, base: Fields, local: Fields, remote: Fields, winner: Side = Side.LOCAL
) -> MergeResult:
    """Merge value by value. A value is one field, or the fields of a composite value.

    - A value that one side has changed comes from that side, with all its fields.
    - A value that both sides have changed is a conflict. It comes from the winner, and each differing field is a
      `FieldConflict`.
    - A set has the additions and removals of both sides. It is a conflict only if too few members would remain.
    - A remote-owned field has Buildium's value.
    - Another spelling of a value is not a change.
    - A field that `remote` lacks is not shown by Buildium. Its remote value is the one in `base`, unless the type's
      `with_hidden_values` adds it.
    """
    remote = entity_type.with_hidden_values(remote, base=base, local=local)
    fields: Fields = {name: local.get(name) for name in dict.fromkeys([*local, *remote])}
    hidden = {**base, **{name: fields[name] for name in entity_type.remote_owned_fields if name in fields}}
    sides = _Sides(entity_type, base, local, {**hidden, **remote})
    conflicts: list[FieldConflict] = []
    for names in _values(entity_type, fields):
        differing = sides.differing(names)
        members = sides.members(names[0]) if differing and names[0] in entity_type.set_fields else None
        if members is not None:
            fields[names[0]] = members
            continue
        side = sides.changed_by(differing) if differing else Side.LOCAL
        if side is None:
            conflicts += [FieldConflict(name, fields[name], sides.remote.get(name), winner) for name in differing]
        if (side or winner) is Side.REMOTE:
            fields |= {name: sides.remote.get(name) for name in differing}
    return MergeResult(fields, tuple(each for each in conflicts if each.field in entity_type.field_names), remote)


class _Sides(NamedTuple):
    """The values of the base and of both sides. `remote` has every field."""

    entity_type: EntityType
    base: Fields
    local: Fields
    remote: Fields

    def differing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the fields whose values mean something different on the two sides."""
        same = self.entity_type.values_equal
        return tuple(name for name in names if not same(name, self.local.get(name), self.remote.get(name)))

    def changed_by(self, names: tuple[str, ...]) -> Side | None:
        """Return the side that has changed a differing value, None if both have.

        An equal change on both sides is not a conflict: it may be a local write whose response was lost. If Buildium
        has completed the value of such a write, its value is used.
        """
        if names[0] in self.entity_type.remote_owned_fields or not self._has_changed(self.local, names):
            return Side.REMOTE
        if self._is_in_buildium(self.base, names):
            return Side.LOCAL
        return Side.REMOTE if self._is_in_buildium(self.local, names) else None

    def members(self, name: str) -> list[Any] | None:
        """Return a set with the additions and removals of both sides, None if too few members remain.

        Without a base every member is an addition, so no member is lost.
        """
        base, local, remote = (fields.get(name) or [] for fields in (self.base, self.local, self.remote))
        kept = [member for member in local if member in remote or member not in base]
        members = kept + [member for member in remote if member not in local and member not in base]
        return members if len(members) >= self.entity_type.set_fields[name] else None

    def _is_in_buildium(self, side: Fields, names: Iterable[str]) -> bool:
        """Return whether Buildium has the result of a write of these values."""
        is_result = self.entity_type.results_from_write
        return all(is_result(name, side.get(name), self.remote.get(name)) for name in names)

    def _has_changed(self, side: Fields, names: Iterable[str]) -> bool:
        return differs(self.entity_type, self.base, {name: side.get(name) for name in names})


def _values(entity_type: EntityType, fields: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """Group an entity's fields into values. A composite value has those of its fields that are present."""
    present = set(fields)
    groups = dict.fromkeys(entity_type.composite_of(name) for name in fields)
    return [tuple(name for name in group if name in present) for group in groups]


def changed_fields(entity_type: EntityType, base: Fields, fields: Fields) -> Fields:
    """Return those of the fields that mean something different from the ones in the base."""
    return {name: value for name, value in fields.items() if differs(entity_type, base, {name: value})}


def with_sent_updates(entity_type: EntityType, base: Fields, sent: Iterable[Fields], remote: Fields) -> Fields:
    """Return the base with the values of sent updates that Buildium has: a lost response confirmed none of them.

    Without them a client's later change back to the base would count as no change, and Buildium's value as a new one.
    """
    for fields in sent:
        for names in _values(entity_type, fields):
            is_result = entity_type.results_from_write
            if all(name in remote and is_result(name, fields[name], remote[name]) for name in names):
                base = {**base, **{name: fields[name] for name in names}}
    return base


def unresolved(entity_type: EntityType, conflicts: Iterable[FieldConflict], base: Fields) -> Fields:
    """Return the base values of all fields in conflict. With them a base leads to the same conflicts again."""
    names = dict.fromkeys(name for conflict in conflicts for name in entity_type.composite_of(conflict.field))
    return {name: base.get(name) for name in names}


def won_by(conflicts: tuple[FieldConflict, ...], winner: Side) -> tuple[FieldConflict, ...]:
    """Return the conflicts that this side has won."""
    return tuple(conflict for conflict in conflicts if conflict.winner is winner)


def differs(entity_type: EntityType, before: Fields, after: Fields) -> bool:
    """Return whether a field of `after` means something different from the one in `before`."""
    return any(not entity_type.values_equal(name, before.get(name), value) for name, value in after.items())


def status_changed(entity_type: EntityType, base: Fields | None, after: Fields) -> bool:
    """Return whether Buildium's status differs from the base, for a type with requests that set the status."""
    agreed = entity_type.as_created({}) if base is None else base
    return bool(entity_type.status_requests) and agreed.get("status") != after.get("status")


def followed_changed(entity_type: EntityType, base: Fields | None, after: Fields) -> bool:
    """Return whether a write has changed a field that other entities follow. A create can only change its status."""
    if base is None:
        return status_changed(entity_type, base, after)
    followed = entity_type.followed_fields & after.keys()
    return any(not entity_type.values_equal(name, base.get(name), after[name]) for name in followed)
