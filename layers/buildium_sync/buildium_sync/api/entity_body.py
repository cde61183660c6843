"""The body of a create or an update: the fields of the type, and the external id."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity_model import identical
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID, EXTERNAL_ID_RULE, is_valid_external_id
from buildium_sync.errors import FieldError, InvalidFields


class EntityBody(NamedTuple):
    """The body of a create or an update: the fields, and the external id if `sets_external_id`. None removes it."""

    fields: Mapping[str, Any]
    external_id: str | None = None
    sets_external_id: bool = False

    @classmethod
    def read(cls, entity_type: EntityType, body: Mapping[str, Any]) -> "EntityBody":
        """Separate the external id from the fields. Raises InvalidFields for an invalid one, or two different ones."""
        names = {EXTERNAL_ID, entity_type.external_id_name}
        found = {name: body[name] for name in sorted(names) if name in body}
        if not found:
            return cls(body)
        external_id, *others = found.values()
        if any(other != external_id for other in others):
            raise InvalidFields([FieldError(name, f"{' and '.join(found)} must be equal") for name in found])
        if external_id is not None and not is_valid_external_id(external_id):
            raise InvalidFields([FieldError(EXTERNAL_ID, f"{EXTERNAL_ID_RULE}, or null")])
        fields = {name: value for name, value in body.items() if name not in names}
        return cls(fields, external_id, sets_external_id=True)

    def external_id_after(self, before: str | None) -> str | None:
        """Return the external id after an update of an entity that has `before`."""
        return self.external_id if self.sets_external_id else before


def check_unchanged(stored: StoredEntity, provided: Mapping[str, Any]) -> None:
    """Raise InvalidFields for a field with another value than that of an entity that only Buildium changes."""
    shown, name = stored.representation(), stored.entity_type.name
    errors = [
        FieldError(field, f"only Buildium changes a {name}; a client can set its externalId")
        for field, value in provided.items()
        if field not in shown or not identical(value, shown[field])
    ]
    if errors:
        raise InvalidFields(errors)
