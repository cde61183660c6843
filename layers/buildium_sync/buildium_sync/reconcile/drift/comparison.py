"""Compares the fields of an entity with those that Buildium shows."""

from typing import Any

from buildium_sync.domain.change_record import truncate
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields

_SECRET = "different"  # noqa: S105 -- shown in place of a secret


def differing(entity_type: EntityType, local: Fields, remote: Fields) -> tuple[dict[str, Any], ...]:
    """Return the fields whose values differ, as an entry shows them."""
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
