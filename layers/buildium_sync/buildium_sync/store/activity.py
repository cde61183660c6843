"""What was seen of the entities, in a table of its own: it has no stream, so that writing it wakes nobody.

    pk            sk          what
    property#7    marker      up to which version and revision its changes are taken in, the state it is counted in,
                              and how many pages its timeline has had
    property#7    page#012    what one batch of the stream brought to its timeline, for 90 days
    counts        property    how many properties are in each state

A marker moves in one transaction with the page and the counts that belong to it, on the condition that nobody else
has moved it: what is delivered again, or twice at once, is taken in once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes, transact
from buildium_sync.store.records import EntityRef, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

MOST_ENTITIES = 40
"""Entities in one commit: each takes two of the hundred actions of a transaction, each type one."""
MOST_PAGES = 100
"""Pages of one timeline; the next one takes the place of the oldest."""
_KEPT_SECONDS = 90 * 86_400
_MARKER = "marker"
_PAGE = "page#"
_COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class Marker:
    """How far an entity's changes are taken in: its version, its sync record's revision and status, its pages."""

    ref: EntityRef
    version: int = 0
    revision: int = -1
    status: Status | None = None
    pages: int = 0

    @property
    def is_new(self) -> bool:
        """Tell whether nothing of the entity has been taken in."""
        return not self.version and self.revision < 0

    def to_item(self) -> Item:
        """Return the item. It never expires: without it the entity would be counted twice."""
        return {
            "pk": self.ref.pk,
            "sk": _MARKER,
            "version": self.version,
            "revision": self.revision,
            "status": self.status.value if self.status else None,
            "pages": self.pages,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        status = Status(item["status"]) if "status" in item else None
        return cls(EntityRef.from_pk(item["pk"]), item["version"], item["revision"], status, item["pages"])


@dataclass(frozen=True, slots=True)
class Step:
    """An entity's marker before and after some changes, and the entries that they add to its timeline."""

    before: Marker
    after: Marker
    entries: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a timeline: the how manieth it is, from 0, and its entries in order."""

    number: int
    entries: list[Any]


class ActivityStore:
    """The activity table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def markers(self, refs: Iterable[EntityRef]) -> dict[EntityRef, Marker]:
        """Return the marker of each entity, a new one where there is none. At most `MOST_ENTITIES`."""
        wanted = dict.fromkeys(refs)
        pending: Any = [to_attributes({"pk": ref.pk, "sk": _MARKER}) for ref in wanted]
        found: dict[EntityRef, Marker] = {}
        while pending:
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": pending, "ConsistentRead": True}})
            markers = [Marker.from_item(from_attributes(item)) for item in answer["Responses"].get(self._table, [])]
            found |= {marker.ref: marker for marker in markers}
            pending = answer["UnprocessedKeys"].get(self._table, {"Keys": []})["Keys"]
        return {ref: found.get(ref) or Marker(ref) for ref in wanted}

    def commit(self, steps: Sequence[Step], now: float) -> None:
        """Take all the steps or none, at `now` (seconds since the epoch).

        Raises Conflict when one of the markers is not any more what it was before the step.
        """
        pages = [step for step in steps if step.entries]
        transact(
            self._client,
            [
                *(self._move(step) for step in steps),
                *(self._put_page(step, now) for step in pages),
                *(self._count(entity_type, by_state) for entity_type, by_state in _deltas(steps).items()),
            ],
        )

    def pages(self, ref: EntityRef, now: float) -> list[Page]:
        """Return the pages of an entity's timeline, oldest first, without those that have expired."""
        answers = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :page)",
            ExpressionAttributeValues=to_attributes({":pk": ref.pk, ":page": _PAGE}),
        )
        items = [from_attributes(item) for answer in answers for item in answer["Items"]]
        pages = [Page(item["number"], item["entries"]) for item in items if item["expiresAt"] > now]
        return sorted(pages, key=lambda page: page.number)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many entities are in each state, by type; what has never been is left out."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_attributes({":pk": _COUNTS}),
        )
        items = [from_attributes(item) for item in answer["Items"]]
        return {item["sk"]: {name: n for name, n in item.items() if name not in ("pk", "sk")} for item in items}

    def _move(self, step: Step) -> "TransactWriteItemTypeDef":
        put: PutTypeDef = {"TableName": self._table, "Item": to_attributes(step.after.to_item())}
        if step.before.is_new:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "version = :version AND revision = :revision"
            known = {":version": step.before.version, ":revision": step.before.revision}
            put["ExpressionAttributeValues"] = to_attributes(known)
        return {"Put": put}

    def _put_page(self, step: Step, now: float) -> "TransactWriteItemTypeDef":
        number = step.before.pages
        item = {
            "pk": step.before.ref.pk,
            "sk": f"{_PAGE}{number % MOST_PAGES:03}",
            "number": number,
            "entries": list(step.entries),
            "expiresAt": int(now) + _KEPT_SECONDS,
        }
        return {"Put": {"TableName": self._table, "Item": to_attributes(item)}}

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


def _deltas(steps: Iterable[Step]) -> dict[str, Counter[Status]]:
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
