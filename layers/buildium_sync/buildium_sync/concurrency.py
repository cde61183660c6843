"""Parallel work in threads."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def parallel_map(work: Callable[[_T], _R], items: Iterable[_T], *, max_workers: int) -> list[_R]:
    """Return the results of `work` for each item, in order, with at most `max_workers` calls at a time.

    Raises the error of the first failed item. Items that have not started by then are skipped.
    """
    with ThreadPoolExecutor(max_workers) as pool:
        return list(pool.map(work, items))


class Countdown:
    """Lets a thread wait for a number of steps. `left` is the number of remaining steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self._lock = threading.Lock()
        self._open = threading.Lock()
        if steps:
            self._open.acquire()

    def step(self) -> None:
        """Complete one step."""
        with self._lock:
            self.left -= 1
            if not self.left:
                self._open.release()

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`, and return whether all steps are complete. For one thread."""
        return self._open.acquire(timeout=seconds)
