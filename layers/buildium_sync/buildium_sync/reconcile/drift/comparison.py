"""Compares the fields of an entity with those that Buildium shows."""

from typing import Any, NamedTuple

from buildium_sync.domain.change_record import truncate
from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.linking.id_links import aligned, aligned_base
from buildium_sync.store.entities import EntityWithSync

DifferingFields = tuple[dict[str, Any], ...]
"""Fields with both values: `{"field", "local", "remote"}`."""
_SECRET = "different"  # noqa: S105 -- shown in place of a secret


class Compared(NamedTuple):
    """What differs between both sides: the fields as an entry shows them, and what a merge writes to each side.

    `pulled` are written locally and `pushed` in Buildium. `hidden` are the fields that Buildium did not show.
    """

    fields: DifferingFields
    hidden: tuple[str, ...]
    pulled: tuple[str, ...]
    pushed: tuple[str, ...]


def compare(
    entity_type: EntityType, loaded: EntityWithSync, payload: Payload, links: Links, policy: ConflictPolicy
) -> Compared:
    """Return what differs between a local entity and its Buildium entity."""
    entity, sync = loaded.entity, loaded.sync
    shown = entity_type.from_buildium(payload, links)
    local = aligned(entity_type, entity.fields, shown, links)
    base = aligned_base(entity_type, sync, shown, links)
    derived = entity_type.with_hidden_values(shown, base=base or {}, local=local)
    remote = {name: derived[name] for name in shown}
    fields = differing(entity_type, entity.fields, remote)
    merged = policy.merge(entity_type, base=base, local=local, remote=remote).fields
    names, equal = [each["field"] for each in fields], entity_type.values_equal
    return Compared(
        fields,
        not_shown(entity_type, shown),
        pulled=tuple(name for name in names if not equal(name, merged[name], entity.fields.get(name))),
        pushed=tuple(name for name in names if not equal(name, merged[name], remote[name])),
    )


def differing(entity_type: EntityType, local: Fields, remote: Fields) -> DifferingFields:
    """Return the fields of `remote` whose values differ, as an entry shows them."""
    names = [name for name, value in remote.items() if not entity_type.values_equal(name, local.get(name), value)]
    return tuple({"field": name, **_values(entity_type, name, local, remote)} for name in names)


def not_shown(entity_type: EntityType, shown: Fields) -> tuple[str, ...]:
    """Return the fields that Buildium did not show, so that they cannot be compared.

    Fields that responses derive from what Buildium shows are not among them.
    """
    return tuple(
        name for name in entity_type.field_names if name not in shown and name not in entity_type.linked_fields
    )


def _values(entity_type: EntityType, name: str, local: Fields, remote: Fields) -> dict[str, Any]:
    if name in entity_type.secret_fields:
        return {"local": _SECRET, "remote": _SECRET}
    return {"local": truncate(local.get(name)), "remote": truncate(remote.get(name))}
