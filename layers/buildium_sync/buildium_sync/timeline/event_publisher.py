"""Publishes change events on the event bus, for the application."""

import json
from collections.abc import Iterable

from buildium_sync.domain.change_event import ChangeEvent
from buildium_sync.errors import EventsNotPublished
from buildium_sync.store.event_bus import BusEvent, EventBus


class ChangeEventPublisher:
    """Publishes events at least once: the caller repeats those of a failed call, with the same ids."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def publish(self, events: Iterable[ChangeEvent]) -> None:
        """Publish events. Raises EventsNotPublished if the bus did not accept all of them."""
        if not all(self._bus.put(_bus_event(event) for event in events)):
            raise EventsNotPublished("The event bus did not accept all events")


def _bus_event(event: ChangeEvent) -> BusEvent:
    return BusEvent(event.id, event.type, json.dumps(event.to_detail(), separators=(",", ":"), ensure_ascii=False))
