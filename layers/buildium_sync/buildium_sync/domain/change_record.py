"""The change history of an entity: the values that each write replaced."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.merge import FieldConflict

_MAX_VALUE_BYTES = 2048
_MAX_CHANGES_BYTES = 24_576
"""As JSON. A page of the feed has 100 changes, and Lambda's limit for a response is 6 MB with escapes."""
_VALUE_LIMITS_BYTES = (_MAX_VALUE_BYTES, 64)
_CHANGED_SECRET = "changed"  # noqa: S105 -- replaces a secret value


class ChangeRecord(NamedTuple):
    """The values that one write replaced.

    `at` is the time of the write (ISO 8601). `origin` is who wrote the new values. `version` is the entity's version
    after the write. `api_key_id` identifies the client that wrote it. `changes` holds `{"old", "new"}` per field, or
    `"changed"` for a secret field. `conflict` names the changed fields that both sides had changed.

    With `is_remote_value`, the old values existed in Buildium only and never in the local entity.
    """

    ref: EntityRef
    at: str
    origin: Origin
    version: int
    changes: dict[str, Any]
    conflict: tuple[str, ...] = ()
    is_remote_value: bool = False
    api_key_id: str | None = None


def change_record(
    entity_type: EntityType, before: Entity, after: Entity, conflict: Collection[str] = ()
) -> ChangeRecord | None:
    """Return the record of an entity's next version, None if no value changed.

    `conflict` names the fields that both sides had changed.
    """
    changes = {**_changes(entity_type, before.fields, after.fields), **unsynced_changes(before, after)}
    if not changes:
        return None
    conflicting = tuple(name for name in conflict if name in changes)
    return ChangeRecord(
        after.ref, after.updated_at, after.origin, after.version, changes, conflicting, api_key_id=after.api_key_id
    )


def remote_overwrite_record(
    entity_type: EntityType, entity: Entity, conflicts: Sequence[FieldConflict], at: str, *, agreed: bool
) -> ChangeRecord:
    """Return the record of Buildium values that local values replace.

    `at` is in ISO 8601. Without a base (`agreed` is false) a different value is not a change, so no conflict is
    recorded.
    """
    remote = {conflict.field: conflict.remote for conflict in conflicts}
    changes = _changes(entity_type, remote, {conflict.field: conflict.local for conflict in conflicts})
    conflicting = tuple(remote) if agreed else ()
    return ChangeRecord(
        entity.ref,
        at,
        Origin.API,
        entity.version,
        changes,
        conflicting,
        is_remote_value=True,
        api_key_id=entity.api_key_id,
    )


def to_response(entry: ChangeRecord, operator: str | None) -> dict[str, Any]:
    """Return the body of one entry of the history. `operator` is the name of the operator who wrote the values."""
    return {
        "at": entry.at,
        "origin": entry.origin.value,
        "apiKeyId": entry.api_key_id,
        "operator": operator,
        "version": entry.version,
        "changes": entry.changes,
        "conflict": list(entry.conflict),
    }


def truncate(value: Any, max_bytes: int = _MAX_VALUE_BYTES) -> Any:
    """Return a value of at most so many bytes as JSON; a longer one becomes `{"truncated", "bytes"}`."""
    encoded = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()
    if len(encoded) <= max_bytes:
        return value
    return {"truncated": encoded[:max_bytes].decode(errors="ignore"), "bytes": len(encoded)}


def field_changes(entity_type: EntityType, before: Fields, after: Fields) -> dict[str, Any]:
    """Return `{"old", "new"}` of each changed field, with whole values, or `"changed"` for a secret field."""
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return {
        name: _CHANGED_SECRET
        if name in entity_type.secret_fields
        else {"old": before.get(name), "new": after.get(name)}
        for name in names
    }


def bounded_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes of at most 24 KB as JSON. The largest values are truncated first, to 2 KB or, if needed, less."""
    bounded = {name: change if change == _CHANGED_SECRET else {**change} for name, change in changes.items()}
    for max_bytes in _VALUE_LIMITS_BYTES:
        values = [(name, side) for name, change in bounded.items() if change != _CHANGED_SECRET for side in change]
        for name, side in sorted(values, key=lambda value: -_size(changes[value[0]][value[1]])):
            if _size(bounded) <= _MAX_CHANGES_BYTES:
                return bounded
            bounded[name][side] = truncate(changes[name][side], max_bytes)
    return bounded


def unsynced_changes(before: Entity | None, after: Entity) -> dict[str, Any]:
    """Return `{"old", "new"}` of the changed values that are no fields: `deletedAt` and `externalId`."""
    pairs = {
        "deletedAt": (before.deleted_at if before else None, after.deleted_at),
        EXTERNAL_ID: (before.external_id if before else None, after.external_id),
    }
    return {name: {"old": old, "new": new} for name, (old, new) in pairs.items() if old != new}


def _changes(entity_type: EntityType, before: Fields, after: Fields) -> dict[str, Any]:
    changes = field_changes(entity_type, before, after)
    return {
        name: change if change == _CHANGED_SECRET else {side: truncate(value) for side, value in change.items()}
        for name, change in changes.items()
    }


def _size(value: Any) -> int:
    return len(json.dumps(value))
