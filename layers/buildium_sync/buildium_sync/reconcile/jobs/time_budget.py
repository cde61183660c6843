"""The time that one run of a function has for a job."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from buildium_sync.buildium.list_reader import ListRow
from buildium_sync.clock import Clock

CHUNK = 100
"""Entities that are applied between two looks at the time left."""
LEASE_MARGIN = 5.0
"""Seconds between the end of a function's time and the end of its leases."""
SAVE_MARGIN_SECONDS = 10.0
"""Seconds kept of a function's time to write down what was read."""


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """`every`: seconds from one poll of a type to its next, 0 for never. `time_left`: seconds that the run has."""

    every: float
    clock: Clock
    time_left: Callable[[], float]

    @property
    def exhausted(self) -> bool:
        """Tell whether nothing more can be begun in this run."""
        return self.exhausted_after(0.0)

    def exhausted_after(self, seconds: float) -> bool:
        """Tell whether nothing more could be begun in so many seconds."""
        return self.time_left() - seconds < SAVE_MARGIN_SECONDS

    @property
    def lease(self) -> dict[str, float]:
        """From when to when a lease is that outlives this run."""
        now = self.clock()
        return {"now": now, "until": now + max(self.time_left(), 0) + LEASE_MARGIN}


def batched(rows: Sequence[ListRow]) -> Iterator[list[ListRow]]:
    """Return rows in portions that are applied at once."""
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
