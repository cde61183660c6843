"""Buildium's events: flat ones about one change each, and the batch form."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tests.simulator.entity_type import EntityType, copied
from tests.simulator.model import Change, Json

TICKS_A_SECOND = 10_000_000


class EventMaker:
    """Creates events. No two have the same time, because events are identified by their exact time."""

    def __init__(self, account_id: int, clock: Callable[[], float]) -> None:
        self._account_id = account_id
        self._clock = clock
        self._lock = threading.Lock()
        self._last_tick = 0

    def now(self) -> str:
        """The time in UTC with seven fractional digits."""
        with self._lock:
            self._last_tick = tick = max(self._last_tick + 1, round(self._clock() * TICKS_A_SECOND))
        seconds, fraction = divmod(tick, TICKS_A_SECOND)
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:07d}Z"

    def of(self, changes: list[Change], types: Mapping[str, EntityType]) -> list[Json]:
        """One flat event for each change of a type that has events."""
        typed = [(change, types[change.type_name]) for change in changes]
        return [
            self._event(change, entity_type)
            for change, entity_type in typed
            if entity_type.event and change.operation in entity_type.event_operations
        ]

    def _event(self, change: Change, entity_type: EntityType) -> Json:
        identity = {entity_type.id_field: change.id} if entity_type.id_field else {}
        related = copied(change.public, *entity_type.event_keys)
        return self.flat(f"{entity_type.event}.{change.operation}", **identity, **related)

    def flat(self, name: str, **ids: object) -> Json:
        """One flat event with any name and ids."""
        return {"EventName": name, "EventDateTime": self.now(), "AccountId": self._account_id, **ids}

    def batch(self, events: list[Json]) -> Json:
        """The batch form; `Id`, `EventDate` and `Data` are added to events without them."""
        dated = [(event, self.now()) for event in events]
        return {"Events": [{"Id": f"event-{now}", "EventDate": now, "Data": {}, **e} for e, now in dated]}
