"""Passes webhook events on to the event bus, where anyone may listen."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.observability import increment, logger

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef as Entry
else:
    Entry = dict[str, Any]

_E = TypeVar("_E", bound=Mapping[str, Any])

SOURCE = "buildium-sync.webhook"
SCHEMA_VERSION = 1
_MAX_ENTRIES = 10
"""EventBridge: entries in one PutEvents."""
_MAX_BYTES = 240_000
"""EventBridge: all entries of one PutEvents together have at most 256 KB; some is left for the envelope."""
_MAX_DETAIL_BYTES = 200_000
_MAX_DETAIL_TYPE = 128
_FIELDS = (
    "eventId",
    "eventName",
    "subject",
    "operation",
    "accountId",
    "entityId",
    "ids",
    "eventDateTime",
    "receivedAt",
    "correlationId",
    "payload",
)


class EventPublisher:
    """Puts events on one bus."""

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, events: Iterable[_E]) -> list[_E]:
        """Publish events, and return those that the bus took.

        Never raises for the rest: it is logged and counted, and the sweep publishes it later.
        """
        return [event for batch in _batches(events) for event in self._put(batch)]

    def _put(self, batch: Sequence[tuple[_E, str]]) -> list[_E]:
        try:
            answer = self._client.put_events(Entries=[self._entry(event, detail) for event, detail in batch])
        except (BotoCoreError, ClientError):
            logger.exception("Events not published", extra={"eventIds": [event["eventId"] for event, _ in batch]})
            increment("EventPublishFailed", len(batch))
            return []
        results = zip((event for event, _ in batch), answer["Entries"], strict=True)
        return [event for event, result in results if _was_accepted(event, result)]

    def _entry(self, event: Mapping[str, Any], detail: str) -> Entry:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event["eventName"][:_MAX_DETAIL_TYPE] or "Unknown",
            "Detail": detail,
        }


def _was_accepted(event: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    if "ErrorCode" not in result:
        return True
    logger.error("Event not published", extra={"eventId": event["eventId"], "code": result["ErrorCode"]})
    increment("EventPublishFailed")
    return False


def _batches(events: Iterable[_E]) -> Iterator[list[tuple[_E, str]]]:
    batch: list[tuple[_E, str]] = []
    size = 0
    for event in events:
        detail = _detail(event)
        length = len(detail.encode())
        if batch and (len(batch) == _MAX_ENTRIES or size + length > _MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((event, detail))
        size += length
    if batch:
        yield batch


def _detail(event: Mapping[str, Any]) -> str:
    """Return the event as JSON; what makes it too long is left out and named in `omitted`.

    The batch form's `Data` stays in the store: it may hold what no dead letter should, and the truth is Buildium's.
    """
    detail = {name: event[name] for name in _FIELDS} | {"schemaVersion": SCHEMA_VERSION}
    if isinstance(detail["payload"], dict):
        detail["payload"] = {name: value for name, value in detail["payload"].items() if name != "Data"}
    text = _json(detail)
    for name in ("payload", "ids"):
        if len(text.encode()) <= _MAX_DETAIL_BYTES:
            break
        del detail[name]
        detail["omitted"] = [*detail.get("omitted", []), name]
        text = _json(detail)
    return text


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
