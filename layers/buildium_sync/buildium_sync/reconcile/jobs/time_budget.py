"""The time that one run of a function has for jobs and polls."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from buildium_sync.clock import Clock
from buildium_sync.domain.lease_end import lease_end

_R = TypeVar("_R")

BATCH_SIZE = 100
"""Entities that are applied between two checks of the time."""
SAVE_MARGIN_SECONDS = 10.0
"""Time at the end of a run that is reserved for storing its results."""


class TimeBudget(NamedTuple):
    """`every`: seconds between two polls of a type, 0 for no polls. `time_left`: seconds until the run ends."""

    every: float
    clock: Clock
    time_left: Callable[[], float]

    @property
    def exhausted(self) -> bool:
        """Whether no time is left to start anything."""
        return self.exhausted_after(0.0)

    def exhausted_after(self, seconds: float) -> bool:
        """Return whether no time will be left to start anything after `seconds`."""
        return self.time_left() - seconds < SAVE_MARGIN_SECONDS

    @property
    def lease(self) -> dict[str, float]:
        """The start and end of a lease that outlives this run, for `JobStore.acquire`."""
        now = self.clock()
        return {"now": now, "until": lease_end(now, self.time_left())}


def batched(rows: Sequence[_R], size: int | None = None) -> Iterator[Sequence[_R]]:
    """Return rows in batches of a size, by default `BATCH_SIZE`."""
    size = size or BATCH_SIZE
    return (rows[start : start + size] for start in range(0, len(rows), size))
