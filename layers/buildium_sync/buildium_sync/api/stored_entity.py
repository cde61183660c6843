"""A stored entity with its sync record, in the forms of the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from buildium_sync.domain.entity import Entity
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import FINAL, Status
from buildium_sync.store.entities import EntityStore

if TYPE_CHECKING:
    from buildium_sync.api.conditions import Condition


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """A stored entity with its sync record."""

    entity_type: EntityType
    entity: Entity
    sync: SyncRecord
    local_ids: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """The local ids that the type's `linked_fields` show, by type and Buildium id."""

    @property
    def fields(self) -> Fields:
        """The fields as responses show them. In Buildium, the entity's `linked_fields` are those of Buildium."""
        stored = self.entity.fields
        return stored if self.sync.buildium_id is None else self.entity_type.with_linked_ids(stored, self.local_ids)

    def to_stored(self, fields: Fields) -> Fields:
        """Return an update of `fields` with the stored values of `linked_fields`, which only a create sends."""
        if self.sync.buildium_id is None:
            return fields
        derived, stored = self.entity_type.linked_fields, self.entity.fields
        kept = {name: stored[name] for name in derived if name in stored}
        return {**{name: value for name, value in fields.items() if name not in derived}, **kept}

    def representation(self) -> dict[str, Any]:
        """Return the entity in the form of the API."""
        entity = self.entity
        times = {
            "createdAt": entity.created_at,
            "updatedAt": entity.updated_at,
            "deletionRequestedAt": entity.deletion_requested_at,
            "deletedAt": entity.deleted_at,
        }
        shown = self.entity_type.to_response(entity.ref.entity_id, self.fields, times)
        return {**shown, self.entity_type.external_id_name: entity.external_id}

    def to_response(self, message: str = "", stopped: "Condition | None" = None) -> dict[str, Any]:
        """Return the body of a response with this entity. `stopped` is the condition that keeps it pending."""
        summary = sync_summary(self.sync)
        if stopped is not None and self.sync.status not in FINAL:
            summary |= {"error": stopped["consequence"], "errorCode": stopped["code"]}
        return self.entity_type.wrap_response(self.representation(), summary, message)

    def to_list_item(self) -> dict[str, Any]:
        """Return the entity in the form of a list."""
        return {**self.representation(), "buildiumSync": sync_summary(self.sync)}


def with_links(store: EntityStore, found: Sequence[StoredEntity]) -> list[StoredEntity]:
    """Return the entities with the local ids that their `linked_fields` show."""
    references = {ref for each in found for ref in each.entity_type.linked_references(each.entity.fields)}
    if not references:
        return list(found)
    local_ids = store.local_ids((each.entity_type, each.buildium_id) for each in references)
    return [replace(each, local_ids=local_ids) for each in found]


def sync_summary(sync: SyncRecord) -> dict[str, Any]:
    """Return the `buildiumSync` object. `success` and `error` are null until the sync has a result."""
    known = sync.status in FINAL
    is_done = sync.status is Status.SYNCED or (sync.status is Status.DELETED and sync.error_code is None)
    return {
        "success": is_done if known else None,
        "buildiumId": sync.buildium_id,
        "error": sync.error_message if known else None,
        "status": sync.status.value,
    }
