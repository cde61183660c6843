"""How fast to call: the slot that comes next, the pace that refusals have taught, and whose clock counts.

All of it is arithmetic on what the rate limit's item holds; `rate_limit` reads and writes that.

The pace begins a little below the limit, where eleven calls span more than a second although each is late by up to
60 ms on its way, and climbs to the limit within fifty calls without a refusal: a server that counts by a token
bucket never refuses at an even pace. One that counts any sliding second does, and from then on the pace stays where no
refusal was, and climbs so slowly that it seldom meets one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

START_FRACTION = 0.945
"""The part of the limit at which the pace begins, and to which the first refusal takes it back."""
_RAMP_CALLS_INITIAL = 50
_RAMP_CALLS_RECOVERING = 300
_RAMP_CALLS_PROBING = 5000
"""Calls in which the pace would climb from there to the limit: before any refusal; after one, while it is below the
pace that it began with; and above."""
_WINDOW = 12
"""Calls after a refusal whose own refusals are still due to the pace before it: they share a second with its calls."""
_BACKOFF_FACTOR = 0.99
"""What a refusal leaves of the pace."""
_MIN_FRACTION = 0.05
"""The part of the limit below which no refusal takes the pace."""
_IDLE_RESET_MS = 10_000
"""Milliseconds after which no clock is thought to be so wrong that a slot in its past may still be to come."""


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The item. Times are in milliseconds since the epoch, by the clock that is furthest ahead.

    `next_slot` is free; `clock` is when the last slot was taken, and `by` whom. `granted` slots were taken since the
    last of `refusals`, after which `learned` was the pace in calls a second.
    """

    next_slot: float
    clock: float
    last_instance: str = ""
    granted: int = 0
    refusals: int = 0
    learned_rate: float | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "LimiterState":
        """Read the item's attributes."""
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
        """Return the calls a second to make now, `limit` at most."""
        start, way = START_FRACTION * limit, (1 - START_FRACTION) * limit
        if self.learned_rate is None:
            return min(limit, start + self.granted * way / _RAMP_CALLS_INITIAL)
        below = max(0.0, start - self.learned_rate) / way * _RAMP_CALLS_RECOVERING
        if self.granted < below:
            return self.learned_rate + self.granted * way / _RAMP_CALLS_RECOVERING
        return min(limit, max(start, self.learned_rate) + (self.granted - below) * way / _RAMP_CALLS_PROBING)

    def restart_at(self, now: float, seen: float, by: str, *, stranger: bool) -> float | None:
        """Return where the slots are to begin anew, or None where the next one only has to be taken.

        They begin now when they are used up. Others may have slots to come all the same, if their clocks are behind;
        but none that is further away than `next_slot` was when the last one was taken, which was before the item was
        `seen`. So whoever is not sure waits that long from then on: a `stranger`, whose clock has not been compared
        yet, and anyone after a slot of somebody else's.
        """
        if now - self.next_slot > _IDLE_RESET_MS or (self.next_slot < now and self.last_instance == by):
            return now
        if stranger or self.next_slot < now:
            return max(now, seen + self.next_slot - self.clock)
        return None


def throttled_rate(rate: float, limit: float, granted: int | None) -> float | None:
    """Return the pace that is learned from the refusal of a call at `rate`, None where it teaches nothing new.

    `granted` calls were given a slot between the last refusal and this one, None where there was none before.
    """
    if granted is not None and granted < _WINDOW:
        return None
    return max(_MIN_FRACTION * limit, min(START_FRACTION * limit, rate * _BACKOFF_FACTOR))
