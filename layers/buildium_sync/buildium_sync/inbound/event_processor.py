"""Works on events from the process queue, each by itself, and writes down how each ended."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import Clock
from buildium_sync.domain.delivery import MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.errors import BuildiumRejected, ReferenceUnknown, RetryLater
from buildium_sync.inbound.batch_applier import is_systemic
from buildium_sync.inbound.event_subjects import unusable
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.observability import correlation_scope, increment, logger, redacted
from buildium_sync.store.events import EventStatus, EventStore

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


_GRACE_SECONDS = 120.0
"""Seconds that an attempt may take after its message was due, before the sweep publishes the event again."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How often an event has waited, for each reason: every reason has a backoff of its own."""

    writes: int = 0
    references: int = 0
    outages: int = 0
    failures: int = 0


_NO_WAITS = Waits()


@dataclass(frozen=True, slots=True)
class EventQueue:
    """The process queue, for events that are to be worked on again.

    A message has the form that the bus gives it, `{"detail": event}`, and counts how often the event has waited.
    """

    client: "SQSClient"
    url: str

    def send(self, event: Mapping[str, Any], *, delay: int = 0, waits: Waits = _NO_WAITS) -> None:
        """Queue an event for `delay` seconds from now, 900 at most.

        Its payload stays behind: the events table has it, and it may be longer than a message.
        """
        detail = {name: value for name, value in event.items() if name != "payload"}
        body = json.dumps({"detail": detail, "waits": asdict(waits)}, ensure_ascii=False)
        self.client.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay)


class EventProcessor:
    """Works on one message of the process queue at a time."""

    def __init__(
        self, inbound: InboundSync, events: EventStore, queue: EventQueue, policy: RetryPolicy, clock: Clock
    ) -> None:
        self._inbound = inbound
        self._events = events
        self._queue = queue
        self._policy = policy
        self._clock = clock

    def process(self, body: str) -> None:
        """Work on one message.

        An event that has to wait is queued again, so that its receives are not used up. So is one that an outage keeps
        from being worked on, and one that failed while it has attempts left. Raises what used up the last attempt, with
        the event marked failed.
        """
        message = json.loads(body)
        event, waits = message["detail"], Waits(**message.get("waits", {}))
        with correlation_scope(event["correlationId"]):
            try:
                status = self._inbound.process_event(event, waits.references)
            except Exception as error:
                again = self._again(error, waits)
                if again is None:
                    self._fail(event, error)
                    raise
                self._defer(event, error, *again)
                return
            reason = unusable(event) if status is EventStatus.IGNORED else None
            self._events.set_status(event["eventId"], status, error=reason)
            increment("EventProcessed")
            logger.info("Event processed", extra={"eventId": event["eventId"], "state": status.value})

    def _defer(self, event: Mapping[str, Any], error: Exception, delay: int, waits: Waits) -> None:
        self._queue.send(event, delay=delay, waits=waits)
        # Best effort: otherwise the sweep publishes the event a second time, which is harmless.
        with suppress(BotoCoreError, ClientError):
            self._events.passed_on(event["eventId"], due=self._clock() + delay + _GRACE_SECONDS)
        logger.info("Event deferred", extra={"eventId": event["eventId"], "reason": type(error).__name__})

    def _again(self, error: Exception, waits: Waits) -> tuple[int, Waits] | None:
        """Return in how many seconds an event is tried again, and its counts; None when it has failed for good."""
        match error:
            case ReferenceUnknown():
                return _seconds(error.backoff(0)), replace(waits, references=waits.references + 1)
            case RetryLater():
                return _seconds(error.backoff(waits.writes)), replace(waits, writes=waits.writes + 1)
            case _ if is_systemic(error):
                # What is waited for afterwards is another write than before.
                return self._backoff(waits.outages), replace(waits, outages=waits.outages + 1, writes=0)
            case _ if not isinstance(error, BuildiumRejected) and waits.failures < self._policy.attempts:
                return self._backoff(waits.failures), replace(waits, failures=waits.failures + 1)
            case _:
                return None

    def _backoff(self, waited: int) -> int:
        return max(self._policy.backoff(waited + 1), 1)

    def _fail(self, event: Mapping[str, Any], error: Exception) -> None:
        self._events.set_status(event["eventId"], EventStatus.FAILED, error=f"{type(error).__name__}: {error}")
        increment("EventFailed")
        logger.exception("Event failed", extra={"eventId": event["eventId"]})


def _seconds(wait: float) -> int:
    return min(max(math.ceil(wait), 1), MAX_SQS_DELAY_SECONDS)


def _redacted(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without what stands in it under the name of a secret or of a person's number.

    A text that is no JSON may hold either anywhere.
    """
    payload = event["payload"]
    shown = f"[{len(payload)} characters]" if isinstance(payload, str) else redacted(payload)
    return {**event, "ids": redacted(event["ids"]), "payload": shown}
