"""The references between entities, by local id and by Buildium id."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from buildium_sync.domain.json_types import Fields, Payload


class Reference(NamedTuple):
    """A field that names another local entity, such as an owner's property."""

    field: str
    entity_type: str
    entity_id: str

    @property
    def target(self) -> tuple[str, str]:
        """The type and the local id of the named entity."""
        return self.entity_type, self.entity_id


class BuildiumReference(NamedTuple):
    """A reference to a Buildium entity: its type, by the local name, and its Buildium id."""

    entity_type: str
    buildium_id: int


class Links(NamedTuple):
    """The Buildium ids of local entities and the local ids of Buildium entities, for the references of one entity."""

    buildium_ids: Mapping[tuple[str, str], int]
    local_ids: Mapping[tuple[str, int], str]

    def buildium_id(self, entity_type: str, entity_id: str) -> int:
        """Return the Buildium id of a local entity. Raises KeyError if it was not resolved."""
        return self.buildium_ids[entity_type, entity_id]

    def local_id(self, entity_type: str, buildium_id: int) -> str | None:
        """Return the local id of a Buildium entity, or None if there is no local entity."""
        return self.local_ids.get((entity_type, buildium_id))


NO_LINKS = Links({}, {})

BUILDIUM_IDS = range(1, 2**31)
_MAX_ID_DIGITS = len(str(BUILDIUM_IDS[-1]))


def is_buildium_id(value: Any) -> bool:
    """Return whether a value can be a Buildium id."""
    return type(value) is int and value in BUILDIUM_IDS


def parse_buildium_id(text: str) -> int | None:
    """Return the Buildium id in a string of ASCII digits, None if it has none. Leading zeros do not count."""
    digits = text.lstrip("0")
    # `int` raises ValueError for a string of more than 4,300 digits.
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_ID_DIGITS):
        return None
    return value if is_buildium_id(value := int(digits)) else None


def local_reference(value: Any, kind: str, local_ids: Mapping[tuple[str, int], str]) -> Any:
    """Return the local id for a Buildium id where it is known; of a list, for each member."""
    if isinstance(value, list):
        return [local_reference(each, kind, local_ids) for each in value]
    return local_ids.get((kind, value), value) if is_buildium_id(value) else value


class ReferenceContract:
    """What a type defines about its references. A type with `reference_fields` overrides `remote_references`."""

    reference_fields: ClassVar[Mapping[str, str]] = {}
    """Fields that name other entities, by local id or Buildium id, and the types of these entities."""
    linked_fields: ClassVar[Mapping[str, str]] = {}
    """Reference fields that responses derive from a field with Buildium ids, once the entity is in Buildium.

    `{"tenantIds": "buildiumTenantIds"}`: the response has the local ids of those Buildium ids that are linked.
    """
    linked_types: ClassVar[tuple[str, ...]] = ()
    """The types of which a local entity may have the same Buildium id, and is read when an entity changes."""
    further_references: ClassVar[Mapping[str, str]] = {}
    """Reference fields, and the fields with further ids of the same type: `{"leaseId": "leaseIds"}`."""
    association_fields: ClassVar[frozenset[str]] = frozenset()
    """Reference fields whose Buildium id may be that of an association. Associations have no local entity."""

    balance_field: ClassVar[str | None] = None
    """The reference field with the lease whose balance changes with the entity."""
    parent_field: ClassVar[str | None] = None
    """The reference field whose Buildium id is part of the type's paths, in place of `{parent}`."""

    @property
    def reference_filters(self) -> dict[str, str]:
        """The filters of lists by reference, and their reference fields: `{"propertyId": "propertyIds"}`."""
        return {name.removesuffix("s"): name for name in self.reference_fields}

    def referenced_ids(self, field: str, fields: Fields, *, in_buildium: bool | None) -> set[str | int]:
        """Return the local ids and Buildium ids of a reference field, as stored, with its `further_references`.

        A field in `linked_fields` has the ids from Buildium once Buildium has the entity. None
        returns those of both cases.
        """
        source, further = self.linked_fields.get(field), self.further_references.get(field)
        own = None if source and in_buildium else field
        linked = None if in_buildium is False else source
        values = [fields.get(name) for name in (own, linked, further) if name]
        ids = [each for value in values for each in (value if isinstance(value, list) else [value])]
        return {each for each in ids if each is not None}

    def parent_id(self, fields: Fields, links: Links) -> int | None:
        """Return the Buildium id for `{parent}`, None for a type without a parent.

        Raises KeyError if the parent was not resolved.
        """
        if self.parent_field is None:
            return None
        value, kind = fields[self.parent_field], self.reference_fields[self.parent_field]
        return links.buildium_id(kind, value) if isinstance(value, str) else value

    def local_references(self, fields: Fields) -> tuple[Reference, ...]:
        """Return the dependencies: the local entities that must be in Buildium before this one."""
        named = ((name, kind, value) for name, kind, value in self._references(fields) if isinstance(value, str))
        return tuple(Reference(name, kind, value) for name, kind, value in named)

    def references_by_buildium_id(self, fields: Mapping[str, Any]) -> tuple[BuildiumReference, ...]:
        """Return the entities that fields name by Buildium id. `fields` may be a body before validation."""
        named = ((kind, value) for _, kind, value in self._references(fields) if is_buildium_id(value))
        return tuple(BuildiumReference(kind, value) for kind, value in named)

    def with_local_ids(self, fields: Fields, local_ids: Mapping[tuple[str, int], str]) -> Fields:
        """Return the fields with local ids instead of Buildium ids, where the local ids are known."""
        named = {name: kind for name, kind in self.reference_fields.items() if name in fields}
        return {**fields, **{name: local_reference(fields[name], kind, local_ids) for name, kind in named.items()}}

    def linked_references(self, fields: Mapping[str, Any]) -> tuple[BuildiumReference, ...]:
        """Return the Buildium entities from which `linked_fields` are derived."""
        return tuple(
            BuildiumReference(self.reference_fields[name], buildium_id)
            for name, source in self.linked_fields.items()
            for buildium_id in fields.get(source) or ()
        )

    def agrees_with_linked(self, fields: Fields, linked: Fields) -> bool:
        """Return whether an entity and one of `linked_types` with its Buildium id have the same common values."""
        return True

    def with_linked_ids(self, fields: Fields, local_ids: Mapping[tuple[str, int], str]) -> Fields:
        """Return the fields with `linked_fields`. Buildium ids that `local_ids` does not have are left out."""
        found = {
            name: [local_ids.get((self.reference_fields[name], each)) for each in fields.get(source) or ()]
            for name, source in self.linked_fields.items()
        }
        return {**fields, **{name: [each for each in ids if each is not None] for name, ids in found.items()}}

    def _references(self, fields: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """Yield the field, the type and the id of each reference; of a list, of each member."""
        for name, kind in self.reference_fields.items():
            value = fields.get(name)
            for each in value if isinstance(value, list) else [value]:
                yield name, kind, each

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the Buildium entities whose local ids `from_buildium` needs."""
        return ()
