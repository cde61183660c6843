"""How an entity leads to rental properties, for a stack that syncs only some of them."""

from typing import ClassVar, NamedTuple

from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import BuildiumReference, ReferenceContract

ASSOCIATION = "association"
"""Stands for an entity type in a reference. Associations have no local entity and are never in scope."""


class ScopeReference(NamedTuple):
    """A reference that leads to a property: its field, and the type and the local id or Buildium id of its target."""

    field: str
    entity_type: str
    entity_id: str | int


class ScopeContract(ReferenceContract):
    """What a type defines about its properties. A type without `scope_fields` is always in scope."""

    is_scope_root: ClassVar[bool] = False
    """Whether BUILDIUM_PROPERTY_IDS has the Buildium ids of this type."""
    scope_fields: ClassVar[tuple[str, ...]] = ()
    """The reference fields that lead to the properties of an entity."""
    needs_every_property: ClassVar[bool] = True
    """Whether an entity is sent only if all of its properties are in scope. For a person, one of them is enough."""

    def scope_references(self, fields: Fields) -> tuple[ScopeReference, ...]:
        """Return the references of a local entity that lead to its properties."""
        return tuple(
            ScopeReference(name, self.reference_fields[name], each)
            for name in self.scope_fields
            for each in self.referenced_ids(name, fields, in_buildium=None)
        )

    def remote_scope_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the references of a Buildium payload that lead to its properties.

        A type whose payloads name the properties themselves overrides it, so that nothing has to be read.
        """
        kinds = {self.reference_fields[name] for name in self.scope_fields}
        return tuple(each for each in self.remote_references(payload) if each.entity_type in kinds)
