"""Work on several things at once, in threads."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def at_once(work: Callable[[_T], _R], items: Iterable[_T], *, most: int) -> list[_R]:
    """Return what `work` returns for each item, in their order, with at most so many under way.

    Raises what the first of those raised that went wrong; those that were not begun then are left out.
    """
    with ThreadPoolExecutor(most) as pool:
        return list(pool.map(work, items))
