"""Failed calls to Buildium: items of the timeline table, for 14 days.

pk                        sk         what
failed-calls#property#7   <at>#<id>  at, method, path, query, requestBody, status, responseBody, requestId, durationMs,
                                     errorCode, error: the calls for one entity; see `domain.failed_call`
failed-calls              <at>#<id>  the calls for no entity, such as polls
"""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.store.dynamodb import Item, to_attributes
from buildium_sync.store.newest_first import newest_first
from buildium_sync.store.partitions import HasTime, delete_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_RETENTION_SECONDS = 14 * 86_400
_INTERNAL = ("pk", "sk", "expiresAt")
_OPTIONAL = ("query", "requestBody", "status", "responseBody", "requestId")


class FailedCallStore:
    """The failed calls, newest first."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def add(self, call: FailedCall) -> None:
        """Store one failed call."""
        now = self._clock()
        at = format_iso(now)
        item = {"pk": _pk(call.ref), "sk": f"{at}#{uuid.uuid4().hex[:12]}", "at": at, **_attributes(call)}
        self._client.put_item(
            TableName=self._table, Item=to_attributes({**item, "expiresAt": int(now) + _RETENTION_SECONDS})
        )

    def page(self, ref: EntityRef | None, *, limit: int, cursor: str | None) -> tuple[list[Item], str | None]:
        """Return one page of the calls for an entity or for none, and the next cursor. Raises MalformedRequest."""
        items, next_cursor = newest_first(self._client, self._table, _pk(ref), limit=limit, cursor=cursor)
        return [_from_item(item) for item in items], next_cursor

    def erase(self, ref: EntityRef, has_time: HasTime) -> bool:
        """Delete the calls for an entity. Return False if the time ended first."""
        return delete_partition(self._client, self._table, _pk(ref), has_time)

    def erase_others(self, concerns: Callable[[str], bool], has_time: HasTime) -> bool:
        """Delete the calls for no entity whose path `concerns` accepts. Return False if the time ended first."""
        return delete_partition(
            self._client, self._table, _pk(None), has_time, chosen=lambda item: concerns(item["path"])
        )


def _pk(ref: EntityRef | None) -> str:
    return f"failed-calls#{ref.pk}" if ref else "failed-calls"


def _from_item(item: Item) -> Item:
    shown = {name: part for name, part in item.items() if name not in _INTERNAL}
    return {**dict.fromkeys(_OPTIONAL), **shown}


def _attributes(call: FailedCall) -> Item:
    return {
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "requestBody": call.request_body,
        "status": call.status,
        "responseBody": call.response_body,
        "requestId": call.request_id,
        "durationMs": call.duration_ms,
        "errorCode": call.error_code,
        "error": call.error,
    }
