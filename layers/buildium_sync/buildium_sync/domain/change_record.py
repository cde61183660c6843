"""What a write overwrites, as the entity's history keeps it."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType, Fields
from buildium_sync.domain.merge import FieldConflict

_LONGEST_VALUE = 2048
"""Bytes of a value, as JSON, that are kept of it."""
_SECRET = "changed"  # noqa: S105 -- it stands where a secret does not


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """What one write overwrote.

    `at` is when (ISO 8601), `origin` who wrote the new values, `version` the entity's after the write. `changes` holds
    `{"old", "new"}` for each field, or `"changed"` for one whose values are secret. `conflict` names those of the
    fields that both sides had changed. `is_remote_value` tells that the old values were Buildium's and never local.
    """

    ref: EntityRef
    at: str
    origin: Origin
    version: int
    changes: dict[str, Any]
    conflict: tuple[str, ...] = ()
    is_remote_value: bool = False


def change_record(
    entity_type: EntityType, before: Entity, after: Entity, conflict: Collection[str] = ()
) -> ChangeRecord | None:
    """Return the entry for an entity's next version, None when no value went; `conflict` names fields of both sides."""
    changes = _changes(entity_type, before.fields, after.fields)
    if before.deleted_at != after.deleted_at:
        changes["deletedAt"] = {"old": before.deleted_at, "new": after.deleted_at}
    if not changes:
        return None
    told = tuple(name for name in conflict if name in changes)
    return ChangeRecord(after.ref, after.updated_at, after.origin, after.version, changes, told)


def remote_overwrite_record(
    entity_type: EntityType, entity: Entity, conflicts: Sequence[FieldConflict], at: str, *, agreed: bool
) -> ChangeRecord:
    """Return the entry for values of Buildium's that give way to local; `at` is ISO 8601.

    Where both sides have never `agreed`, nobody has changed anything, and it tells of no conflict.
    """
    remote = {conflict.field: conflict.remote for conflict in conflicts}
    changes = _changes(entity_type, remote, {conflict.field: conflict.local for conflict in conflicts})
    told = tuple(remote) if agreed else ()
    return ChangeRecord(entity.ref, at, Origin.API, entity.version, changes, told, is_remote_value=True)


def to_response(entry: ChangeRecord) -> dict[str, Any]:
    """Return an entry as the API shows it."""
    return {
        "at": entry.at,
        "origin": entry.origin.value,
        "version": entry.version,
        "changes": entry.changes,
        "conflict": list(entry.conflict),
    }


def truncate(value: Any) -> Any:
    """Return a value as it can be kept: of one longer than 2 KB the beginning, `{"truncated", "bytes"}`."""
    encoded = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()
    if len(encoded) <= _LONGEST_VALUE:
        return value
    return {"truncated": encoded[:_LONGEST_VALUE].decode(errors="ignore"), "bytes": len(encoded)}


def _changes(entity_type: EntityType, before: Fields, after: Fields) -> dict[str, Any]:
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return {
        name: _SECRET
        if name in entity_type.secret_fields
        else {"old": truncate(before.get(name)), "new": truncate(after.get(name))}
        for name in names
    }
