"""Fields that both sides have changed since they last agreed: who wins, and the note that is made of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from buildium_sync.domain.change_record import truncate
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, Fields
from buildium_sync.domain.merge import FieldConflict, MergeResult, Side, merge
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.observability import increment, logger

_MAX_NOTED_CONFLICTS = 10
"""Conflicts that a sync record keeps; the history has all."""
_SIDES = {"local": Side.LOCAL, "buildium": Side.REMOTE}


@dataclass(frozen=True, slots=True)
class ConflictPolicy:
    """Whose value wins when both sides have changed a field; `by_type` is by the entity type's name."""

    default: Side = Side.LOCAL
    by_type: Mapping[str, Side] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str, entity_types: Collection[str]) -> Self:
        """Parse `local`, `buildium`, `lease=buildium` or several, separated by commas; empty is `local`.

        Raises ValueError that names what is wrong.
        """
        default, by_type = Side.LOCAL, {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, named, side = (word.strip() for word in part.rpartition("="))
            if side not in _SIDES:
                raise ValueError(f"BUILDIUM_CONFLICT_POLICY: {side!r} must be local or buildium")
            if not named:
                default = _SIDES[side]
            elif name in entity_types:
                by_type[name] = _SIDES[side]
            else:
                known = ", ".join(sorted(entity_types))
                raise ValueError(f"BUILDIUM_CONFLICT_POLICY: unknown entity type {name!r}; known types: {known}")
        return cls(default, by_type)

    def merge(self, entity_type: EntityType, *, base: Fields | None, local: Fields, remote: Fields) -> MergeResult:
        """Merge as the policy says. With `base` None both sides have never agreed, and local wins.

        Then what Buildium has was made by a create of local whose answer was lost, perhaps of an earlier version.
        """
        if base is None:
            # A create makes an active entity: another status was set later, on the side that has it.
            return merge(entity_type, base=entity_type.as_created({}), local=local, remote=remote, winner=Side.LOCAL)
        winner = self.by_type.get(entity_type.name, self.default)
        return merge(entity_type, base=base, local=local, remote=remote, winner=winner)


def add_conflicts(
    sync: SyncRecord, entity_type: EntityType, conflicts: Iterable[FieldConflict], version: int, at: str
) -> list[dict[str, Any]]:
    """Return the conflicts that a sync record keeps once these have been added, newest first, ten at most."""
    return [*(_conflict_note(entity_type, conflict, version, at) for conflict in conflicts), *sync.conflicts][
        :_MAX_NOTED_CONFLICTS
    ]


def new_conflicts(
    sync: SyncRecord, entity_type: EntityType, conflicts: Iterable[FieldConflict], version: int
) -> Sequence[FieldConflict]:
    """Return those conflicts that are not noted yet: an attempt whose answer was lost meets them again."""
    known = [{**note, "at": ""} for note in sync.conflicts]
    return [conflict for conflict in conflicts if _conflict_note(entity_type, conflict, version, "") not in known]


def log_conflicts(ref: EntityRef, entity_type: EntityType, conflicts: Collection[FieldConflict]) -> None:
    """Count the values in conflict, and log the names of their fields."""
    if conflicts:
        increment("SyncConflict", len({entity_type.value_of(conflict.field) for conflict in conflicts}))
        fields = {conflict.field: conflict.winner.value for conflict in conflicts}
        logger.warning("Conflicting changes merged", extra={"entity": ref.pk, "winners": fields})


def _conflict_note(entity_type: EntityType, conflict: FieldConflict, version: int, at: str) -> dict[str, Any]:
    values = {} if conflict.field in entity_type.secret_fields else {"local": conflict.local, "remote": conflict.remote}
    told = {name: truncate(value) for name, value in values.items()}
    return {"field": conflict.field, **told, "winner": conflict.winner.value, "version": version, "at": at}
