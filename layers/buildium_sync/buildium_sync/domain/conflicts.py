"""Conflicts: which side wins, and what the sync record stores about them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from buildium_sync.domain.change_record import truncate
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.merge import FieldConflict, MergeResult, Side, merge
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.observability import increment, logger

_MAX_RECORDED_CONFLICTS = 10
"""Conflicts that a sync record keeps. The change history has all of them."""
_SIDES = {"local": Side.LOCAL, "buildium": Side.REMOTE}


@dataclass(frozen=True, slots=True)
class ConflictPolicy:
    """Which side wins when both have changed a field. `by_type` maps names of entity types to sides."""

    default: Side = Side.LOCAL
    by_type: Mapping[str, Side] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str, entity_types: Collection[str]) -> Self:
        """Parse `local`, `buildium`, `lease=buildium` or several of these, separated by commas.

        An empty string means `local`. Raises ValueError with the reason.
        """
        default, by_type = Side.LOCAL, {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, separator, side = (word.strip() for word in part.rpartition("="))
            if side not in _SIDES:
                raise ValueError(f"BUILDIUM_CONFLICT_POLICY: {side!r} must be local or buildium")
            if not separator:
                default = _SIDES[side]
            elif name in entity_types:
                by_type[name] = _SIDES[side]
            else:
                known = ", ".join(sorted(entity_types))
                raise ValueError(f"BUILDIUM_CONFLICT_POLICY: unknown entity type {name!r}; known types: {known}")
        return cls(default, by_type)

    def merge(self, entity_type: EntityType, *, base: Fields | None, local: Fields, remote: Fields) -> MergeResult:
        """Merge according to the policy.

        With `base` None both sides have never agreed, and the local value wins. In that case a lost create made the
        Buildium entity, possibly from an earlier version.
        """
        if base is None:
            # Buildium creates an active entity. The side with another status has changed it later.
            return merge(entity_type, base=entity_type.as_created({}), local=local, remote=remote, winner=Side.LOCAL)
        winner = self.by_type.get(entity_type.name, self.default)
        return merge(entity_type, base=base, local=local, remote=remote, winner=winner)


def add_conflicts(
    sync: SyncRecord, entity_type: EntityType, conflicts: Iterable[FieldConflict], version: int, at: str
) -> list[dict[str, Any]]:
    """Return the record's conflicts with new ones added, newest first, ten at most."""
    return [*(_recorded_conflict(entity_type, conflict, version, at) for conflict in conflicts), *sync.conflicts][
        :_MAX_RECORDED_CONFLICTS
    ]


def new_conflicts(
    sync: SyncRecord, entity_type: EntityType, conflicts: Iterable[FieldConflict], version: int
) -> Sequence[FieldConflict]:
    """Return the conflicts that the record does not hold yet. An attempt without a response repeats its conflicts."""
    known = [{**recorded, "at": ""} for recorded in sync.conflicts]
    return [conflict for conflict in conflicts if _recorded_conflict(entity_type, conflict, version, "") not in known]


def log_conflicts(ref: EntityRef, entity_type: EntityType, conflicts: Collection[FieldConflict]) -> None:
    """Count the values in conflict and log the names of their fields, without the values."""
    if conflicts:
        increment("SyncConflict", len({entity_type.composite_of(conflict.field) for conflict in conflicts}))
        fields = {conflict.field: conflict.winner.value for conflict in conflicts}
        logger.warning("Conflicting changes merged", extra={"entity": ref.pk, "winners": fields})


def _recorded_conflict(entity_type: EntityType, conflict: FieldConflict, version: int, at: str) -> dict[str, Any]:
    values = {} if conflict.field in entity_type.secret_fields else {"local": conflict.local, "remote": conflict.remote}
    stored = {name: truncate(value) for name, value in values.items()}
    return {"field": conflict.field, **stored, "winner": conflict.winner.value, "version": version, "at": at}
