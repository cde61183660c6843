"""Threads on one virtual time: one runs at a time, and the time moves on when all of them sleep."""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable

from tests.clocks import VirtualClock


class Crowd:
    """`run` starts the works at once, each a thread of its own, which wait by `sleep` only."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._order = itertools.count()
        self._errors: list[BaseException] = []

    def run(self, works: Iterable[Callable[[], object]]) -> None:
        """Let all works end. Raises the first error among theirs."""
        threads = [threading.Thread(target=self._work, args=(work, self._bed(0.0))) for work in works]
        for thread in threads:
            thread.start()
        self._wake_next()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def sleep(self, seconds: float) -> None:
        """Sleep, as one of the works."""
        bed = self._bed(seconds)
        self._wake_next()
        bed.wait()

    def _work(self, work: Callable[[], object], bed: threading.Event) -> None:
        bed.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- raised by run
            self._errors.append(error)
        self._wake_next()

    def _bed(self, seconds: float) -> threading.Event:
        bed = threading.Event()
        heapq.heappush(self._sleepers, (self._clock() + seconds, next(self._order), bed))
        return bed

    def _wake_next(self) -> None:
        if self._sleepers:
            at, _, bed = heapq.heappop(self._sleepers)
            self._clock.now = max(self._clock.now, at)
            bed.set()
