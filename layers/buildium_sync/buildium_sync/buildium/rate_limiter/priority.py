"""The priorities of calls when there are more than Buildium allows."""

from enum import Enum
from typing import NamedTuple


class PriorityRules(NamedTuple):
    """How a priority competes for slots.

    A process reserves slots within `lookahead_seconds` from now. It yields for `max_yield_seconds`: it leaves a slot
    that is further away, because a process with a higher priority has reserved the nearer ones. Afterwards it takes any
    slot, so that no priority starves.
    """

    lookahead_seconds: float
    max_yield_seconds: float


class Priority(Enum):
    """The priorities, highest first. Each reserves further ahead than the next, which makes the next one yield."""

    INTERACTIVE = PriorityRules(lookahead_seconds=0.6, max_yield_seconds=0.0)
    """A person waits for the result of the call."""
    RETRY = PriorityRules(lookahead_seconds=0.3, max_yield_seconds=2.0)
    """Deferred attempts, and reads for webhook events."""
    BACKGROUND = PriorityRules(lookahead_seconds=0.15, max_yield_seconds=5.0)
    """Polls and imports of the schedule."""
