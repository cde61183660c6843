"""The event bus: publishes events in batches."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.observability import increment, logger

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef as Entry
else:
    Entry = dict[str, Any]

_MAX_ENTRIES = 10
"""EventBridge: the limit for one PutEvents."""
_MAX_BYTES = 240_000
"""EventBridge: the entries of one PutEvents have at most 256 KB together, including their envelopes."""


class BusEvent(NamedTuple):
    """An event for the bus: its id for the log, its type, and the event as JSON."""

    id: str
    detail_type: str
    detail: str


class EventBus:
    """One bus, for events of one source."""

    def __init__(self, client: "EventBridgeClient", bus_name: str, source: str) -> None:
        self._client = client
        self._bus_name = bus_name
        self._source = source

    def put(self, events: Iterable[BusEvent]) -> list[bool]:
        """Publish events, and return for each one whether the bus accepted it.

        The others are logged and counted without an error.
        """
        return [accepted for batch in _batches(events) for accepted in self._put(batch)]

    def _put(self, batch: Sequence[BusEvent]) -> list[bool]:
        try:
            response = self._client.put_events(Entries=[self._entry(event) for event in batch])
        except (BotoCoreError, ClientError):
            logger.exception("Events not published", extra={"eventIds": [event.id for event in batch]})
            increment("EventPublishFailed", len(batch))
            return [False] * len(batch)
        for event, result in zip(batch, response["Entries"], strict=True):
            if "ErrorCode" in result:
                logger.error("Event not published", extra={"eventId": event.id, "code": result["ErrorCode"]})
                increment("EventPublishFailed")
        return ["ErrorCode" not in result for result in response["Entries"]]

    def _entry(self, event: BusEvent) -> Entry:
        return {
            "EventBusName": self._bus_name,
            "Source": self._source,
            "DetailType": event.detail_type,
            "Detail": event.detail,
        }


def _batches(events: Iterable[BusEvent]) -> Iterator[list[BusEvent]]:
    batch: list[BusEvent] = []
    size = 0
    for event in events:
        length = len(event.detail.encode())
        if batch and (len(batch) == _MAX_ENTRIES or size + length > _MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch
