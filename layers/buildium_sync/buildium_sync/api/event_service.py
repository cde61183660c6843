"""Lists and retries stored webhook events."""

from typing import Any

from buildium_sync.clock import Clock
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.entity import is_valid_id
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.errors import NotFound
from buildium_sync.observability import redacted
from buildium_sync.store.events import EventStore
from buildium_sync.store.queues import EventQueue


class EventService:
    """Lists and retries stored webhook events."""

    def __init__(self, events: EventStore, queue: EventQueue, clock: Clock) -> None:
        self._events = events
        self._queue = queue
        self._clock = clock

    def page(self, status: EventStatus, *, limit: int, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """Return one page of the events in a status, newest first and redacted, and the next cursor."""
        events, next_cursor = self._events.by_status(status, limit=limit, cursor=cursor)
        return [_redacted(event) for event in events], next_cursor

    def retry(self, event_id: str) -> dict[str, Any]:
        """Queue an event for processing again, and return it. Raises NotFound."""
        event = self._events.get(event_id) if is_valid_id(event_id) else None
        if event is None:
            raise NotFound(f"Event {event_id!r} not found.")
        self._events.set_status(event_id, EventStatus.RECEIVED)
        self._queue.send(event)
        # Otherwise the sweep would publish it again.
        self._events.mark_published(event_id, due=self._clock() + DELIVERY_GRACE_SECONDS)
        return _redacted({**event, "status": EventStatus.PUBLISHED.value, "error": None})


def _redacted(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without secrets and personal numbers, by the names of their fields.

    A payload that is not JSON is left out, since it may contain them anywhere.
    """
    payload = event["payload"]
    shown = f"[{len(payload)} characters]" if isinstance(payload, str) else redacted(payload)
    return {**event, "ids": redacted(event["ids"]), "payload": shown}
