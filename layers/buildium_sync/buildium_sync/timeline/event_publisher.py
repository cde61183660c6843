"""Publishes events on the event bus, for the application."""

import json
from collections.abc import Iterable

from buildium_sync.domain.change_event import ChangeDetail, ImportDetail
from buildium_sync.errors import EventsNotPublished
from buildium_sync.store.event_bus import BusEvent, EventBus


class ApplicationEventPublisher:
    """Publishes events at least once: the caller repeats those of a failed call, with the same ids."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def publish(self, events: Iterable[ChangeDetail | ImportDetail]) -> None:
        """Publish events. Raises EventsNotPublished if the bus did not accept all of them."""
        if not all(self._bus.put(_bus_event(event) for event in events)):
            raise EventsNotPublished("The event bus did not accept all events")


def _bus_event(event: ChangeDetail | ImportDetail) -> BusEvent:
    return BusEvent(event["id"], event["type"], json.dumps(event, separators=(",", ":"), ensure_ascii=False))
