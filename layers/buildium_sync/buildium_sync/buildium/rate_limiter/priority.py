"""Who goes first when more calls are wanted than Buildium allows."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class PriorityRules:
    """`ahead`: seconds from now within which a process reserves slots. `max_yield_seconds`: seconds for which it
    yields.

    While it yields, a lane leaves alone a slot that is further away than `ahead`: somebody of a higher lane has gone
    further. After its patience it takes any slot, so that no lane starves.
    """

    lookahead_seconds: float
    max_yield_seconds: float


class Priority(Enum):
    """The lanes, the first one first. Each reserves further ahead than the next, which is what makes the next yield."""

    INTERACTIVE = PriorityRules(lookahead_seconds=0.6, max_yield_seconds=0.0)
    """A person waits for what the call brings."""
    RETRY = PriorityRules(lookahead_seconds=0.3, max_yield_seconds=2.0)
    """Attempts that were put off, and reads that a webhook asks for."""
    BACKGROUND = PriorityRules(lookahead_seconds=0.15, max_yield_seconds=5.0)
    """The schedule's polls and imports."""
