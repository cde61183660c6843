"""Loops that end even if the product is broken."""

from collections.abc import Callable, Iterator
from typing import TypeVar

_T = TypeVar("_T")

MAX_ROUNDS = 1000


def rounds_while(condition: Callable[[], object], most: int = MAX_ROUNDS) -> Iterator[int]:
    """Yield 1, 2, … while a condition holds. Raises AssertionError if it still holds after `most` rounds."""
    for number in range(1, most + 1):
        if not condition():
            return
        yield number
    if seen := condition():
        raise AssertionError(f"The loop did not end in {most} rounds. Its condition is still {seen!r:.300}.")


def read_all(read_page: Callable[[str | None], tuple[list[_T], str | None]]) -> list[_T]:
    """Return the rows of all pages. `read_page` gets a cursor, None at first, and returns rows and the next cursor.

    Raises AssertionError if a list has no end.
    """
    rows, cursor = read_page(None)
    for _ in range(MAX_ROUNDS):
        if cursor is None:
            return rows
        page, cursor = read_page(cursor)
        rows = [*rows, *page]
    raise AssertionError(f"The list did not end in {MAX_ROUNDS} pages.")
