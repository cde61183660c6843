"""The system's calls to other services. Each takes time, and a fault can be injected into each."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from botocore.exceptions import ClientError, EndpointConnectionError

from tests.faults.timeline import KilledError, Timeline, VirtualThread

_R = TypeVar("_R")
_CALL_SECONDS = (0.002, 0.012)
"""Seconds that a call to AWS takes."""
_BOTOCORE_RETRY_SECONDS = 0.1
"""Seconds after which botocore repeats a call whose response was lost."""


class CallOutcome(Enum):
    """What happens to a call and its process."""

    PASSES = auto()
    KILLED_BEFORE = auto()
    """The process ends before the call is applied."""
    KILLED_AFTER = auto()
    """The process ends after the call was applied."""
    LOST = auto()
    """Applied, but the response is lost; botocore repeats the call."""
    UNREACHABLE = auto()
    """Not applied and without a response, whatever the number of retries."""
    THROTTLED = auto()
    """Rejected because of AWS's own limits."""


@dataclass(frozen=True)
class Call:
    """A call: `process` is the function's name; `target` a table, a queue, or a path at Buildium."""

    process: str
    service: str
    operation: str
    target: str
    parameters: Any


FaultDecider = Callable[[Call], CallOutcome]


class Calls:
    """Makes calls in virtual time. `decide` returns the outcome of each."""

    def __init__(self, timeline: Timeline, decide: FaultDecider) -> None:
        self.timeline = timeline
        self.decide = decide
        self.pause_seconds: Callable[[Call], float] = lambda _call: 0.0
        """Seconds for which a process pauses before a call."""
        self.trace: list[tuple[float, str, str, str]] = []
        """Time, process, operation and target of every call. Two runs of a seed have the same trace."""

    def aws(self, service: str, operation: str, target: str, parameters: Any, effect: Callable[[], _R]) -> _R:
        """Make a call to AWS. Raises the service's errors, and botocore's when there is no response."""
        thread = VirtualThread.current()
        if thread is None:
            return effect()
        outcome = self.decide(self.record(thread, service, operation, target, parameters))
        if outcome is CallOutcome.KILLED_BEFORE:
            thread.process.kill()
        thread.check()
        if outcome is CallOutcome.UNREACHABLE:
            thread.sleep(_BOTOCORE_RETRY_SECONDS)
            raise EndpointConnectionError(endpoint_url=f"https://{service}")
        if outcome is CallOutcome.THROTTLED:
            thread.sleep(_BOTOCORE_RETRY_SECONDS)
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation)
        result = self._perform(thread, effect, self.timeline.rng.uniform(*_CALL_SECONDS))
        if outcome is CallOutcome.KILLED_AFTER:
            thread.process.kill()
            raise KilledError
        # A transaction has a token, so AWS applies a repeated one only once.
        if outcome is CallOutcome.LOST and operation != "TransactWriteItems":
            return self._perform(thread, effect, _BOTOCORE_RETRY_SECONDS)
        return result

    def _perform(self, thread: VirtualThread, effect: Callable[[], _R], takes: float) -> _R:
        """Apply an effect after half the time of its call, even if the thread's process dies first."""
        outcome: list[_R] = []
        failure: list[Exception] = []

        def arrive() -> None:
            try:
                outcome.append(effect())
            except Exception as error:  # noqa: BLE001 -- it is raised where the call was made
                failure.append(error)
            self.timeline.after(takes / 2, thread.wake)

        self.timeline.after(takes / 2, arrive)
        thread.wait()
        if failure:
            raise failure[0]
        return outcome[0]

    def record(self, thread: VirtualThread, service: str, operation: str, target: str, parameters: Any) -> Call:
        """Record a call, after the pause of its process."""
        call = Call(thread.process.name, service, operation, target, parameters)
        held = self.pause_seconds(call)
        if held:
            thread.sleep(held)
        self.trace.append((self.timeline.now, call.process, operation, target))
        return call
