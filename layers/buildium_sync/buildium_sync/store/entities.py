"""Reads and writes of the entities table. Reads by key are strongly consistent; pages come from the indexes."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from buildium_sync.domain.change_record import ChangeRecord
from buildium_sync.domain.create_intent import AutoCreatedUnit, CreateIntent
from buildium_sync.domain.entity import Entity, EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite, MalformedRequest
from buildium_sync.store import change_history, idempotency_keys
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes, write
from buildium_sync.store.external_id_items import EXTERNAL_ID_SK, external_id_pk
from buildium_sync.store.intent_items import intent_from_item
from buildium_sync.store.items import (
    AUTO_CREATED,
    DEPENDENT,
    ENTITY,
    LINK,
    SYNC,
    auto_created_from_item,
    entity_from_item,
    intents_pk,
    link_pk,
    sync_record_from_item,
)
from buildium_sync.store.partitions import HasTime, partition
from buildium_sync.store.writes import TableWrite, Writes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_MAX_READS = 10
"""Reads of an entity whose items are from before and after a transaction."""
_MAX_DUE_PAGES = 10
"""Pages of due syncs that are read while a pause leaves some types out."""
_INVALID_KEY_CODES = frozenset({"ValidationException", "SerializationException"})
"""DynamoDB's error codes for a cursor of the right form that is no key."""


class EntityWithSync(NamedTuple):
    """An entity with its sync record, and the entities that depend on it."""

    entity: Entity
    sync: SyncRecord
    dependents: tuple[EntityRef, ...]


class EntityStore:
    """The entities table."""

    def __init__(self, client: "DynamoDBClient", table: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self.writes = Writes(table)

    def write(self, *changes: TableWrite) -> None:
        """Commit all writes or none. Raises ConcurrentWrite; `failed` has the positions of the failed conditions.

        A single write needs no transaction, which would cost twice as much.
        """
        write(self._client, changes, self._sleep)

    def load(self, ref: EntityRef) -> EntityWithSync | None:
        """Return an entity with all its items, None for an unknown one.

        A query may read one item before a transaction and another one after it. Then it is repeated, and raises
        ConcurrentWrite if the versions still differ: one item was changed by hand.
        """
        for _ in range(_MAX_READS):
            items = {item["sk"]: item for item in self._partition(ref.pk)}
            if ENTITY not in items or SYNC not in items:
                return None
            if items[ENTITY]["version"] == items[SYNC]["version"]:
                waiting = (sk.removeprefix(DEPENDENT) for sk in items if sk.startswith(DEPENDENT))
                entity, sync = entity_from_item(items[ENTITY]), sync_record_from_item(items[SYNC])
                return EntityWithSync(entity, sync, tuple(map(EntityRef.from_pk, waiting)))
        raise ConcurrentWrite(f"Items of {ref.pk} have different versions")

    def load_all(self, refs: Iterable[EntityRef]) -> dict[EntityRef, EntityWithSync]:
        """Return the known entities with their sync records and without dependents.

        Items that were read before and after a transaction are read again together.
        """
        keys = [(ref.pk, sk) for ref in refs for sk in (ENTITY, SYNC)]
        items: dict[str, dict[str, Item]] = {}
        for item in self._batch(keys):
            items.setdefault(item["pk"], {})[item["sk"]] = item
        found = [self._pair(EntityRef.from_pk(pk), pair) for pk, pair in items.items() if len(pair) > 1]
        return {loaded.entity.ref: loaded for loaded in found if loaded is not None}

    def _pair(self, ref: EntityRef, items: Mapping[str, Item]) -> EntityWithSync | None:
        if items[ENTITY]["version"] != items[SYNC]["version"]:
            return self.load(ref)
        return EntityWithSync(entity_from_item(items[ENTITY]), sync_record_from_item(items[SYNC]), ())

    def dependents(self, ref: EntityRef) -> list[EntityRef]:
        """Return the entities that depend on an entity: they were blocked until it is in Buildium."""
        keys = (item["sk"] for item in partition(self._client, self._table, ref.pk, prefix=DEPENDENT))
        return [EntityRef.from_pk(key.removeprefix(DEPENDENT)) for key in keys]

    def auto_created_unit(self, ref: EntityRef, entity_type: str) -> AutoCreatedUnit | None:
        """Return the unclaimed auto-created entity of an entity."""
        item = self._get(ref.pk, AUTO_CREATED + entity_type)
        return auto_created_from_item(item) if item else None

    def auto_created_unit_of(self, entity_type: str, buildium_id: int) -> EntityRef | None:
        """Return the parent of an auto-created entity. The index may not show a recent one yet."""
        response = self._client.query(
            TableName=self._table,
            IndexName="by-collection",
            KeyConditionExpression="collectionPk = :type AND collectionSk = :id",
            ExpressionAttributeValues=to_attributes({":type": AUTO_CREATED + entity_type, ":id": str(buildium_id)}),
        )
        items = response["Items"]
        return EntityRef.from_pk(from_attributes(items[0])["pk"]) if items else None

    def sync_record(self, ref: EntityRef) -> SyncRecord | None:
        """Return an entity's sync record, or None for an unknown entity."""
        item = self._get(ref.pk, SYNC)
        return sync_record_from_item(item) if item else None

    def sync_records(self, refs: Iterable[EntityRef]) -> dict[EntityRef, SyncRecord]:
        """Return the sync records of the known entities."""
        records = map(sync_record_from_item, self._batch((ref.pk, SYNC) for ref in refs))
        return {record.ref: record for record in records}

    def local_ids(self, buildium_ids: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Return the local ids of the linked ones of these Buildium entities, by type and Buildium id."""
        items = self._batch((link_pk(entity_type, buildium_id), LINK) for entity_type, buildium_id in buildium_ids)
        return {(item["entityType"], item["buildiumId"]): item["entityId"] for item in items}

    def with_external_id(self, entity_type: str, external_id: str) -> EntityRef | None:
        """Return the entity of a type that has an external id."""
        item = self._get(external_id_pk(entity_type, external_id), EXTERNAL_ID_SK)
        return EntityRef(item["entityType"], item["entityId"]) if item else None

    def with_external_id_of_any(self, entity_types: Iterable[str], external_id: str) -> list[EntityRef]:
        """Return the entities of these types that have an external id, one of a type at most."""
        items = self._batch((external_id_pk(name, external_id), EXTERNAL_ID_SK) for name in entity_types)
        return [EntityRef(item["entityType"], item["entityId"]) for item in items]

    def intent(self, ref: EntityRef) -> CreateIntent | None:
        """Return the entity's open create intent."""
        item = self._get(intents_pk(ref.entity_type), ref.entity_id)
        return intent_from_item(item) if item else None

    def intents(self, entity_type: str) -> list[CreateIntent]:
        """Return the open create intents of a type."""
        return [intent_from_item(item) for item in self._partition(intents_pk(entity_type))]

    def idempotency_record(
        self, key: idempotency_keys.IdempotencyKey, now: float
    ) -> idempotency_keys.IdempotencyRecord | None:
        """Return what an idempotency key created, None for a new key or one that expired before `now`."""
        return idempotency_keys.find(self._client, self._table, key, now)

    def page(self, entity_type: str, *, limit: int, cursor: str | None) -> tuple[list[Entity], str | None]:
        """Return one page of a type's entities in order of creation, and the cursor of the next.

        Raises MalformedRequest for a cursor that is not of this list.
        """
        items, next_cursor = self._index("by-collection", "collection", entity_type, limit, cursor, forward=True)
        return [entity_from_item(item) for item in items], next_cursor

    def list_by_status(
        self, status: Status, entity_type: str | None, *, limit: int, cursor: str | None
    ) -> tuple[list[SyncRecord], str | None]:
        """Return one page of the syncs with a status, newest first, of one type or all, and the next cursor.

        Of one type only those in `sync_status.LISTED`. Raises MalformedRequest for a cursor that is not of this list.
        """
        name, prefix, partition = "by-state", "state", status.value
        if entity_type is not None:
            name, prefix, partition = "by-collection", "collection", f"{status.value}#{entity_type}"
        items, next_cursor = self._index(name, prefix, partition, limit, cursor, forward=False)
        return [sync_record_from_item(item) for item in items], next_cursor

    def history(self, ref: EntityRef, *, limit: int, cursor: str | None) -> tuple[list[ChangeRecord], str | None]:
        """Return one page of an entity's change history, newest first, and the next cursor.

        Raises MalformedRequest for a cursor that is not of this history.
        """
        return change_history.page(self._client, self._table, ref, limit=limit, cursor=cursor)

    def erase_history(self, ref: EntityRef, has_time: HasTime) -> bool:
        """Delete an entity's change history. Return False if the time ended first."""
        return change_history.erase(self._client, self._table, ref, has_time)

    def due(
        self, status: Status, before: str, *, limit: int, since: str = "0", without: Sequence[str] = ()
    ) -> list[SyncRecord]:
        """Return the unfinished syncs with a status that are due from `since` to `before` (ISO 8601), oldest first.

        The entity types in `without` are left out. They may hide others, since the number of read pages is limited.
        """
        values = {":state": status.value, ":since": since, ":before": before}
        left_out = {f":type{number}": f"{name}#" for number, name in enumerate(without)}
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": "by-state",
            "KeyConditionExpression": "statePk = :state AND stateSk BETWEEN :since AND :before",
            "ExpressionAttributeValues": to_attributes({**values, **left_out}),
            "Limit": limit,
        }
        if left_out:
            query["FilterExpression"] = " AND ".join(f"NOT begins_with(pk, {name})" for name in left_out)
        items: list[Item] = []
        for _ in range(_MAX_DUE_PAGES if left_out else 1):
            response = self._client.query(**query)
            items += map(from_attributes, response["Items"])
            if "LastEvaluatedKey" not in response or len(items) >= limit:
                break
            query["ExclusiveStartKey"] = response["LastEvaluatedKey"]
        return [sync_record_from_item(item) for item in items[:limit]]

    def _index(
        self, name: str, prefix: str, partition: str, limit: int, cursor: str | None, *, forward: bool
    ) -> tuple[list[Item], str | None]:
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": name,
            "KeyConditionExpression": f"{prefix}Pk = :partition",
            "ExpressionAttributeValues": to_attributes({":partition": partition}),
            "ScanIndexForward": forward,
            "Limit": limit,
        }
        if cursor:
            query["ExclusiveStartKey"] = to_attributes(
                decode_cursor(cursor, {f"{prefix}Pk": partition}, "pk", "sk", f"{prefix}Sk")
            )
        try:
            response = self._client.query(**query)
        except ClientError as error:
            if cursor and error.response["Error"]["Code"] in _INVALID_KEY_CODES:
                raise MalformedRequest.of("cursor", "is not a valid nextCursor value") from error
            raise
        last = response.get("LastEvaluatedKey")
        next_cursor = encode_cursor(from_attributes(last)) if last else None
        return [from_attributes(item) for item in response["Items"]], next_cursor

    def _partition(self, pk: str) -> list[Item]:
        return list(partition(self._client, self._table, pk))

    def _get(self, pk: str, sk: str) -> Item | None:
        response = self._client.get_item(
            TableName=self._table, Key=to_attributes({"pk": pk, "sk": sk}), ConsistentRead=True
        )
        return from_attributes(response["Item"]) if "Item" in response else None

    def _batch(self, keys: Iterable[tuple[str, str]]) -> list[Item]:
        return batch_get(self._client, self._table, keys, sleep=self._sleep)
