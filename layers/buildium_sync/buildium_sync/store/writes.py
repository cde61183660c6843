"""The writes to the entities table, each with the condition that keeps it honest.

A change is one action of a transaction; `EntityStore.write` commits several as one.
"""

from typing import TYPE_CHECKING, Any

from buildium_sync.domain.change_record import ChangeRecord
from buildium_sync.domain.create_intent import AutoCreatedUnit, CreateIntent
from buildium_sync.domain.entity import Entity, EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.store.change_history import change_record_to_item
from buildium_sync.store.dynamodb import Item, to_attributes
from buildium_sync.store.idempotency_keys import IdempotencyRecord
from buildium_sync.store.items import (
    LINK,
    SPARE,
    SYNC,
    WAITING,
    entity_to_item,
    intent_to_item,
    intents_pk,
    link_pk,
    spare_to_item,
    sync_record_to_item,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    TableWrite = TransactWriteItemTypeDef
else:
    TableWrite = dict[str, Any]

_NEW = "attribute_not_exists(pk)"


class Writes:
    """Builds changes for one table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put_entity(self, entity: Entity) -> TableWrite:
        """Write an entity's version on top of the one before it; the first must be new."""
        if entity.version == 1:
            return self._put(entity_to_item(entity), _NEW)
        return self._put(entity_to_item(entity), "version = :before", {":before": entity.version - 1})

    def put_sync(self, record: SyncRecord) -> TableWrite:
        """Write a sync record on top of the revision before it; the first must be new."""
        if record.revision == 0:
            return self._put(sync_record_to_item(record), _NEW)
        return self._put(sync_record_to_item(record), "revision = :before", {":before": record.revision - 1})

    def put_idempotency_record(self, created: IdempotencyRecord, now: float) -> TableWrite:
        """Say what a client's key makes; it must not have made anything, unless that was long ago."""
        return self._put(created.to_item(), f"{_NEW} OR expiresAt <= :now", {":now": now})

    def put_history(self, entry: ChangeRecord) -> TableWrite:
        """Keep what another change of the same transaction overwrites."""
        return self._put(change_record_to_item(entry))

    def delete_history(self, entry: ChangeRecord) -> TableWrite:
        """Take back an entry: what it tells of did not come about."""
        item = change_record_to_item(entry)
        return self._delete(item["pk"], item["sk"])

    def put_intent(self, intent: CreateIntent) -> TableWrite:
        """Record that a create is about to be sent."""
        return self._put(intent_to_item(intent))

    def add_intent_candidate(self, intent: CreateIntent, buildium_id: int) -> TableWrite:
        """Note with an open intent what it may have made. Only while it is this intent, and only once."""
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
        """Note with an open intent that its create is not under way any more."""
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
        """Forget an intent: its create is known to have been done, or not."""
        return self._delete(intents_pk(ref.entity_type), ref.entity_id)

    def put_link(self, ref: EntityRef, buildium_id: int) -> TableWrite:
        """Say which of ours a Buildium id is; it must not be another's."""
        item = {
            "pk": link_pk(ref.entity_type, buildium_id),
            "sk": LINK,
            "entityType": ref.entity_type,
            "entityId": ref.entity_id,
            "buildiumId": buildium_id,
        }
        return self._put(item, f"{_NEW} OR entityId = :own", {":own": ref.entity_id})

    def delete_link(self, entity_type: str, buildium_id: int) -> TableWrite:
        """Forget a Buildium id: no entity has it any more."""
        return self._delete(link_pk(entity_type, buildium_id), LINK)

    def put_dependent(self, on: EntityRef, waiting: EntityRef) -> TableWrite:
        """Note with `on` that `waiting` cannot be synced before it."""
        return self._put({"pk": on.pk, "sk": WAITING + waiting.pk})

    def delete_dependent(self, on: EntityRef, waiting: EntityRef) -> TableWrite:
        """Remove that note."""
        return self._delete(on.pk, WAITING + waiting.pk)

    def put_auto_created_unit(self, ref: EntityRef, entity_type: str, spare: AutoCreatedUnit) -> TableWrite:
        """Note what Buildium made by itself along with an entity."""
        return self._put(spare_to_item(spare, ref, entity_type))

    def delete_auto_created_unit(self, ref: EntityRef, entity_type: str) -> TableWrite:
        """Remove that note: it is one of ours now."""
        return self._delete(ref.pk, SPARE + entity_type)

    def condition_not_linked(self, ref: EntityRef) -> TableWrite:
        """Let the transaction fail when the entity has got its Buildium id in the meantime."""
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
