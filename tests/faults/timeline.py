"""A virtual time in which one thing happens after the other, and threads that run only when it is their turn.

Whatever happens is an action at a moment. A thread of the system is a `Strand`: it runs from one call to the outside
to the next, alone, and what it waits for is an action that wakes it. So a seed decides every interleaving.
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
    """Ends a strand whose process is gone. Not an Exception: no handler of the system's may catch it."""


class Timeline:
    """Actions in the order of their moments (seconds since the epoch); the seed decides between those of one."""

    def __init__(self, chance: random.Random, now: float = START) -> None:
        self.chance = chance
        self.now = now
        self.strands: set[Strand] = set()
        self.output = io.StringIO()
        """What is printed during the run; on Lambda this is the log."""
        self.numbers = itertools.count()
        self._actions: list[tuple[float, float, int, Action]] = []

    def after(self, seconds: float, action: Action) -> None:
        """Have something happen in so many seconds."""
        heapq.heappush(self._actions, (self.now + seconds, self.chance.random(), next(self.numbers), action))

    def run(self, seconds: float) -> None:
        """Let so much time pass, with all that happens in it."""
        until = self.now + seconds
        while self._actions and self._actions[0][0] <= until:
            self._next()
        self.now = until

    def run_until(self, done: Callable[[], bool], longest: float) -> bool:
        """Let time pass until something is so; False when it is not after so many seconds."""
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
        """End every strand that still waits for something."""
        for strand in sorted(self.strands, key=lambda strand: strand.number):
            strand.process.kill()
            strand.wake()


@dataclass
class Process:
    """What strands share that live and die together. `ahead` is by how many seconds its clock is ahead."""

    name: str
    ahead: float = 0.0
    dead: bool = False

    def kill(self) -> None:
        """End it: its strands go no further than where they wait."""
        self.dead = True

    def leave(self) -> None:
        """Put away what the process has for itself, before another one runs."""

    def enter(self) -> None:
        """Take it out again."""


class Strand:
    """A thread of the system, which runs while `wake` waits for it."""

    _current = threading.local()

    def __init__(self, timeline: Timeline, process: Process, work: Action, ended: Action) -> None:
        self.timeline = timeline
        self.process = process
        self.number = next(timeline.numbers)
        timeline.strands.add(self)
        self._work = work
        self._ended = ended
        self._over = False
        self._turn = threading.Lock()
        self._back = threading.Lock()
        self._turn.acquire()
        self._back.acquire()
        threading.Thread(target=self._run, name=process.name, daemon=True).start()

    @classmethod
    def current(cls) -> "Strand | None":
        """The strand that asks, or None for the test itself."""
        return getattr(cls._current, "strand", None)

    def wake(self) -> None:
        """Let it run until it waits for something or has ended."""
        if self._over:
            return
        self._turn.release()
        self._back.acquire()
        if self._over:
            self.timeline.strands.discard(self)
            self._ended()

    def wait(self) -> None:
        """Yield until another strand wakes this one. Raises KilledError when its process has died."""
        self.process.leave()
        self._back.release()
        self._turn.acquire()
        self.process.enter()
        self.check()

    def check(self) -> None:
        """Raise KilledError when the process has died."""
        if self.process.dead:
            raise KilledError

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        self.timeline.after(max(seconds, 0.0), self.wake)
        self.wait()

    def _run(self) -> None:
        self._turn.acquire()
        type(self)._current.strand = self
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
    """Stands for a threading.Lock: a strand that waits for it lets time pass and the others run."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: list[tuple[Strand, list[bool]]] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Do what a lock's `acquire` does."""
        strand = Strand.current()
        if not self._held or strand is None or not blocking:
            free, self._held = not self._held, True
            return free
        got: list[bool] = []
        self._waiting.append((strand, got))
        if timeout >= 0:
            strand.timeline.after(timeout, lambda: self._tell(strand, got, False))
        try:
            strand.wait()
        except KilledError:
            if got == [True]:
                self.release()
            got.append(False)
            raise
        return got[0]

    def release(self) -> None:
        """Hand it to the strand that has waited longest."""
        while self._waiting:
            strand, got = self._waiting.pop(0)
            if not got:
                got.append(True)
                strand.timeline.after(0, strand.wake)
                return
        self._held = False

    @staticmethod
    def _tell(strand: Strand, got: list[bool], outcome: bool) -> None:
        if not got:
            got.append(outcome)
            strand.wake()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        self.release()


class Pool:
    """Stands for a ThreadPoolExecutor: its threads are strands of the process that uses it."""

    def __init__(self, max_workers: int) -> None:
        self._most = max_workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return

    def map(self, work: Callable[[Any], _R], items: Iterable[Any]) -> Iterator[_R]:
        """Do what ThreadPoolExecutor's `map` does."""
        left = list(enumerate(items))
        parent = Strand.current()
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
            strand = Strand(parent.timeline, parent.process, worker, ended)
            parent.timeline.after(0, strand.wake)
        parent.wait()
        return _results([outcomes[place] for place in sorted(outcomes)])


def _results(outcomes: Iterable[_R | Exception]) -> Iterator[_R]:
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
        yield outcome
