"""Virtual time: actions happen one after the other, and only one thread runs at a time.

Each `VirtualThread` runs alone from one call to another service to the next. An action wakes it. So a seed decides
every interleaving.
"""

import heapq
import io
import itertools
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

_R = TypeVar("_R")
Action = Callable[[], None]
START = 1_795_356_000.0


class KilledError(BaseException):
    """Ends a thread whose process was killed. It is no Exception, so that no handler of the system catches it."""


class Timeline:
    """Actions by their time in seconds since the epoch. The seed orders simultaneous ones."""

    def __init__(self, rng: random.Random, now: float = START) -> None:
        self.rng = rng
        self.now = now
        self.threads: set[VirtualThread] = set()
        self.output = io.StringIO()
        """What is printed during the run; on Lambda this is the log."""
        self.numbers = itertools.count()
        self._actions: list[tuple[float, float, int, Action]] = []

    def after(self, seconds: float, action: Action) -> None:
        """Schedule an action in so many seconds."""
        heapq.heappush(self._actions, (self.now + seconds, self.rng.random(), next(self.numbers), action))

    def run(self, seconds: float) -> None:
        """Run all actions of the next `seconds` seconds."""
        until = self.now + seconds
        while self._actions and self._actions[0][0] <= until:
            self._next()
        self.now = until

    def run_until(self, done: Callable[[], bool], longest: float) -> bool:
        """Run actions until `done` is true; return False if it is not after `longest` seconds."""
        until = self.now + longest
        while not done():
            if not self._actions or self._actions[0][0] > until:
                self.now = until
                return done()
            self._next()
        return True

    def _next(self) -> None:
        self.now, _, _, action = heapq.heappop(self._actions)
        with redirect_stdout(self.output):
            action()

    def close(self) -> None:
        """End every waiting thread."""
        for thread in sorted(self.threads, key=lambda thread: thread.number):
            thread.process.kill()
            thread.wake()


@dataclass
class Process:
    """A process, which all its threads share. `ahead` is the error of its clock in seconds."""

    name: str
    ahead: float = 0.0
    dead: bool = False

    def kill(self) -> None:
        """End the process; its threads never resume."""
        self.dead = True

    def leave(self) -> None:
        """Save the process's global state before another process runs."""

    def enter(self) -> None:
        """Restore the process's global state."""


class VirtualThread:
    """A thread of the system, which runs while `wake` waits for it."""

    _current = threading.local()

    def __init__(self, timeline: Timeline, process: Process, work: Action, ended: Action) -> None:
        self.timeline = timeline
        self.process = process
        self.number = next(timeline.numbers)
        timeline.threads.add(self)
        self._work = work
        self._ended = ended
        self._over = False
        self._turn = threading.Lock()
        self._back = threading.Lock()
        self._turn.acquire()
        self._back.acquire()
        threading.Thread(target=self._run, name=process.name, daemon=True).start()

    @classmethod
    def current(cls) -> "VirtualThread | None":
        """The calling thread, or None for the test itself."""
        return getattr(cls._current, "thread", None)

    def wake(self) -> None:
        """Run the thread until it waits or ends."""
        if self._over:
            return
        self._turn.release()
        self._back.acquire()
        if self._over:
            self.timeline.threads.discard(self)
            self._ended()

    def wait(self) -> None:
        """Yield until another thread wakes this one. Raises KilledError if its process was killed."""
        self.process.leave()
        self._back.release()
        self._turn.acquire()
        self.process.enter()
        self.check()

    def check(self) -> None:
        """Raise KilledError if the process was killed."""
        if self.process.dead:
            raise KilledError

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        self.timeline.after(max(seconds, 0.0), self.wake)
        self.wait()

    def _run(self) -> None:
        self._turn.acquire()
        type(self)._current.thread = self
        try:
            self.check()
            self._work()
        except KilledError:
            # No one is notified: the starter of the process checks whether it has ended.
            self.process.kill()
        finally:
            self._over = True
            self._back.release()


class Lock:
    """Replaces threading.Lock: while a thread waits for it, time passes and others run."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: list[tuple[VirtualThread, list[bool]]] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Behave as a lock's `acquire`."""
        thread = VirtualThread.current()
        if not self._held or thread is None or not blocking:
            free, self._held = not self._held, True
            return free
        got: list[bool] = []
        self._waiting.append((thread, got))
        if timeout >= 0:
            thread.timeline.after(timeout, lambda: self._notify(thread, got, False))
        try:
            thread.wait()
        except KilledError:
            if got == [True]:
                self.release()
            got.append(False)
            raise
        return got[0]

    def release(self) -> None:
        """Pass the lock to the thread that has waited longest."""
        while self._waiting:
            thread, got = self._waiting.pop(0)
            if not got:
                got.append(True)
                thread.timeline.after(0, thread.wake)
                return
        self._held = False

    @staticmethod
    def _notify(thread: VirtualThread, got: list[bool], outcome: bool) -> None:
        if not got:
            got.append(outcome)
            thread.wake()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        self.release()


class Pool:
    """Replaces ThreadPoolExecutor: its threads are virtual threads of the calling process."""

    def __init__(self, max_workers: int) -> None:
        self._most = max_workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return

    def map(self, work: Callable[[Any], _R], items: Iterable[Any]) -> Iterator[_R]:
        """Behave as ThreadPoolExecutor's `map`."""
        left = list(enumerate(items))
        parent = VirtualThread.current()
        if parent is None or len(left) < 2:
            return map(work, [item for _, item in left])
        outcomes: dict[int, _R | Exception] = {}
        workers = min(self._most, len(left))
        running = [workers]

        def worker() -> None:
            while left:
                place, item = left.pop(0)
                try:
                    outcomes[place] = work(item)
                except Exception as error:  # noqa: BLE001 -- it is raised where the results are read
                    outcomes[place] = error
                    left.clear()

        def ended() -> None:
            running[0] -= 1
            if not running[0]:
                parent.timeline.after(0, parent.wake)

        for _ in range(workers):
            thread = VirtualThread(parent.timeline, parent.process, worker, ended)
            parent.timeline.after(0, thread.wake)
        parent.wait()
        return _results([outcomes[place] for place in sorted(outcomes)])


def _results(outcomes: Iterable[_R | Exception]) -> Iterator[_R]:
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
        yield outcome
