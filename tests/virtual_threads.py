"""Threads in virtual time: one runs at a time, and time moves when all of them sleep."""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable

from tests.clocks import VirtualClock


class VirtualThreads:
    """`run` starts every function in a separate thread; a function may wait only by `sleep`."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._order = itertools.count()
        self._errors: list[BaseException] = []

    def run(self, functions: Iterable[Callable[[], object]]) -> None:
        """Wait until all functions have returned. Raises the first error of any of them."""
        threads = [threading.Thread(target=self._work, args=(function, self._event(0.0))) for function in functions]
        for thread in threads:
            thread.start()
        self._wake_next()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def sleep(self, seconds: float) -> None:
        """Sleep, in one of the functions."""
        event = self._event(seconds)
        self._wake_next()
        event.wait()

    def _work(self, function: Callable[[], object], event: threading.Event) -> None:
        event.wait()
        try:
            function()
        except BaseException as error:  # noqa: BLE001 -- raised by run
            self._errors.append(error)
        self._wake_next()

    def _event(self, seconds: float) -> threading.Event:
        event = threading.Event()
        heapq.heappush(self._sleepers, (self._clock() + seconds, next(self._order), event))
        return event

    def _wake_next(self) -> None:
        if self._sleepers:
            at, _, event = heapq.heappop(self._sleepers)
            self._clock.now = max(self._clock.now, at)
            event.set()
