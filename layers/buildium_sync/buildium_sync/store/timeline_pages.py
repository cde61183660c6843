"""The timelines and counts of entities. Their table has no stream, so its writes start no function.

    pk            sk          what
    property#7    checkpoint  the last recorded version and revision, the status it is counted in, and the newest page
                              of its timeline: the entries of the last batch
    property#7    page#012    an older page, for 90 days
    counts        property    the number of properties by status

A checkpoint update is conditional on the previous checkpoint. It contains the newest page, and the counts change in the
same transaction. So a redelivered or concurrent batch is recorded once. The previous page is stored before, which has
no effect when it is repeated.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes, transact, write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

MAX_BATCH_ENTITIES = 40
"""DynamoDB: a transaction has at most 100 actions. Each entity needs one, and each type."""
MAX_PAGES = 100
"""Pages of one timeline without the newest. The next one replaces the oldest."""
_RETENTION_SECONDS = 90 * 86_400
_CHECKPOINT = "checkpoint"
_PAGE_PREFIX = "page#"
_COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A page of a timeline: its number from 0, its entries in order, and when they expire (epoch seconds)."""

    number: int
    entries: Sequence[Any]
    expires_at: int

    def to_item(self, ref: EntityRef) -> Item:
        """Return the item of a page that is no longer the newest."""
        return {
            "pk": ref.pk,
            "sk": f"{_PAGE_PREFIX}{self.number % MAX_PAGES:03}",
            "number": self.number,
            "entries": self.entries,
            "expiresAt": self.expires_at,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        return cls(item["number"], item["entries"], item["expiresAt"])


@dataclass(frozen=True, slots=True)
class TimelineCheckpoint:
    """The last recorded version, revision and status of an entity, and the number of its pages.

    `newest` is the last page, None without entries.
    """

    ref: EntityRef
    version: int = 0
    revision: int = -1
    status: Status | None = None
    pages: int = 0
    newest: TimelinePage | None = None

    @property
    def is_new(self) -> bool:
        """Return whether nothing of the entity is recorded."""
        return not self.version and self.revision < 0

    def with_page(self, entries: Sequence[Any], now: float) -> Self:
        """Return the checkpoint with a new page of these entries. `now` is in epoch seconds."""
        return replace(
            self, pages=self.pages + 1, newest=TimelinePage(self.pages, entries, int(now) + _RETENTION_SECONDS)
        )

    def to_item(self) -> Item:
        """Return the item. It never expires: without it the entity would be counted twice."""
        return {
            "pk": self.ref.pk,
            "sk": _CHECKPOINT,
            "version": self.version,
            "revision": self.revision,
            "status": self.status.value if self.status else None,
            "pages": self.pages,
            "entries": self.newest.entries if self.newest else None,
            "entriesExpireAt": self.newest.expires_at if self.newest else None,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        pages = item["pages"]
        return cls(
            ref=EntityRef.from_pk(item["pk"]),
            version=item["version"],
            revision=item["revision"],
            status=Status(item["status"]) if "status" in item else None,
            pages=pages,
            newest=TimelinePage(pages - 1, item["entries"], item["entriesExpireAt"]) if "entries" in item else None,
        )


@dataclass(frozen=True, slots=True)
class CheckpointUpdate:
    """An entity's checkpoint before and after some changes."""

    before: TimelineCheckpoint
    after: TimelineCheckpoint

    @property
    def changes_count(self) -> bool:
        """Return whether the entity's status changes."""
        return self.before.status != self.after.status

    @property
    def retired_page(self) -> TimelinePage | None:
        """The page that is no longer the newest."""
        return self.before.newest if self.after.pages > self.before.pages else None


class TimelineStore:
    """The timeline table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def checkpoints(self, refs: Iterable[EntityRef]) -> dict[EntityRef, TimelineCheckpoint]:
        """Return the checkpoint of each entity, a new one if there is none."""
        wanted = list(refs)
        items = batch_get(self._client, self._table, ((ref.pk, _CHECKPOINT) for ref in wanted))
        found = {each.ref: each for each in map(TimelineCheckpoint.from_item, items)}
        return {ref: found.get(ref) or TimelineCheckpoint(ref) for ref in wanted}

    def commit(self, updates: Sequence[CheckpointUpdate]) -> None:
        """Store checkpoint updates. Those that change a count are stored all or none.

        Raises ConcurrentWrite if a checkpoint is not as it was before its update. Others may be stored then.
        """
        for update in updates:
            if update.retired_page is not None:
                item = to_attributes(update.retired_page.to_item(update.before.ref))
                self._client.put_item(TableName=self._table, Item=item)
        for update in updates:
            if not update.changes_count:
                write(self._client, [{"Put": self._move(update)}])
        counted = [update for update in updates if update.changes_count]
        if counted:
            counts = [self._count(entity_type, by_status) for entity_type, by_status in _deltas(counted).items()]
            moves: list[TransactWriteItemTypeDef] = [{"Put": self._move(update)} for update in counted]
            transact(self._client, [*moves, *counts])

    def pages(self, ref: EntityRef, now: float) -> list[TimelinePage]:
        """Return the pages of an entity's timeline, oldest first, without those that have expired."""
        responses = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": ref.pk}),
        )
        items = [from_attributes(item) for response in responses for item in response["Items"]]
        newest = [TimelineCheckpoint.from_item(item).newest for item in items if item["sk"] == _CHECKPOINT]
        pages = [*(TimelinePage.from_item(item) for item in items if item["sk"] != _CHECKPOINT), *filter(None, newest)]
        # A retired page exists twice until its checkpoint is updated.
        by_number = {page.number: page for page in pages if page.expires_at > now}
        return [by_number[number] for number in sorted(by_number)]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of entities by type and status. Statuses that never occurred are left out."""
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": _COUNTS}),
        )
        items = [from_attributes(item) for item in response["Items"]]
        return {item["sk"]: {name: n for name, n in item.items() if name not in ("pk", "sk")} for item in items}

    def _move(self, update: CheckpointUpdate) -> "PutTypeDef":
        put: PutTypeDef = {"TableName": self._table, "Item": to_attributes(update.after.to_item())}
        if update.before.is_new:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "version = :version AND revision = :revision"
            known = {":version": update.before.version, ":revision": update.before.revision}
            put["ExpressionAttributeValues"] = to_attributes(known)
        return put

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
