"""The timelines, counts and lookups of entities. Their table has no stream, so its writes start no function.

    pk            sk          what
    property#7    checkpoint  the last recorded version and revision, the status it is counted in, its lookups, and
                              the newest page of its timeline: the entries of the last batch
    property#7    page#012    an older page, for 90 days
    counts        property    the number of properties by status
    lookup#…      time, id    a lookup of an entity (see `store.lookup_items`)

The change feed has items of its own in the same table (see `store.change_feed`).

A checkpoint update is conditional on the previous checkpoint. It contains the newest page. The counts, and all else
that is derived from the same changes, change in the same transaction. So a redelivered or concurrent batch is recorded
once. The previous page is stored before, which has no effect when it is repeated.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from buildium_sync.backoff import backoff
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.change_feed import ChangeFeed
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes, transact, write
from buildium_sync.store.lookup_items import lookup_writes
from buildium_sync.store.partitions import HasTime, delete_partition
from buildium_sync.store.timeline_checkpoints import CHECKPOINT, CheckpointUpdate, TimelineCheckpoint, TimelinePage
from buildium_sync.store.timeline_transactions import free_actions, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_COUNTS = "counts"
_FEED_COUNTER = frozenset({0})
"""The position of the action that moves the counter of the change feed."""
_MAX_FEED_CONFLICTS = 20
_INITIAL_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS = 0.01, 0.5


class TimelineStore:
    """The timeline table."""

    def __init__(self, client: "DynamoDBClient", table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self._feed = ChangeFeed(client, table)

    def checkpoints(self, refs: Iterable[EntityRef]) -> dict[EntityRef, TimelineCheckpoint]:
        """Return the checkpoint of each entity, a new one if there is none."""
        wanted = list(refs)
        items = batch_get(self._client, self._table, ((ref.pk, CHECKPOINT) for ref in wanted))
        found = {each.ref: each for each in map(TimelineCheckpoint.from_item, items)}
        return {ref: found.get(ref) or TimelineCheckpoint(ref) for ref in wanted}

    def commit(self, updates: Sequence[CheckpointUpdate], now: float) -> None:
        """Store checkpoint updates, each with its changes, writes and counts: all of it or nothing.

        `now` is in epoch seconds. Raises ConcurrentWrite if a checkpoint is not as it was before its update. Others
        may be stored then.
        """
        for update in updates:
            if update.retired_page is not None:
                item = to_attributes(update.retired_page.to_item(update.before.ref))
                self._client.put_item(TableName=self._table, Item=item)
        for packed in transactions([self._with_few_writes(self._with_lookups(update)) for update in updates]):
            self._write(packed, now)

    def _with_lookups(self, update: CheckpointUpdate) -> CheckpointUpdate:
        """Return the update with the writes that replace the entity's lookups."""
        before, after = update.before.lookups, update.after.lookups
        return update._replace(writes=[*update.writes, *lookup_writes(self._table, update.after.ref, before, after)])

    def _with_few_writes(self, update: CheckpointUpdate) -> CheckpointUpdate:
        """Store the writes that exceed one transaction, and return the update with the others.

        Raises ConcurrentWrite if the checkpoint is not as it was before the update.
        """
        left = update.writes
        while len(left) > (most := free_actions(update)):
            transact(self._client, [update.check(self._table), *left[:most]])
            left = left[most:]
        return update._replace(writes=left)

    def _write(self, updates: Sequence[CheckpointUpdate], now: float) -> None:
        """Write one transaction. A concurrent writer of the feed delays it only."""
        changes = [change for update in updates for change in update.changes]
        if not changes:
            write(self._client, self._actions(updates))
            return
        for attempt in range(1, _MAX_FEED_CONFLICTS + 1):
            appends = self._feed.appends(self._feed.counter(), changes, now)
            try:
                transact(self._client, [*appends, *self._actions(updates)])
            except ConcurrentWrite as error:
                if error.failed != _FEED_COUNTER or attempt == _MAX_FEED_CONFLICTS:
                    raise
            else:
                return
            self._sleep(backoff(attempt, _INITIAL_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS))

    def pages(self, ref: EntityRef, now: float) -> list[TimelinePage]:
        """Return the pages of an entity's timeline, oldest first, without those that have expired."""
        responses = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": ref.pk}),
        )
        items = [from_attributes(item) for response in responses for item in response["Items"]]
        newest = [TimelineCheckpoint.from_item(item).newest for item in items if item["sk"] == CHECKPOINT]
        pages = [*(TimelinePage.from_item(item) for item in items if item["sk"] != CHECKPOINT), *filter(None, newest)]
        # A retired page exists twice until its checkpoint is updated.
        by_number = {page.number: page for page in pages if page.expires_at > now}
        return [by_number[number] for number in sorted(by_number)]

    def erase(self, ref: EntityRef, has_time: HasTime) -> bool:
        """Delete an entity's timeline. Its checkpoint stays. Return False if the time ended first."""
        if not delete_partition(self._client, self._table, ref.pk, has_time, chosen=_is_page):
            return False
        self._client.update_item(
            TableName=self._table,
            Key=to_attributes({"pk": ref.pk, "sk": CHECKPOINT}),
            UpdateExpression="SET #entries = :none",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#entries": "entries"},
            ExpressionAttributeValues=to_attributes({":none": []}),
        )
        return True

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of entities by type and status. Statuses that never occurred are left out."""
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": _COUNTS}),
        )
        items = [from_attributes(item) for item in response["Items"]]
        return {item["sk"]: {name: n for name, n in item.items() if name not in ("pk", "sk")} for item in items}

    def _actions(self, updates: Sequence[CheckpointUpdate]) -> "list[TransactWriteItemTypeDef]":
        checkpoints = [update.put(self._table) for update in updates]
        counts = [self._count(entity_type, by_status) for entity_type, by_status in _deltas(updates).items()]
        return [*checkpoints, *(write for update in updates for write in update.writes), *counts]

    def _count(self, entity_type: str, by_status: Counter[Status]) -> "TransactWriteItemTypeDef":
        # Placeholders, since some statuses are reserved words of DynamoDB.
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_attributes({"pk": _COUNTS, "sk": entity_type}),
                "UpdateExpression": "ADD " + ", ".join(f"#{status} :{status}" for status in by_status),
                "ExpressionAttributeNames": {f"#{status}": status.value for status in by_status},
                "ExpressionAttributeValues": to_attributes({f":{status}": n for status, n in by_status.items()}),
            }
        }


def _is_page(item: Item) -> bool:
    return bool(item["sk"] != CHECKPOINT)


def _deltas(updates: Iterable[CheckpointUpdate]) -> dict[str, Counter[Status]]:
    """Return the changes of the counts by type and status, without zeros."""
    deltas: dict[str, Counter[Status]] = {}
    for update in updates:
        by_status = deltas.setdefault(update.before.ref.entity_type, Counter())
        if update.before.status is not None:
            by_status[update.before.status] -= 1
        if update.after.status is not None:
            by_status[update.after.status] += 1
    changed = {name: Counter({s: n for s, n in by_status.items() if n}) for name, by_status in deltas.items()}
    return {name: by_status for name, by_status in changed.items() if by_status}
