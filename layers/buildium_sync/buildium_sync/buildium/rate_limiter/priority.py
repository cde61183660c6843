"""Who goes first when more calls are wanted than Buildium allows."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Standing:
    """`ahead`: seconds from now within which a process reserves slots. `patience`: seconds for which it yields.

    While it yields, a lane leaves alone a slot that is further away than `ahead`: somebody of a higher lane has gone
    further. After its patience it takes any slot, so that no lane starves.
    """

    ahead: float
    patience: float


class Lane(Enum):
    """The lanes, the first one first. Each reserves further ahead than the next, which is what makes the next yield."""

    WAITING = Standing(ahead=0.6, patience=0.0)
    """A person waits for what the call brings."""
    RETRY = Standing(ahead=0.3, patience=2.0)
    """Attempts that were put off, and reads that a webhook asks for."""
    RECONCILE = Standing(ahead=0.15, patience=5.0)
    """The schedule's polls and imports."""
