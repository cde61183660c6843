"""Conversion between the items of the entities table and objects.

    pk                        sk                    what
    property#7                entity                the entity: fields, version, origin
    property#7                sync                  its sync record: what Buildium has of it, and its status
    property#7                dependent#owner#3     the owner is blocked until the property is in Buildium
    buildium#property#501     link                  Buildium id 501 is local property 7
    external-id#property#A7   external-id           the application's key A7 is local property 7
    property#7                auto-created#unit     Buildium created unit 2001 with it; no local unit has claimed it
    intents#property          7                     a create was started, and its Buildium id is not stored yet
    history#property#7        2026-…Z#3             what version 3 overwrote, for a year (see `store.history`)
    erasures                  2026-…Z#property#7    the record of an erasure (see `store.erasures`)
    idempotency#9f86…         idempotency           an Idempotency-Key created property 7 (see `store.idempotency_keys`)

The index `by-collection` lists entities by type in order of creation, the failed, blocked, reviewed and deleted syncs
by type, and auto-created units by type and Buildium id. The index `by-state` lists the unfinished syncs by state. Its
sort key is the time at which the sync is due (the end of a lease or of a wait), or else the time of the last write.
"""

from buildium_sync.domain.create_intent import AutoCreatedUnit
from buildium_sync.domain.entity import ChangeSource, Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import LISTED, Status
from buildium_sync.errors import ErrorCode, NewerSchema
from buildium_sync.store.dynamodb import Item

ENTITY = "entity"
SYNC = "sync"
LINK = "link"
DEPENDENT = "dependent#"
AUTO_CREATED = "auto-created#"
SCHEMA_VERSION = 1
"""The version of the attributes of entities and sync records. Items of 0.1.0 have none, and are of version 1."""


def intents_pk(entity_type: str) -> str:
    """Return the partition of a type's open intents."""
    return f"intents#{entity_type}"


def link_pk(entity_type: str, buildium_id: int) -> str:
    """Return the partition key of a Buildium id's link."""
    return f"buildium#{entity_type}#{buildium_id}"


def entity_to_item(entity: Entity) -> Item:
    """Return the item."""
    return {
        "pk": entity.ref.pk,
        "sk": ENTITY,
        "schemaVersion": SCHEMA_VERSION,
        "entityType": entity.ref.entity_type,
        "entityId": entity.ref.entity_id,
        "version": entity.version,
        "fields": entity.fields,
        "origin": entity.origin.value,
        "createdAt": entity.created_at,
        "updatedAt": entity.updated_at,
        "deletedAt": entity.deleted_at,
        "deletionRequestedAt": entity.deletion_requested_at,
        "correlationId": entity.correlation_id,
        "apiKeyId": entity.api_key_id,
        "source": entity.via.value if entity.via else None,
        "externalId": entity.external_id,
        "erasedAt": entity.erased_at,
        "collectionPk": entity.ref.entity_type,
        "collectionSk": f"{entity.created_at}#{entity.ref.entity_id}",
    }


def entity_from_item(item: Item) -> Entity:
    """Parse the item. Raises NewerSchema."""
    _check_schema(item)
    return Entity(
        ref=EntityRef(item["entityType"], item["entityId"]),
        version=item["version"],
        fields=item["fields"],
        origin=Origin(item["origin"]),
        created_at=item["createdAt"],
        updated_at=item["updatedAt"],
        correlation_id=item["correlationId"],
        deleted_at=item.get("deletedAt"),
        deletion_requested_at=item.get("deletionRequestedAt"),
        api_key_id=item.get("apiKeyId"),
        via=ChangeSource(item["source"]) if "source" in item else None,
        external_id=item.get("externalId"),
        erased_at=item.get("erasedAt"),
    )


def sync_record_to_item(record: SyncRecord) -> Item:
    """Return the item with its index keys."""
    return {
        "pk": record.ref.pk,
        "sk": SYNC,
        "schemaVersion": SCHEMA_VERSION,
        "entityType": record.ref.entity_type,
        "entityId": record.ref.entity_id,
        "revision": record.revision,
        "version": record.version,
        "syncStatus": record.status.value,
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "correlationId": record.correlation_id,
        "requestedAt": record.requested_at,
        "syncedVersion": record.synced_version,
        "buildiumId": record.buildium_id,
        "lastSyncedAt": record.last_synced_at,
        "errorCode": record.error_code.value if record.error_code else None,
        "errorMessage": record.error_message,
        "errors": record.errors or None,
        "attempts": record.attempts,
        "deferrals": record.deferrals,
        "leaseToken": record.lease_token,
        "leaseFrom": record.lease_from,
        "leaseUntil": record.lease_until,
        "leaseOwner": record.lease_owner,
        "notBefore": record.not_before,
        "intentAt": record.intent_at,
        "createVisibleUntil": record.create_visible_until,
        "base": record.base,
        "expectedEchoes": record.expected_echoes or None,
        "sentUpdates": record.sent_updates or None,
        "conflicts": record.conflicts or None,
        "due": record.due,
        **_optional_attributes(record),
        **_review_attributes(record),
        **_sync_index_keys(record),
    }


def _optional_attributes(record: SyncRecord) -> Item:
    return {
        "externalIdChanges": record.external_id_changes or None,
        "retriedBy": record.retried_by,
        "createdBuildiumId": record.created_buildium_id,
    }


def _review_attributes(record: SyncRecord) -> Item:
    return {
        "candidates": record.candidates or None,
        "candidateDetails": record.candidate_details or None,
        "decidedAt": record.decided_at,
        "decidedBy": record.decided_by,
    }


def _sync_index_keys(record: SyncRecord) -> Item:
    listed = record.status in LISTED
    unfinished = record.status is not Status.SYNCED
    return {
        "statePk": record.status.value if unfinished else None,
        "stateSk": f"{record.due or record.updated_at}#{record.ref.pk}" if unfinished else None,
        "collectionPk": f"{record.status.value}#{record.ref.entity_type}" if listed else None,
        "collectionSk": f"{record.updated_at}#{record.ref.entity_id}" if listed else None,
    }


def sync_record_from_item(item: Item) -> SyncRecord:
    """Parse the item. Raises NewerSchema."""
    _check_schema(item)
    return SyncRecord(
        ref=EntityRef(item["entityType"], item["entityId"]),
        version=item["version"],
        status=Status(item["syncStatus"]),
        created_at=item["createdAt"],
        updated_at=item["updatedAt"],
        correlation_id=item["correlationId"],
        requested_at=item["requestedAt"],
        revision=item["revision"],
        synced_version=item["syncedVersion"],
        buildium_id=item.get("buildiumId"),
        last_synced_at=item.get("lastSyncedAt"),
        error_code=ErrorCode(item["errorCode"]) if "errorCode" in item else None,
        error_message=item.get("errorMessage"),
        errors=item.get("errors", []),
        candidates=item.get("candidates", []),
        candidate_details=item.get("candidateDetails", []),
        attempts=item["attempts"],
        deferrals=item["deferrals"],
        lease_token=item["leaseToken"],
        lease_from=item.get("leaseFrom", 0),
        lease_until=item["leaseUntil"],
        lease_owner=item.get("leaseOwner"),
        not_before=item["notBefore"],
        intent_at=item.get("intentAt"),
        create_visible_until=item["createVisibleUntil"],
        base=item.get("base"),
        expected_echoes=item.get("expectedEchoes", []),
        sent_updates=item.get("sentUpdates", []),
        conflicts=item.get("conflicts", []),
        due=item.get("due"),
        external_id_changes=item.get("externalIdChanges", 0),
        decided_at=item.get("decidedAt"),
        decided_by=item.get("decidedBy"),
        retried_by=item.get("retriedBy"),
        created_buildium_id=item.get("createdBuildiumId"),
    )


def _check_schema(item: Item) -> None:
    """Reject an item that a later version of the code stored: after a roll-back it would be damaged."""
    version = item.get("schemaVersion", 1)
    if version > SCHEMA_VERSION:
        raise NewerSchema(item["pk"], version, SCHEMA_VERSION)


def auto_created_to_item(unit: AutoCreatedUnit, parent: EntityRef, entity_type: str) -> Item:
    """Return the item. `entity_type` is that of the auto-created entity."""
    return {
        "pk": parent.pk,
        "sk": AUTO_CREATED + entity_type,
        "buildiumId": unit.buildium_id,
        "recordedAt": unit.recorded_at,
        "collectionPk": AUTO_CREATED + entity_type if unit.buildium_id is not None else None,
        "collectionSk": str(unit.buildium_id) if unit.buildium_id is not None else None,
    }


def auto_created_from_item(item: Item) -> AutoCreatedUnit:
    """Parse the item."""
    return AutoCreatedUnit(item.get("buildiumId"), item["recordedAt"])
