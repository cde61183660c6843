"""Fields that name another entity: by local id (a string), or by Buildium id (an integer) without a local entity."""

from typing import Annotated, Any

from pydantic import PlainValidator

from buildium_sync.domain.reference_contract import BuildiumReference, Links, Reference, is_buildium_id

_MAX_LENGTH = 100


def _reference(value: Any) -> str | int:
    if is_buildium_id(value):
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    # Control characters and lone surrogates are not printable. The latter cannot be stored.
    if not 0 < len(text) <= _MAX_LENGTH or not text.isprintable():
        raise ValueError("must be an entity ID (string) or a Buildium ID (positive integer)")
    return text


# No union: pydantic reports one error per member of a union, under an invented name.
EntityReference = Annotated[str | int, PlainValidator(_reference, json_schema_input_type=str | int)]
"""A local id (string), or the Buildium id (int32) of an entity that is not linked."""


def resolve(links: Links, entity_type: str, value: str | int | None) -> int | None:
    """Return the Buildium id for a reference. Raises KeyError if a local id was not resolved."""
    return links.buildium_id(entity_type, value) if isinstance(value, str) else value


def to_reference(links: Links, entity_type: str, buildium_id: int | None) -> str | int | None:
    """Return the reference for a Buildium id: the local id of a linked entity, else the Buildium id."""
    if not buildium_id:
        return None
    return links.local_id(entity_type, buildium_id) or buildium_id


def local_references(field: str, entity_type: str, value: str | int | None) -> tuple[Reference, ...]:
    """Return the local reference of one field as `EntityType.local_references` does; nothing for a Buildium id."""
    return (Reference(field, entity_type, value),) if isinstance(value, str) else ()


def remote_references(entity_type: str, buildium_id: int | None) -> tuple[BuildiumReference, ...]:
    """Return the reference of one Buildium id as `EntityType.remote_references` does; nothing for an empty id."""
    return (BuildiumReference(entity_type, buildium_id),) if buildium_id else ()
