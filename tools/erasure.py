"""Erases the personal data of one entity. Its ids stay, and its sync with Buildium ends.

    python -m tools.erasure ENVIRONMENT ENTITY_TYPE ENTITY_ID

ENVIRONMENT is one of samconfig.toml. The tool uses the AWS credentials and the region of the environment. It can be
repeated. The old values of the erasure itself reach the timeline and the change feed, so these are erased after the
timeline function has recorded it.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.entity_types.registry import ENTITY_TYPES, by_name
from buildium_sync.errors import BuildiumSyncError, NotFound, RetryLater
from buildium_sync.reconcile.drift.comparer import ENTRIES, STATE, result_name
from buildium_sync.store.change_feed import BUCKET_CHANGES, ChangeFeed
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.timeline_checkpoints import CHECKPOINT
from buildium_sync.store.timeline_pages import TimelineStore
from tools.local_cloud.aws_account import stack_name
from tools.local_cloud.errors import LocalCloudError
from tools.rebuild_lookups import table_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ERRORS = (
    LocalCloudError,
    BuildiumSyncError,
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
)
_WAIT_SECONDS = 120
_KEPT = frozenset({"status"})


def blanked(entity_type: EntityType, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with empty values. References, the status and numbers stay: they name no person."""
    kept = _KEPT | entity_type.reference_fields.keys()
    return {name: value if name in kept else _blank(value) for name, value in fields.items()}


def _blank(value: Any) -> Any:
    match value:
        case str():
            return ""
        case list():
            return []
        case dict():
            return {name: _blank(part) for name, part in value.items()}
        case _:
            return value


class Eraser:
    """Erases entities in the tables of one stack."""

    def __init__(
        self,
        client: "DynamoDBClient",
        tables: Mapping[str, str],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._tables = tables
        self._clock = clock
        self._sleep = sleep
        self._entities = EntityStore(client, tables["EntitiesTable"])
        self._timelines = TimelineStore(client, tables["TimelineTable"])
        self._jobs = JobStore(client, tables["ControlTable"])

    def erase(self, entity_type: EntityType, entity_id: str) -> None:
        """Erase one entity, and store a record of it. Raises NotFound, and RetryLater during a sync."""
        ref = EntityRef(entity_type.name, entity_id)
        version = self._erase_entity(entity_type, ref)
        self._wait_for_timeline(ref, version)
        for table, pk in _partitions(ref):
            self._delete_items(table, pk)
        self._delete_decisions(ref)
        for number in (ENTRIES, STATE):
            self._jobs.put_chunk(result_name(ref), number, [], self._clock())
        self._erase_checkpoint(ref)
        self._erase_changes(ref)
        at = format_iso(self._clock())
        audit = {
            "pk": "erasures",
            "sk": f"{at}#{ref.pk}",
            "entityType": ref.entity_type,
            "entityId": entity_id,
            "at": at,
        }
        self._client.put_item(TableName=self._tables["EntitiesTable"], Item=to_attributes(audit))

    def _erase_entity(self, entity_type: EntityType, ref: EntityRef) -> int:
        """Blank the entity and its sync record, delete what belongs to them, and return the new version."""
        loaded, now, changes = self._entities.load(ref), self._clock(), self._entities.writes
        if loaded is None:
            raise NotFound(f"There is no {ref.entity_type} {ref.entity_id}.")
        entity, sync = loaded.entity, loaded.sync
        if sync.lease_until > now:
            raise RetryLater("The entity is being synced", sync.lease_until - now)
        at = format_iso(now)
        after = replace(
            entity,
            version=entity.version + 1,
            fields=blanked(entity_type, entity.fields),
            origin=Origin.BUILDIUM,
            updated_at=at,
            deleted_at=entity.deleted_at or at,
            # The request of a deletion keeps a later read from restoring the entity.
            deletion_requested_at=entity.deletion_requested_at or at,
            external_id=None,
        )
        record = sync.deleted(after.version, now, was_requested=True)
        record = replace(record, base={}, candidate_details=[], conflicts=[], sent_updates=[])
        self._entities.write(
            changes.put_entity(after),
            changes.put_sync(record),
            *([changes.delete_external_id(ref, entity.external_id)] if entity.external_id else []),
            *([changes.delete_intent(ref)] if sync.intent_at is not None else []),
        )
        return after.version

    def _wait_for_timeline(self, ref: EntityRef, version: int) -> None:
        """Wait until the timeline function has recorded a version. Raises RetryLater after two minutes."""
        end = self._clock() + _WAIT_SECONDS
        while self._timelines.checkpoints([ref])[ref].version < version:
            if self._clock() > end:
                raise RetryLater("The timeline function has not recorded the erasure yet. Repeat it later.", 60)
            self._sleep(1)

    def _delete_items(self, table: str, pk: str) -> None:
        for item in self._query(table, pk):
            if item["sk"] != CHECKPOINT:
                self._delete(table, {"pk": item["pk"], "sk": item["sk"]})

    def _delete_decisions(self, ref: EntityRef) -> None:
        for item in self._query("EntitiesTable", "review-decisions"):
            if (item["entityType"], item["entityId"]) == (ref.entity_type, ref.entity_id):
                self._delete("EntitiesTable", {"pk": item["pk"], "sk": item["sk"]})

    def _erase_checkpoint(self, ref: EntityRef) -> None:
        self._update(ref.pk, CHECKPOINT, "SET #entries = :empty", {"#entries": "entries"}, {":empty": []})

    def _erase_changes(self, ref: EntityRef) -> None:
        """Blank the values, errors and external ids of the entity's changes in the change feed."""
        names = {"#change": "change", "#changes": "changes", "#error": "error", "#id": "externalId"}
        expression = "SET #change.#changes = :empty, #change.#error = :null, #change.#id = :null"
        last = ChangeFeed(self._client, self._tables["TimelineTable"]).counter().last
        for bucket in range(last // BUCKET_CHANGES, -1, -1):
            found = False
            for item in self._query("TimelineTable", f"feed#{bucket}"):
                found = True
                change = item["change"]
                if (change["entityType"], change["entityId"]) == (ref.entity_type, ref.entity_id):
                    self._update(item["pk"], item["sk"], expression, names, {":empty": {}, ":null": None})
            if not found:
                return  # Earlier changes have expired.

    def _query(self, table: str, pk: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._tables[table],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": pk}),
            ConsistentRead=True,
        )
        return (from_attributes(item) for page in pages for item in page["Items"])

    def _delete(self, table: str, key: Item) -> None:
        self._client.delete_item(TableName=self._tables[table], Key=to_attributes(key))

    def _update(self, pk: str, sk: str, expression: str, names: dict[str, str], values: Item) -> None:
        self._client.update_item(
            TableName=self._tables["TimelineTable"],
            Key=to_attributes({"pk": pk, "sk": sk}),
            UpdateExpression=expression,
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={name: _attribute(value) for name, value in values.items()},
        )


def _attribute(value: Any) -> Any:
    """Return an attribute, also for None, which `to_attributes` leaves out."""
    return {"NULL": True} if value is None else to_attributes({"value": value})["value"]


def _partitions(ref: EntityRef) -> Iterator[tuple[str, str]]:
    """Yield the partitions whose items are deleted: history, pages of the timeline, failed calls."""
    yield "EntitiesTable", f"history#{ref.pk}"
    yield "TimelineTable", ref.pk
    yield "TimelineTable", f"failed-calls#{ref.pk}"


def _eraser(environment: str) -> Eraser:
    """Return the eraser of a stack. Raises LocalCloudError, and botocore's errors."""
    stack, stacks = stack_name(environment), boto3.client("cloudformation")
    tables = {name: table_name(stacks, stack, name) for name in ("EntitiesTable", "TimelineTable", "ControlTable")}
    return Eraser(boto3.client("dynamodb"), tables)


def main(environment: str, entity_type: str, entity_id: str) -> int:
    """Erase an entity of a stack, and return the exit code."""
    types = [each.name for each in ENTITY_TYPES]
    try:
        if entity_type not in types or not entity_id:
            raise LocalCloudError(f"Set TYPE to one of {', '.join(types)}, and ID to a local id.")
        _eraser(environment).erase(by_name(entity_type), entity_id)
    except _ERRORS as error:
        print(f"Not erased: {error}", file=sys.stderr)
        return 1
    print(f"The {entity_type} {entity_id} was erased. Backups keep it for 35 days at most.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
