"""The definition of an entity type for the rest of the system.

A type is one file with one subclass of `EntityType`, and one row in `entity_types.registry`. All of its code is pure:
no clock, no network, no database.

field_contract            the fields, and what a client may set
reference_contract        the fields that name other entities
scope_contract            the fields that lead to properties
inbound_contract          reading from Buildium
outbound_contract         writing to Buildium
identification_contract   recognizing an entity without its id
"""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from pydantic.alias_generators import to_camel

from buildium_sync.domain.external_id import EXTERNAL_ID
from buildium_sync.domain.identification_contract import IdentificationContract
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.outbound_contract import OutboundContract
from buildium_sync.domain.scope_contract import ScopeContract


class NestedRoute(NamedTuple):
    """The route that creates an entity below another one: `POST /api/{collection}/{id}/{action}`.

    `field` is the reference field that gets the id in the path. `has_delete` is whether the entity is deleted there.
    """

    collection: str
    action: str
    field: str
    has_delete: bool = False

    @property
    def path(self) -> str:
        """The path with `{entity_id}` for the id."""
        return f"/api/{self.collection}/{{entity_id}}/{self.action}"


class EntityType(IdentificationContract, ScopeContract, OutboundContract):
    """One entity type. Its contracts say what a type must define, and what it may override."""

    collection: ClassVar[str]
    """The path segment of the API: `properties`."""
    is_read_only: ClassVar[bool] = False
    """Whether only Buildium creates and changes the entities."""
    requires_idempotency_key: ClassVar[bool] = False
    """Whether a create without an `Idempotency-Key` is rejected. A repeated request must not post money twice."""
    nested_route: ClassVar[NestedRoute | None] = None
    """The route below the entity that this one belongs to, besides the collection."""
    unique_field: ClassVar[str | None] = None
    """The reference field that at most one entity has the same value of. The value is the local id.

    A repeated create then returns the existing entity.
    """
    external_id_name: ClassVar[str] = EXTERNAL_ID
    """The name of the external id in responses. A body may have this name, or `externalId`."""
    page_path: ClassVar[str | None] = None
    """The path of an entity's page in Buildium's web application, with `{id}` and reference fields in braces.

    Buildium documents no paths: each one is from public code on GitHub that uses it.
    """
    shown_with: ClassVar[str | None] = None
    """The reference field with the entity whose page shows this one, for a type that has no page of its own."""
    copied_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that a create copies from the entity of `nested_route`, if that is local."""

    def copy_fields(self, source: Fields) -> Fields:
        """Return the `copied_fields` from the fields of the entity that `nested_route` names."""
        return {name: source[name] for name in self.copied_fields}

    def to_response(self, entity_id: str, fields: Fields, times: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the entity in the form of the API. `times` holds createdAt, updatedAt, deletedAt and
        deletionRequestedAt, or None.

        A remote-owned field that was never read from Buildium has its default.
        """
        fields = {**self.default_remote_fields, **fields}
        shown = {name: times.get(name) for name in ("createdAt", "updatedAt")}
        deleted = {name: times[name] for name in ("deletionRequestedAt", "deletedAt") if times.get(name)}
        return {"id": entity_id, **{name: fields.get(name) for name in self.field_names}, **shown, **deleted}

    def wrap_response(self, representation: dict[str, Any], sync: dict[str, Any], message: str) -> dict[str, Any]:
        """Return the body of the response to a create, a read or an update. An empty `message` is left out."""
        optional = {"message": message} if message else {}
        return {**optional, to_camel(self.name.replace("-", "_")): representation, "buildiumSync": sync}
