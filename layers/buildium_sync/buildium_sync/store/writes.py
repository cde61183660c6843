"""The writes to the entities table, each with its condition.

A write is one action of a transaction. `EntityStore.write` commits several together.
"""

from typing import TYPE_CHECKING, Any

from buildium_sync.domain.change_record import ChangeRecord
from buildium_sync.domain.create_intent import AutoCreatedUnit, CreateIntent
from buildium_sync.domain.entity import Entity, EntityRef
from buildium_sync.domain.review_decision import ReviewDecision
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.store.change_history import change_record_to_item
from buildium_sync.store.dynamodb import Item, to_attributes
from buildium_sync.store.external_id_items import EXTERNAL_ID_SK, external_id_pk, external_id_to_item
from buildium_sync.store.idempotency_keys import IdempotencyRecord
from buildium_sync.store.intent_items import intent_to_item
from buildium_sync.store.items import (
    AUTO_CREATED,
    DEPENDENT,
    LINK,
    SYNC,
    auto_created_to_item,
    entity_to_item,
    intents_pk,
    link_pk,
    sync_record_to_item,
)
from buildium_sync.store.review_decisions import decision_key, decision_to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    TableWrite = TransactWriteItemTypeDef
else:
    TableWrite = dict[str, Any]

MAX_WRITE_CONFLICTS = 10
"""Lost races in a row after which a write is given up: another writer changed the items each time."""
_NEW = "attribute_not_exists(pk)"


class Writes:
    """Builds writes to one table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put_entity(self, entity: Entity) -> TableWrite:
        """Write the next version of an entity. The first version must be new."""
        if entity.version == 1:
            return self._put(entity_to_item(entity), _NEW)
        return self._put(entity_to_item(entity), "version = :before", {":before": entity.version - 1})

    def put_sync(self, record: SyncRecord) -> TableWrite:
        """Write the next revision of a sync record. The first revision must be new."""
        if record.revision == 0:
            return self._put(sync_record_to_item(record), _NEW)
        return self._put(sync_record_to_item(record), "revision = :before", {":before": record.revision - 1})

    def put_idempotency_record(self, created: IdempotencyRecord, now: float) -> TableWrite:
        """Store what an idempotency key creates. The key must be new or expired."""
        return self._put(created.to_item(), f"{_NEW} OR expiresAt <= :now", {":now": now})

    def put_history(self, entry: ChangeRecord) -> TableWrite:
        """Store what another write of the same transaction overwrites."""
        return self._put(change_record_to_item(entry))

    def delete_history(self, entry: ChangeRecord) -> TableWrite:
        """Remove a change record, since its change was not made."""
        item = change_record_to_item(entry)
        return self._delete(item["pk"], item["sk"])

    def put_intent(self, intent: CreateIntent) -> TableWrite:
        """Store the intent of a create that is about to be sent."""
        return self._put(intent_to_item(intent))

    def add_intent_candidate(self, intent: CreateIntent, buildium_id: int) -> TableWrite:
        """Add a candidate to an open intent, if the intent is unchanged and does not have it yet."""
        ref = intent.ref
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_attributes({"pk": intents_pk(ref.entity_type), "sk": ref.entity_id}),
                "UpdateExpression": "SET candidateIds = list_append(candidateIds, :ids)",
                "ConditionExpression": "#at = :at AND NOT contains(candidateIds, :id)",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": to_attributes(
                    {":ids": [buildium_id], ":id": buildium_id, ":at": intent.at}
                ),
            }
        }

    def close_intent(self, ref: EntityRef, now: float) -> TableWrite:
        """Record in an open intent that its create is no longer being sent."""
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_attributes({"pk": intents_pk(ref.entity_type), "sk": ref.entity_id}),
                "UpdateExpression": "SET #until = :now",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#until": "until"},
                "ExpressionAttributeValues": to_attributes({":now": now}),
            }
        }

    def delete_intent(self, ref: EntityRef) -> TableWrite:
        """Delete an intent, since the outcome of its create is known."""
        return self._delete(intents_pk(ref.entity_type), ref.entity_id)

    def put_decision(self, decision: ReviewDecision) -> TableWrite:
        """Store the decision of a review, so that it can be undone."""
        return self._put(decision_to_item(decision))

    def delete_decision(self, decision: ReviewDecision) -> TableWrite:
        """Delete a decision, since it is undone."""
        return self._delete(*decision_key(decision.ref, decision.at))

    def put_link(self, ref: EntityRef, buildium_id: int) -> TableWrite:
        """Link a Buildium id to a local entity. It must not be linked to another one."""
        item = {
            "pk": link_pk(ref.entity_type, buildium_id),
            "sk": LINK,
            "entityType": ref.entity_type,
            "entityId": ref.entity_id,
            "buildiumId": buildium_id,
        }
        return self._put(item, f"{_NEW} OR entityId = :own", {":own": ref.entity_id})

    def delete_link(self, entity_type: str, buildium_id: int) -> TableWrite:
        """Delete the link of a Buildium id."""
        return self._delete(link_pk(entity_type, buildium_id), LINK)

    def put_external_id(self, ref: EntityRef, external_id: str) -> TableWrite:
        """Give an external id to an entity. No other entity of the type may have it."""
        return self._put(external_id_to_item(ref, external_id), f"{_NEW} OR entityId = :own", {":own": ref.entity_id})

    def delete_external_id(self, ref: EntityRef, external_id: str) -> TableWrite:
        """Remove an external id from its entity. The entity is written in the same transaction."""
        return self._delete(external_id_pk(ref.entity_type, external_id), EXTERNAL_ID_SK)

    def put_dependent(self, on: EntityRef, waiting: EntityRef) -> TableWrite:
        """Record with `on` that `waiting` depends on it."""
        return self._put({"pk": on.pk, "sk": DEPENDENT + waiting.pk})

    def delete_dependent(self, on: EntityRef, waiting: EntityRef) -> TableWrite:
        """Remove that record."""
        return self._delete(on.pk, DEPENDENT + waiting.pk)

    def put_auto_created_unit(self, ref: EntityRef, entity_type: str, unit: AutoCreatedUnit) -> TableWrite:
        """Record what Buildium auto-created with an entity."""
        return self._put(auto_created_to_item(unit, ref, entity_type))

    def delete_auto_created_unit(self, ref: EntityRef, entity_type: str) -> TableWrite:
        """Remove that record, since a local entity claims it or Buildium deleted it."""
        return self._delete(ref.pk, AUTO_CREATED + entity_type)

    def condition_not_linked(self, ref: EntityRef) -> TableWrite:
        """Let the transaction fail if the entity has a Buildium id."""
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": to_attributes({"pk": ref.pk, "sk": SYNC}),
                "ConditionExpression": "attribute_not_exists(buildiumId)",
            }
        }

    def _put(self, item: Item, condition: str = "", values: dict[str, Any] | None = None) -> TableWrite:
        put: dict[str, Any] = {"TableName": self._table, "Item": to_attributes(item)}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = to_attributes(values)
        return {"Put": put}  # type: ignore[typeddict-item]

    def _delete(self, pk: str, sk: str) -> TableWrite:
        return {"Delete": {"TableName": self._table, "Key": to_attributes({"pk": pk, "sk": sk})}}
