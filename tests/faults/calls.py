"""Calls of the system to the outside: each takes time, and each is where a fault may strike."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from botocore.exceptions import ClientError, EndpointConnectionError

from tests.faults.timeline import KilledError, Strand, Timeline

_R = TypeVar("_R")
_TAKES = (0.002, 0.012)
"""Seconds that a call to AWS takes."""
_RETRIED = 0.1
"""Seconds after which botocore makes a call again whose answer was lost."""


class Fate(Enum):
    """What becomes of a call, and of who makes it."""

    PASSES = auto()
    KILLED_BEFORE = auto()
    """The process ends; nothing was done."""
    KILLED_AFTER = auto()
    """The process ends; the call was done."""
    LOST = auto()
    """Done, but the answer is lost; botocore makes it again, and meets what it did."""
    UNREACHABLE = auto()
    """Not done, and no answer, however often it is made."""
    THROTTLED = auto()
    """Not done, by AWS's own limits."""


@dataclass(frozen=True)
class Call:
    """A call: `process` is the function's name; `target` a table, a queue, or a path at Buildium."""

    process: str
    service: str
    operation: str
    target: str
    parameters: Any


Judge = Callable[[Call], Fate]


class Calls:
    """Makes calls in the timeline: there, done, and back. `judge` says what becomes of each."""

    def __init__(self, timeline: Timeline, judge: Judge) -> None:
        self.timeline = timeline
        self.judge = judge
        self.holds: Callable[[Call], float] = lambda _call: 0.0
        """Seconds for which a process stands still before it makes a call."""
        self.trace: list[tuple[float, str, str, str]] = []
        """Moment, process, operation and target of every call: two runs of a seed have the same."""

    def aws(self, service: str, operation: str, target: str, parameters: Any, effect: Callable[[], _R]) -> _R:
        """Make a call to AWS. Raises what the service raises, and what botocore does without an answer."""
        strand = Strand.current()
        if strand is None:
            return effect()
        fate = self.judge(self.record(strand, service, operation, target, parameters))
        if fate is Fate.KILLED_BEFORE:
            strand.process.kill()
        strand.check()
        if fate is Fate.UNREACHABLE:
            strand.sleep(_RETRIED)
            raise EndpointConnectionError(endpoint_url=f"https://{service}")
        if fate is Fate.THROTTLED:
            strand.sleep(_RETRIED)
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation)
        result = self.made(strand, effect, self.timeline.chance.uniform(*_TAKES))
        if fate is Fate.KILLED_AFTER:
            strand.process.kill()
            raise KilledError
        # A transaction has a token by which AWS knows it again: made twice, it is done once.
        if fate is Fate.LOST and operation != "TransactWriteItems":
            return self.made(strand, effect, _RETRIED)
        return result

    def made(self, strand: Strand, effect: Callable[[], _R], takes: float) -> _R:
        """Have something done half-way through the time that it takes, whether or not the strand lives to see it."""
        outcome: list[_R] = []
        failure: list[Exception] = []

        def arrive() -> None:
            try:
                outcome.append(effect())
            except Exception as error:  # noqa: BLE001 -- it is raised where the call was made
                failure.append(error)
            self.timeline.after(takes / 2, strand.wake)

        self.timeline.after(takes / 2, arrive)
        strand.wait()
        if failure:
            raise failure[0]
        return outcome[0]

    def record(self, strand: Strand, service: str, operation: str, target: str, parameters: Any) -> Call:
        """Write a call down, after the process stood still for as long as it does."""
        call = Call(strand.process.name, service, operation, target, parameters)
        held = self.holds(call)
        if held:
            strand.sleep(held)
        self.trace.append((self.timeline.now, call.process, operation, target))
        return call
