"""Histograms of durations: how many of them are in each class. A percentile is as exact as its class."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence


class Histogram:
    """The classes of a histogram.

    `bounds_ms` are the longest durations of the classes, in milliseconds. The last class has no bound.
    """

    def __init__(self, bounds_ms: Sequence[int]) -> None:
        self._bounds_ms = bounds_ms

    @property
    def classes(self) -> range:
        """The indexes of the classes."""
        return range(len(self._bounds_ms) + 1)

    def class_of(self, seconds: float) -> int:
        """Return the index of the class of a duration."""
        return bisect_left(self._bounds_ms, seconds * 1000)

    def percentile_ms(self, counts: Mapping[int, int], share: float) -> int | None:
        """Return the duration that this share (0 to 1) of the durations does not exceed; None without one.

        `counts` has the number of durations by class. Within a class the value is interpolated.
        """
        rank = share * sum(counts.values())
        if not rank:
            return None
        below = 0
        for index, count in sorted(counts.items()):
            if below + count >= rank:
                return self._interpolated_ms(index, (rank - below) / count)
            below += count
        raise AssertionError("the rank is at most the sum")

    def _interpolated_ms(self, index: int, part: float) -> int:
        if index >= len(self._bounds_ms):
            return self._bounds_ms[-1]
        lower = self._bounds_ms[index - 1] if index else 0
        return round(lower + part * (self._bounds_ms[index] - lower))


RESPONSE_TIMES = Histogram(
    (
        10, 20, 35, 50, 70, 100, 140, 200, 270, 350, 500, 700, 1000, 1400, 2000, 2700, 3500, 5000, 7000, 10_000,
        14_000, 20_000, 30_000,
    )
)  # fmt: skip
"""The response times of Buildium. The classes grow by about a third."""
FRESHNESS = Histogram(
    (
        500, 1000, 2000, 3000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
        14_400_000, 86_400_000,
    )
)  # fmt: skip
"""The times after which a change is on the other side, up to a day."""
