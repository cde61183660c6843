"""Names in the document."""

from pydantic.alias_generators import to_pascal

from buildium_sync.domain.entity_type import EntityType


def schema_name(entity_type: EntityType) -> str:
    """Return the name of the schema of an entity type, e.g. `WorkOrder`."""
    return to_pascal(entity_type.name.replace("-", "_"))


def with_article(entity_type: EntityType) -> str:
    """Return the name of an entity type with its article, e.g. `a work order`, `an owner`, `a unit`."""
    words = entity_type.name.replace("-", " ")
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"
