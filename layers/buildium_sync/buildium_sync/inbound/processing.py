"""Works on events from the process queue, each by itself, and writes down how each ended."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildium_sync.errors import BuildiumError, Busy, NotFound
from buildium_sync.inbound.pull import Inbound
from buildium_sync.observability import correlated, count, logger, redacted
from buildium_sync.queues import LONGEST_DELAY, RetryPolicy
from buildium_sync.store.events import EventStatus, EventStore

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class EventQueue:
    """The process queue, for events that are to be worked on again.

    A message has the form that the bus gives it, `{"detail": event}`, and counts how often it was put off.
    """

    client: "SQSClient"
    url: str

    def send(self, event: Mapping[str, Any], *, delay: int = 0, deferrals: int = 0) -> None:
        """Queue an event for `delay` seconds from now, 900 at most.

        Its payload stays behind: the events table has it, and it may be longer than a message.
        """
        detail = {name: value for name, value in event.items() if name != "payload"}
        body = json.dumps({"detail": detail, "deferrals": deferrals}, ensure_ascii=False)
        self.client.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay)


class Processing:
    """Works on one message of the process queue at a time."""

    def __init__(self, inbound: Inbound, events: EventStore, queue: EventQueue, policy: RetryPolicy) -> None:
        self._inbound = inbound
        self._events = events
        self._queue = queue
        self._policy = policy

    def work(self, body: str) -> None:
        """Work on one message.

        An event that has to wait, or that Buildium's absence keeps from being worked on, is queued anew, so that its
        receives are not used up. Raises whatever else went wrong, with the event marked failed.
        """
        message = json.loads(body)
        event, deferrals = message["detail"], message.get("deferrals", 0)
        with correlated(event["correlationId"]):
            try:
                status = self._inbound.apply(event, deferrals)
            except Exception as error:
                delay = self._delay(error, deferrals)
                if delay is None:
                    self._fail(event, error)
                    raise
                self._queue.send(event, delay=delay, deferrals=deferrals + 1)
                logger.info("Event put off", extra={"eventId": event["eventId"], "reason": type(error).__name__})
                return
            self._events.mark(event["eventId"], status)
            count("EventProcessed")
            logger.info("Event worked on", extra={"eventId": event["eventId"], "state": status.value})

    def _delay(self, error: Exception, deferrals: int) -> int | None:
        if isinstance(error, Busy):
            return min(max(math.ceil(error.wait(deferrals)), 1), LONGEST_DELAY)
        if isinstance(error, BuildiumError) and error.is_account_wide:
            return max(self._policy.backoff(deferrals + 1), 1)
        return None

    def _fail(self, event: Mapping[str, Any], error: Exception) -> None:
        self._events.mark(event["eventId"], EventStatus.FAILED, error=f"{type(error).__name__}: {error}")
        count("EventFailed")
        logger.exception("Event failed", extra={"eventId": event["eventId"]})


class EventRetry:
    """What the API does with stored events."""

    def __init__(self, events: EventStore, queue: EventQueue) -> None:
        self._events = events
        self._queue = queue

    def page(self, status: EventStatus, *, limit: int, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """Return one page of the events in a state, newest first, as they may be shown, and the next cursor."""
        events, following = self._events.by_status(status, limit=limit, cursor=cursor)
        return [_shown(event) for event in events], following

    def again(self, event_id: str) -> dict[str, Any]:
        """Have an event worked on once more, and return it. Raises NotFound."""
        event = self._events.get(event_id)
        if event is None:
            raise NotFound(f"There is no event {event_id!r}.")
        self._events.mark(event_id, EventStatus.RECEIVED)
        self._queue.send(event)
        # Else the sweep takes it for one that was never published.
        self._events.mark(event_id, EventStatus.PUBLISHED)
        return _shown({**event, "status": EventStatus.PUBLISHED.value, "error": None})


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without what stands in it under the name of a secret or of a person's number.

    A text that is no JSON may hold either anywhere.
    """
    payload = event["payload"]
    shown = f"[{len(payload)} characters]" if isinstance(payload, str) else redacted(payload)
    return {**event, "ids": redacted(event["ids"]), "payload": shown}
