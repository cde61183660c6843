"""The events table: each webhook event once, with its status.

    received ──► processed | ignored | failed        the webhook function stores it, the event processor finishes it
       └──► published ──► …                          it waits for another attempt, or the sweep published it again

An event that stays `received` was never published, or its processing was killed. A `published` event has a time,
`dueAt`, by which an attempt should have finished it. `sweeps` counts how often the sweep published it.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes, write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryOutputTypeDef

_E = TypeVar("_E", bound=Mapping[str, Any])
_DAY_SECONDS = 86_400
_NEW = "attribute_not_exists(eventId)"
_INDEX = "by-status"
_MAX_ACTIONS = 100
"""DynamoDB: actions in one transaction."""
# Stored as JSON text, since its numbers may have more digits and larger exponents than DynamoDB's.
_AS_TEXT = ("ids", "payload")
_INTERNAL = ("expiresAt", "dueAt", "sweeps")
_DUE = "attribute_not_exists(dueAt) OR dueAt < :now"
_MAX_OVERDUE_PAGES = 10
"""Pages that are read of each status: in an outage many events are not due."""
_MAX_TEXT_BYTES = 380_000
"""DynamoDB: an item has 400 KB at most."""
_MAX_BYTES_PER_CHARACTER = 4
_OPTIONAL = ("accountId", "entityId", "error")


class Stuck(NamedTuple):
    """An event that was not finished in time, and how often the sweep published it."""

    event: Item
    sweeps: int


_UNFINISHED = (EventStatus.RECEIVED, EventStatus.PUBLISHED, EventStatus.FAILED)
# Messages are redelivered, in any order. A late failure must not replace `processed`, and publishing an event again
# must not replace its outcome. An operator reprocesses a finished event by setting it to `received`.
_ALLOWED_TRANSITIONS = {
    EventStatus.RECEIVED: tuple(EventStatus),
    EventStatus.PUBLISHED: (EventStatus.RECEIVED, EventStatus.PUBLISHED),
    EventStatus.PROCESSED: tuple(EventStatus),
    EventStatus.IGNORED: (*_UNFINISHED, EventStatus.IGNORED),
    EventStatus.FAILED: _UNFINISHED,
}


class EventStore:
    """The events table. An event is a dict in JSON's types, with `eventId` and `receivedAt` (ISO 8601).

    A stored one also has `status`, `updatedAt` (ISO 8601) and `error` (string or None).
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, clock: Clock = time.time, keep_days: int = 90) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._keep_seconds = keep_days * _DAY_SECONDS

    def store(self, events: Iterable[_E], *, ignored: str | None = None) -> list[_E]:
        """Store the new ones of these events, and return them.

        They are `received`, or `ignored` for a reason. A payload that exceeds an item is left out. Raises
        ConcurrentWrite for continuing conflicts, and what the client raises. Then some of the events may be stored.
        """
        distinct = list({event["eventId"]: event for event in events}.values())
        chunks = [distinct[start : start + _MAX_ACTIONS] for start in range(0, len(distinct), _MAX_ACTIONS)]
        return [event for chunk in chunks for event in self._store(chunk, ignored)]

    def get(self, event_id: str) -> Item | None:
        """Return a stored event, or None for an unknown one."""
        response = self._client.get_item(
            TableName=self._table, Key=to_attributes({"eventId": event_id}), ConsistentRead=True
        )
        return _from_item(response["Item"]) if "Item" in response else None

    def by_status(
        self, status: EventStatus, *, limit: int, cursor: str | None = None, newest_first: bool = True
    ) -> tuple[list[Item], str | None]:
        """Return one page of the events with a status, in order of receipt, and the cursor of the next.

        Raises MalformedRequest for a cursor that is not of this list.
        """
        start = (
            {
                "ExclusiveStartKey": to_attributes(
                    decode_cursor(cursor, {"status": status.value}, "eventId", "receivedAt")
                )
            }
            if cursor
            else {}
        )
        values = {":status": status.value}
        response = self._query("#status = :status", values, Limit=limit, ScanIndexForward=not newest_first, **start)
        last = response.get("LastEvaluatedKey")
        next_cursor = encode_cursor(from_attributes(last)) if last else None
        return [_from_item(item) for item in response["Items"]], next_cursor

    def stuck(self, now: float, *, grace: float, limit: int) -> list[Stuck]:
        """Return overdue events, oldest first by status.

        They are `received` for `grace` seconds, or `published` and due before `now` (epoch seconds). The index is
        eventually consistent, so a recently finished event may be among them.
        """
        values = {":before": format_iso(now - grace), ":now": now}
        states = (EventStatus.RECEIVED, EventStatus.PUBLISHED)
        items = chain.from_iterable(self._overdue({":status": status.value, **values}, limit) for status in states)
        return [Stuck(_from_item(item), _sweeps(item)) for item in islice(items, limit)]

    def _overdue(self, values: Mapping[str, Any], limit: int) -> Iterator[Mapping[str, Any]]:
        """Read the due events with a status in order of receipt. A filter removes the others from each page."""
        options: dict[str, Any] = {"FilterExpression": _DUE, "Limit": limit}
        for _ in range(_MAX_OVERDUE_PAGES):
            response = self._query("#status = :status AND receivedAt < :before", values, **options)
            yield from response["Items"]
            if "LastEvaluatedKey" not in response:
                return
            options["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def last_received_at(self) -> str | None:
        """Return the time (ISO 8601) at which the newest event was received, None without events."""
        values = ({":status": status.value} for status in EventStatus)
        newest = (self._query("#status = :status", each, Limit=1, ScanIndexForward=False)["Items"] for each in values)
        return max((item["receivedAt"]["S"] for items in newest for item in items), default=None)

    def has_events_after(self, at: str) -> bool:
        """Return whether an event with any status was received after `at` (ISO 8601)."""
        condition = "#status = :status AND receivedAt > :at"
        states = ({":status": status.value, ":at": at} for status in EventStatus)
        return any(self._query(condition, values, Limit=1)["Items"] for values in states)

    def set_status(self, event_id: str, status: EventStatus, *, error: str | None = None) -> bool:
        """Set an event's status, and set or remove its error.

        Returns False and changes nothing for an unknown event, and if the status must not follow the current one.
        """
        change = ", #error = :error" if error is not None else " REMOVE #error"
        return self._change(event_id, status, change, {":error": error})

    def mark_published(self, event_id: str, *, due: float, sweeps: int = 0) -> bool:
        """Set an event to `published`, since a message is queued. Its attempt should finish the event by `due`.

        `due` is in epoch seconds. Returns False as `set_status` does.
        """
        change = ", dueAt = :due, sweeps = :sweeps REMOVE #error"
        return self._change(event_id, EventStatus.PUBLISHED, change, {":due": due, ":sweeps": sweeps})

    def erase_errors(self, concerns: Callable[[Item], bool], has_time: Callable[[], bool]) -> bool:
        """Reduce the errors of the failed events that `concerns` accepts to their kind.

        Only errors of failed events can quote an entity. Return False if the time ended first.
        """
        cursor: str | None = None
        while has_time():
            events, cursor = self.by_status(EventStatus.FAILED, limit=_MAX_ACTIONS, cursor=cursor)
            for event in filter(concerns, events):
                kind = (event["error"] or "").partition(":")[0]
                self._change(event["eventId"], EventStatus.FAILED, ", #error = :error", {":error": kind})
            if cursor is None:
                return True
        return False

    def _change(self, event_id: str, status: EventStatus, change: str, more: Mapping[str, Any]) -> bool:
        allowed = enumerate(_ALLOWED_TRANSITIONS[status])
        before = {f":before{place}": each.value for place, each in allowed}
        values = {":status": status.value, ":now": format_iso(self._clock()), **more, **before}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"eventId": event_id}),
                UpdateExpression=f"SET #status = :status, updatedAt = :now{change}",
                ConditionExpression=f"#status IN ({', '.join(before)})",
                ExpressionAttributeNames={"#status": "status", "#error": "error"},
                ExpressionAttributeValues=to_attributes(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _query(self, condition: str, values: Mapping[str, Any], **options: Any) -> "QueryOutputTypeDef":
        return self._client.query(
            TableName=self._table,
            IndexName=_INDEX,
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=to_attributes(values),
            **options,
        )

    def _store(self, events: Sequence[_E], ignored: str | None) -> list[_E]:
        pending = list(events)
        while pending:
            try:
                write(self._client, [{"Put": self._put(event, ignored)} for event in pending])  # type: ignore[typeddict-item]
            except ConcurrentWrite as conflict:
                if not conflict.failed:
                    raise
                pending = [event for place, event in enumerate(pending) if place not in conflict.failed]
            else:
                break
        return pending

    def _put(self, event: Mapping[str, Any], ignored: str | None) -> dict[str, Any]:
        now = self._clock()
        status = EventStatus.RECEIVED if ignored is None else EventStatus.IGNORED
        item = {
            **event,
            **_texts(event),
            "status": status.value,
            "error": ignored,
            "updatedAt": format_iso(now),
            "expiresAt": int(now) + self._keep_seconds,
        }
        return {"TableName": self._table, "Item": to_attributes(item), "ConditionExpression": _NEW}


def _texts(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that are stored as JSON text. Only the payload and the ids can be long."""
    texts = {name: json.dumps(event[name], ensure_ascii=False) for name in _AS_TEXT}
    if sum(map(len, texts.values())) * _MAX_BYTES_PER_CHARACTER <= _MAX_TEXT_BYTES:
        return texts
    fits = sum(len(text.encode()) for text in texts.values()) <= _MAX_TEXT_BYTES
    return texts if fits else {**texts, "payload": "null"}


def _sweeps(attributes: Mapping[str, Any]) -> int:
    return int(from_attributes(attributes).get("sweeps", 0))


def _from_item(attributes: Mapping[str, Any]) -> Item:
    item = {**dict.fromkeys(_OPTIONAL), **from_attributes(attributes)}
    for name in _INTERNAL:
        item.pop(name, None)
    return {**item, **{name: json.loads(item[name]) for name in _AS_TEXT}}
