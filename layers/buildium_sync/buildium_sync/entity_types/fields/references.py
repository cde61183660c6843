"""Fields that name another entity: by our id, a text, or by Buildium's, a number, where we do not keep it."""

from typing import Annotated, Any

from pydantic import PlainValidator

from buildium_sync.domain.entity_type import BuildiumReference, Links, Reference, is_buildium_id

_MAX_LENGTH = 100


def _reference(value: Any) -> str | int:
    if is_buildium_id(value):
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    # Not printable are control characters, and halves of a character, which cannot be stored.
    if not 0 < len(text) <= _MAX_LENGTH or not text.isprintable():
        raise ValueError("must be an entity ID (string) or a Buildium ID (positive integer)")
    return text


# Not a plain union: pydantic reports each member of one as an error of its own, under an invented name.
EntityReference = Annotated[str | int, PlainValidator(_reference, json_schema_input_type=str | int)]
"""An id of ours (text), or Buildium's id (int32) of something that is not kept here."""


def resolve(links: Links, entity_type: str, value: str | int | None) -> int | None:
    """Return the Buildium id that a reference means. Raises KeyError for an id of ours that was not resolved."""
    return links.buildium_id(entity_type, value) if isinstance(value, str) else value


def to_reference(links: Links, entity_type: str, buildium_id: int | None) -> str | int | None:
    """Return the reference that means a Buildium id: ours where we keep the entity, else the number itself."""
    if not buildium_id:
        return None
    return links.local_id(entity_type, buildium_id) or buildium_id


def local_references(field: str, entity_type: str, value: str | int | None) -> tuple[Reference, ...]:
    """Return what `EntityType.references` says about one field: nothing for an id of Buildium's."""
    return (Reference(field, entity_type, value),) if isinstance(value, str) else ()


def remote_references(entity_type: str, buildium_id: int | None) -> tuple[BuildiumReference, ...]:
    """Return what `EntityType.buildium_references` says about one id in a message: nothing for an empty one."""
    return (BuildiumReference(entity_type, buildium_id),) if buildium_id else ()
