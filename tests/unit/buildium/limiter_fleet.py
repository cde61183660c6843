"""Function instances that share a rate limit, on one virtual time."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from buildium_sync.buildium.rate_limiter.limiter import RateLimiter, Slot
from buildium_sync.buildium.rate_limiter.priority import Priority
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.virtual_threads import Crowd

LIMIT = 9.97
"""The setting's default."""


@dataclass
class Caller:
    """One function instance whose calls follow one another. `calls` are the true times at which it made them."""

    limit: RateLimiter
    clock: VirtualClock
    lane: Priority = Priority.INTERACTIVE
    calls: list[float] = field(default_factory=list)

    def call(self, longest: float = 600.0) -> Slot:
        slot = self.limit.acquire(longest, self.lane)
        self.calls.append(self.clock())
        return slot


class Crew:
    """Makes callers whose clocks may be wrong, by `ahead` seconds, and lets them work at once."""

    def __init__(self, client: Any, clock: VirtualClock) -> None:
        self.client = client
        self.clock = clock
        self.crowd = Crowd(clock)
        self.callers: list[Caller] = []

    def caller(self, lane: Priority = Priority.INTERACTIVE, *, ahead: float = 0.0, rate: float = LIMIT) -> Caller:
        clock, sleep = self.clock, self.crowd.sleep
        limit = RateLimiter(self.client, CONTROL, rate=rate, clock=lambda: clock() + ahead, sleep=sleep)
        self.callers.append(Caller(limit, clock, lane))
        return self.callers[-1]

    def run(self, works: Iterable[Callable[[], object]]) -> None:
        self.crowd.run(works)

    def one_after_another(self, caller: Caller, calls: int, took: float = 0.0) -> Callable[[], None]:
        """Return work that makes so many calls, each of which takes so long."""

        def work() -> None:
            for _ in range(calls):
                caller.call()
                self.crowd.sleep(took)

        return work

    def until(self, caller: Caller, end: float) -> Callable[[], None]:
        """Return work that calls as often as it may up to a time."""

        def work() -> None:
            while self.clock() < end:
                caller.call()

        return work

    @property
    def calls(self) -> list[float]:
        return sorted(at for caller in self.callers for at in caller.calls)


class Distant:
    """A DynamoDB client whose answers take as long as over a network."""

    def __init__(self, client: Any, sleep: Callable[[float], None]) -> None:
        self.exceptions = client.exceptions
        self._client = client
        self._sleep = sleep
        self._random = random.Random(1)
        self.latency = (0.001, 0.005)
        self.writes = 0

    def update_item(self, **arguments: Any) -> Any:
        self.writes += 1
        return self._far(self._client.update_item, arguments)

    def get_item(self, **arguments: Any) -> Any:
        return self._far(self._client.get_item, arguments)

    def _far(self, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self._sleep(self._random.uniform(*self.latency))
        try:
            return call(**arguments)
        finally:
            self._sleep(self._random.uniform(*self.latency))
