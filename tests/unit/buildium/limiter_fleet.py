"""Function instances that share a rate limit, in virtual time."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from buildium_sync.buildium.rate_limiter.limiter import RateLimiter, Slot
from buildium_sync.buildium.rate_limiter.priority import Priority
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.virtual_threads import VirtualThreads

LIMIT = 9.97
"""The setting's default."""


@dataclass
class LimiterClient:
    """One function instance with consecutive calls. `calls` are their true times."""

    limit: RateLimiter
    clock: VirtualClock
    priority: Priority = Priority.INTERACTIVE
    calls: list[float] = field(default_factory=list)

    def call(self, longest: float = 600.0) -> Slot:
        slot = self.limit.acquire(longest, self.priority)
        self.calls.append(self.clock())
        return slot


class LimiterFleet:
    """Creates callers, whose clocks may be wrong by `ahead` seconds, and runs them concurrently."""

    def __init__(self, client: Any, clock: VirtualClock) -> None:
        self.client = client
        self.clock = clock
        self.threads = VirtualThreads(clock)
        self.callers: list[LimiterClient] = []

    def caller(
        self, priority: Priority = Priority.INTERACTIVE, *, ahead: float = 0.0, rate: float = LIMIT
    ) -> LimiterClient:
        clock, sleep = self.clock, self.threads.sleep
        limit = RateLimiter(self.client, CONTROL, rate=rate, clock=lambda: clock() + ahead, sleep=sleep)
        self.callers.append(LimiterClient(limit, clock, priority))
        return self.callers[-1]

    def run(self, functions: Iterable[Callable[[], object]]) -> None:
        self.threads.run(functions)

    def one_after_another(self, caller: LimiterClient, calls: int, took: float = 0.0) -> Callable[[], None]:
        """Return a function that makes so many calls; each takes `took` seconds."""

        def function() -> None:
            for _ in range(calls):
                caller.call()
                self.threads.sleep(took)

        return function

    def until(self, caller: LimiterClient, end: float) -> Callable[[], None]:
        """Return a function that calls continuously until a time."""

        def function() -> None:
            while self.clock() < end:
                caller.call()

        return function

    @property
    def calls(self) -> list[float]:
        return sorted(at for caller in self.callers for at in caller.calls)


class SlowDynamoDB:
    """A DynamoDB client with the latency of a network."""

    def __init__(self, client: Any, sleep: Callable[[float], None]) -> None:
        self.exceptions = client.exceptions
        self._client = client
        self._sleep = sleep
        self._random = random.Random(1)
        self.latency = (0.001, 0.005)
        self.writes = 0

    def update_item(self, **arguments: Any) -> Any:
        self.writes += 1
        return self._delayed(self._client.update_item, arguments)

    def get_item(self, **arguments: Any) -> Any:
        return self._delayed(self._client.get_item, arguments)

    def _delayed(self, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self._sleep(self._random.uniform(*self.latency))
        try:
            return call(**arguments)
        finally:
            self._sleep(self._random.uniform(*self.latency))
