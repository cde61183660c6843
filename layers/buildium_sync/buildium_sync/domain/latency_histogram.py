"""A histogram of response times. Its classes grow by about a third, so a percentile is that exact."""

from bisect import bisect_left
from collections.abc import Mapping

_BOUNDS_MS = (
    10, 20, 35, 50, 70, 100, 140, 200, 270, 350, 500, 700, 1000, 1400, 2000, 2700, 3500, 5000, 7000, 10_000, 14_000,
    20_000, 30_000,
)  # fmt: skip
"""The longest response of each class, in milliseconds. The last class has no bound."""


def latency_class(seconds: float) -> int:
    """Return the index of the class of a response time."""
    return bisect_left(_BOUNDS_MS, seconds * 1000)


def percentile_ms(counts: Mapping[int, int], share: float) -> int | None:
    """Return the response time that this share (0 to 1) of the calls does not exceed; None without a call.

    `counts` has the calls by class. Within a class the value is interpolated.
    """
    rank = share * sum(counts.values())
    if not rank:
        return None
    below = 0
    for index, count in sorted(counts.items()):
        if below + count >= rank:
            return _interpolated_ms(index, (rank - below) / count)
        below += count
    raise AssertionError("the rank is at most the sum")


def _interpolated_ms(index: int, part: float) -> int:
    if index >= len(_BOUNDS_MS):
        return _BOUNDS_MS[-1]
    lower = _BOUNDS_MS[index - 1] if index else 0
    return round(lower + part * (_BOUNDS_MS[index] - lower))
