"""What was seen of the entities, in a table of its own: it has no stream, so that writing it wakes nobody.

    pk            sk          what
    property#7    checkpoint  up to which version and revision its changes are taken in, the state it is counted in, and
                              the newest page of its timeline: what the last batch of the stream brought to it
    property#7    page#012    an older page, for 90 days
    counts        property    how many properties are in each state

A marker moves on the condition that nobody else has moved it, and with it what else there is to a step: its page stands
in it, and the counts are written in one transaction with it. So what is delivered again, or twice at once, is taken in
once. The page that was its newest is put by itself before: whoever does so again writes the same.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import Status
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes, transact, write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

MAX_BATCH_ENTITIES = 40
"""Entities in one commit: each takes one of the hundred actions of a transaction, each type one."""
MAX_PAGES = 100
"""Pages of one timeline beside the newest; the next one takes the place of the oldest."""
_KEPT_SECONDS = 90 * 86_400
_MARKER = "checkpoint"
_PAGE = "page#"
_COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A page of a timeline: the how manieth it is, from 0, its entries in order, and when they expire."""

    number: int
    entries: Sequence[Any]
    expires_at: int

    def to_item(self, ref: EntityRef) -> Item:
        """Return the item of a page that is not the newest any more."""
        return {
            "pk": ref.pk,
            "sk": f"{_PAGE}{self.number % MAX_PAGES:03}",
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
    """How far an entity's changes are taken in: its version, its sync record's revision and status, its pages.

    `newest` is the last of them; it is None in a new marker, and in one that stands since each page was an item.
    """

    ref: EntityRef
    version: int = 0
    revision: int = -1
    status: Status | None = None
    pages: int = 0
    newest: TimelinePage | None = None

    @property
    def is_new(self) -> bool:
        """Tell whether nothing of the entity has been taken in."""
        return not self.version and self.revision < 0

    def with_page(self, entries: Sequence[Any], now: float) -> Self:
        """Return the marker with a newer page of these entries; `now` is in seconds since the epoch."""
        return replace(self, pages=self.pages + 1, newest=TimelinePage(self.pages, entries, int(now) + _KEPT_SECONDS))

    def to_item(self) -> Item:
        """Return the item. It never expires: without it the entity would be counted twice."""
        return {
            "pk": self.ref.pk,
            "sk": _MARKER,
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
    """An entity's marker before and after some changes."""

    before: TimelineCheckpoint
    after: TimelineCheckpoint

    @property
    def changes_count(self) -> bool:
        """Tell whether the entity is in another state."""
        return self.before.status != self.after.status

    @property
    def retired_page(self) -> TimelinePage | None:
        """The page that is not the newest any more."""
        return self.before.newest if self.after.pages > self.before.pages else None


class TimelineStore:
    """The activity table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def checkpoints(self, refs: Iterable[EntityRef]) -> dict[EntityRef, TimelineCheckpoint]:
        """Return the marker of each entity, a new one where there is none. At most `MOST_ENTITIES`."""
        wanted = list(refs)
        items = batch_get(self._client, self._table, ((ref.pk, _MARKER) for ref in wanted))
        found = {each.ref: each for each in map(TimelineCheckpoint.from_item, items)}
        return {ref: found.get(ref) or TimelineCheckpoint(ref) for ref in wanted}

    def commit(self, steps: Sequence[CheckpointUpdate]) -> None:
        """Take the steps; those that change a count all or none.

        Raises ConcurrentWrite when one of the markers is not any more what it was before its step; others may have
        moved.
        """
        for step in steps:
            if step.retired_page is not None:
                item = to_attributes(step.retired_page.to_item(step.before.ref))
                self._client.put_item(TableName=self._table, Item=item)
        for step in steps:
            if not step.changes_count:
                write(self._client, [{"Put": self._move(step)}])
        counted = [step for step in steps if step.changes_count]
        if counted:
            counts = [self._count(entity_type, by_state) for entity_type, by_state in _deltas(counted).items()]
            moves: list[TransactWriteItemTypeDef] = [{"Put": self._move(step)} for step in counted]
            transact(self._client, [*moves, *counts])

    def pages(self, ref: EntityRef, now: float) -> list[TimelinePage]:
        """Return the pages of an entity's timeline, oldest first, without those that have expired."""
        answers = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": ref.pk}),
        )
        items = [from_attributes(item) for answer in answers for item in answer["Items"]]
        newest = [TimelineCheckpoint.from_item(item).newest for item in items if item["sk"] == _MARKER]
        pages = [*(TimelinePage.from_item(item) for item in items if item["sk"] != _MARKER), *filter(None, newest)]
        # One that was put aside before its marker moved is there twice.
        by_number = {page.number: page for page in pages if page.expires_at > now}
        return [by_number[number] for number in sorted(by_number)]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many entities are in each state, by type; what has never been is left out."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": _COUNTS}),
        )
        items = [from_attributes(item) for item in answer["Items"]]
        return {item["sk"]: {name: n for name, n in item.items() if name not in ("pk", "sk")} for item in items}

    def _move(self, step: CheckpointUpdate) -> "PutTypeDef":
        put: PutTypeDef = {"TableName": self._table, "Item": to_attributes(step.after.to_item())}
        if step.before.is_new:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "version = :version AND revision = :revision"
            known = {":version": step.before.version, ":revision": step.before.revision}
            put["ExpressionAttributeValues"] = to_attributes(known)
        return put

    def _count(self, entity_type: str, by_state: Counter[Status]) -> "TransactWriteItemTypeDef":
        # Placeholders, since some states' names are words of DynamoDB's own.
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_attributes({"pk": _COUNTS, "sk": entity_type}),
                "UpdateExpression": "ADD " + ", ".join(f"#{status} :{status}" for status in by_state),
                "ExpressionAttributeNames": {f"#{status}": status.value for status in by_state},
                "ExpressionAttributeValues": to_attributes({f":{status}": n for status, n in by_state.items()}),
            }
        }


def _deltas(steps: Iterable[CheckpointUpdate]) -> dict[str, Counter[Status]]:
    """Return by how many each count changes, by type; types and states without a change are left out."""
    deltas: dict[str, Counter[Status]] = {}
    for step in steps:
        by_state = deltas.setdefault(step.before.ref.entity_type, Counter())
        if step.before.status is not None:
            by_state[step.before.status] -= 1
        if step.after.status is not None:
            by_state[step.after.status] += 1
    changed = {name: Counter({s: n for s, n in by_state.items() if n}) for name, by_state in deltas.items()}
    return {name: by_state for name, by_state in changed.items() if by_state}
