"""Work on several things at once, in threads."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def parallel_map(work: Callable[[_T], _R], items: Iterable[_T], *, most: int) -> list[_R]:
    """Return what `work` returns for each item, in their order, with at most so many under way.

    Raises what the first of those raised that went wrong; those that were not begun then are left out.
    """
    with ThreadPoolExecutor(most) as pool:
        return list(pool.map(work, items))


class Countdown:
    """Lets a thread wait until so many steps are done; `left` says how many are not."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self._lock = threading.Lock()
        self._open = threading.Lock()
        if steps:
            self._open.acquire()

    def step(self) -> None:
        """Do one step."""
        with self._lock:
            self.left -= 1
            if not self.left:
                self._open.release()

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`, and return whether all steps are done. For one thread."""
        return self._open.acquire(timeout=seconds)
