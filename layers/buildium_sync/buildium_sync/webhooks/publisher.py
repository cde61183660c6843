"""Publishes webhook events on the event bus."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from buildium_sync.store.event_bus import BusEvent, EventBus

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_E = TypeVar("_E", bound=Mapping[str, Any])

SOURCE = "buildium-sync.webhook"
SCHEMA_VERSION = 1
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
        self._bus = EventBus(client, bus_name, SOURCE)

    def publish(self, events: Iterable[_E]) -> list[_E]:
        """Publish events, and return those that the bus accepted. The sweep publishes the others later."""
        sent = list(events)
        accepted = self._bus.put(_bus_event(event) for event in sent)
        return [event for event, is_accepted in zip(sent, accepted, strict=True) if is_accepted]


def _bus_event(event: Mapping[str, Any]) -> BusEvent:
    detail_type = event["eventName"][:_MAX_DETAIL_TYPE_LENGTH] or "Unknown"
    return BusEvent(event["eventId"], detail_type, _detail(event))


def _detail(event: Mapping[str, Any]) -> str:
    """Return the event as JSON. Members that make it too long are left out and named in `omitted`.

    `Data` of the batch format, which events of earlier versions have, may contain personal data. It is not published.
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
