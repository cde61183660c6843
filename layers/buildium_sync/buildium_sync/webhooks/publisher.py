"""Publishes webhook events on the event bus."""

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
"""EventBridge: the limit for one PutEvents."""
_MAX_BYTES = 240_000
"""EventBridge: the entries of one PutEvents have at most 256 KB together, including their envelopes."""
_MAX_DETAIL_BYTES = 200_000
_MAX_DETAIL_TYPE_LENGTH = 128
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
    """Publishes events on one bus."""

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, events: Iterable[_E]) -> list[_E]:
        """Publish events, and return those that the bus accepted.

        The others are logged and counted without an error. The sweep publishes them later.
        """
        return [event for batch in _batches(events) for event in self._put(batch)]

    def _put(self, batch: Sequence[tuple[_E, str]]) -> list[_E]:
        try:
            response = self._client.put_events(Entries=[self._entry(event, detail) for event, detail in batch])
        except (BotoCoreError, ClientError):
            logger.exception("Events not published", extra={"eventIds": [event["eventId"] for event, _ in batch]})
            increment("EventPublishFailed", len(batch))
            return []
        results = zip((event for event, _ in batch), response["Entries"], strict=True)
        accepted = []
        for event, result in results:
            if "ErrorCode" in result:
                logger.error("Event not published", extra={"eventId": event["eventId"], "code": result["ErrorCode"]})
                increment("EventPublishFailed")
            else:
                accepted.append(event)
        return accepted

    def _entry(self, event: Mapping[str, Any], detail: str) -> Entry:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event["eventName"][:_MAX_DETAIL_TYPE_LENGTH] or "Unknown",
            "Detail": detail,
        }


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
    """Return the event as JSON. Members that make it too long are left out and named in `omitted`.

    `Data` of the batch format is not published: it may contain personal data, and consumers read the current values
    from Buildium.
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
