"""The rate of calls: the next slot, the learned rate after throttled calls, and the shared clock.

This module calculates with the attributes of the rate limiter's item. `limiter` reads and writes the item.

The rate starts a little below the limit. There, eleven calls take more than a second even if each is up to 60 ms late.
It reaches the limit within fifty calls without a 429. A token bucket never throttles an even rate. A sliding window
does; then the rate returns to one without throttling, and grows so slowly that throttling is rare.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

START_FRACTION = 0.945
"""The initial rate as a part of the limit. The first throttled call reduces the rate to it."""
_RAMP_CALLS_INITIAL = 50
_RAMP_CALLS_RECOVERING = 300
_RAMP_CALLS_PROBING = 5000
"""Calls in which the rate would grow from the initial rate to the limit.

The first number applies before any throttled call, the second below the initial rate, the third above it.
"""
_THROTTLE_WINDOW_CALLS = 12
"""Calls after a throttled one that share a second with the calls before. Throttling them teaches nothing new."""
_BACKOFF_FACTOR = 0.99
"""The part of the rate that remains after a throttled call."""
_MIN_FRACTION = 0.05
"""The lowest rate as a part of the limit."""
_IDLE_RESET_MS = 10_000
"""No clock is wrong by more: after this time no earlier slot can still be pending."""


class LimiterState(NamedTuple):
    """The item. Times are in milliseconds since the epoch, by the fastest clock.

    `next_slot` is free. `clock` is the time at which the last slot was taken, and `last_instance` is the process that
    took it. `granted` is the number of slots since the last of `throttles` throttled calls. `learned_rate` is the rate
    after that one, in calls per second.
    """

    next_slot: float
    clock: float
    last_instance: str = ""
    granted: int = 0
    throttles: int = 0
    learned_rate: float | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "LimiterState":
        """Parse the item's attributes."""
        next_slot = float(item["nextSlot"]["N"])
        return cls(
            next_slot,
            float(item["takenAt"]["N"]) if "takenAt" in item else next_slot,
            item["takenBy"]["S"] if "takenBy" in item else "",
            int(float(item["granted"]["N"])) if "granted" in item else 0,
            int(float(item["throttles"]["N"])) if "throttles" in item else 0,
            float(item["learned"]["N"]) if "learned" in item else None,
        )

    def rate(self, limit: float) -> float:
        """Return the current rate in calls per second, `limit` at most."""
        start, span = START_FRACTION * limit, (1 - START_FRACTION) * limit
        if self.learned_rate is None:
            return min(limit, start + self.granted * span / _RAMP_CALLS_INITIAL)
        below = max(0.0, start - self.learned_rate) / span * _RAMP_CALLS_RECOVERING
        if self.granted < below:
            return self.learned_rate + self.granted * span / _RAMP_CALLS_RECOVERING
        return min(limit, max(start, self.learned_rate) + (self.granted - below) * span / _RAMP_CALLS_PROBING)

    def restart_at(self, now: float, seen: float, by: str, *, is_clock_unknown: bool) -> float | None:
        """Return the time from which slots restart, or None if the next slot can be taken.

        Slots restart now if all have passed. Processes with slower clocks may still wait for their slots. None of these
        is further away than `next_slot` was when the last slot was taken, which was before the item was `seen`.

        So a process waits that long if `is_clock_unknown` (its clock was not compared yet), or after a slot of another
        process.
        """
        if now - self.next_slot > _IDLE_RESET_MS or (self.next_slot < now and self.last_instance == by):
            return now
        if is_clock_unknown or self.next_slot < now:
            return max(now, seen + self.next_slot - self.clock)
        return None


def throttled_rate(rate: float, limit: float, granted: int | None) -> float | None:
    """Return the rate to learn from a throttled call at `rate`, None if it teaches nothing new.

    `granted` is the number of slots between the last throttled call and this one, None if this is the first.
    """
    if granted is not None and granted < _THROTTLE_WINDOW_CALLS:
        return None
    return max(_MIN_FRACTION * limit, min(START_FRACTION * limit, rate * _BACKOFF_FACTOR))
