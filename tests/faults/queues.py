"""SQS: unordered delivery at least once, with visibility timeouts, delays, receive counts and dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.faults.calls import Calls
from tests.faults.lambdas import Function, Invocation
from tests.faults.timeline import Timeline
from tests.harness.events import bus_message, sqs_record

MAX_DELAY_SECONDS = 900
_MAX_BODY_BYTES = 256 * 1024
_ARRIVAL_SECONDS = (0.005, 0.2)
"""Seconds until a message can be received."""


@dataclass
class Message:
    """A message; `visible_at` is when it can be received, in seconds since the epoch."""

    id: str
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0


class Queue:
    """One queue. `duplicate_probability`: how likely a deleted message is delivered again."""

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        visibility: float = 30.0,
        dead_letters: "Queue | None" = None,
        most_receives: int = 0,
    ) -> None:
        self.name = name
        self.duplicate_probability = 0.0
        self.messages: dict[str, Message] = {}
        self.sent: list[str] = []
        """The body of every message ever sent."""
        self.notify: Callable[[], None] = lambda: None
        self._timeline = timeline
        self._visibility = visibility
        self._dead_letters = dead_letters
        self._most_receives = most_receives

    def send(self, body: str, delay: float = 0) -> Message:
        """Add a message; it becomes visible after `delay` seconds and a random time."""
        if not 0 <= delay <= MAX_DELAY_SECONDS or not 0 < len(body.encode()) <= _MAX_BODY_BYTES:
            raise ClientError({"Error": {"Code": "InvalidParameterValue", "Message": self.name}}, "SendMessage")
        now = self._timeline.now
        message = Message(f"{self.name}-{len(self.sent)}", body, now, now)
        self.sent.append(body)
        self.messages[message.id] = message
        self._hide(message, delay + self._timeline.rng.uniform(*_ARRIVAL_SECONDS))
        return message

    def receive(self, most: int) -> list[Message]:
        """Receive visible messages; those received too often become dead letters."""
        now = self._timeline.now
        visible = [message for message in self.messages.values() if message.visible_at <= now]
        self._timeline.rng.shuffle(visible)
        received = []
        for message in visible[:most]:
            message.receives += 1
            if self._dead_letters is not None and message.receives > self._most_receives:
                del self.messages[message.id]
                self._dead_letters.send(message.body)
                continue
            self._hide(message, self._visibility)
            received.append(message)
        return received

    def delete(self, message_id: str) -> None:
        """Delete a message; with some probability SQS still delivers it again."""
        if self._timeline.rng.random() < self.duplicate_probability:
            return
        self.messages.pop(message_id, None)

    def _notify(self) -> None:
        # The listener at that time: an event source is attached after the first messages may have arrived.
        self.notify()

    def _hide(self, message: Message, seconds: float) -> None:
        message.visible_at = self._timeline.now + seconds
        self._timeline.after(seconds, self._notify)


class QueueClient:
    """The SQS client of the system; a queue's URL is its name."""

    def __init__(self, calls: Calls, queues: dict[str, Queue]) -> None:
        self._calls = calls
        self._queues = queues

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> dict[str, Any]:  # noqa: N803
        def send() -> dict[str, Any]:
            return {"MessageId": self._queues[QueueUrl].send(MessageBody, DelaySeconds).id}

        return self._calls.aws("sqs", "SendMessage", QueueUrl, MessageBody, send)

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int = 1,  # noqa: N803
        WaitTimeSeconds: int = 0,  # noqa: N803
        VisibilityTimeout: int = 0,  # noqa: N803
    ) -> dict[str, Any]:
        def receive() -> dict[str, Any]:
            received = self._queues[QueueUrl].receive(MaxNumberOfMessages)
            return {"Messages": [{"Body": m.body, "ReceiptHandle": m.id, "MessageId": m.id} for m in received]}

        return self._calls.aws("sqs", "ReceiveMessage", QueueUrl, None, receive)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:  # noqa: N803
        def delete() -> dict[str, Any]:
            self._queues[QueueUrl].delete(ReceiptHandle)
            return {}

        return self._calls.aws("sqs", "DeleteMessage", QueueUrl, None, delete)


class QueueSource:
    """Invokes a function with batches of a queue, up to `concurrency` at once, with partial batch failures."""

    def __init__(self, queue: Queue, function: Function, timeline: Timeline, batch: int, concurrency: int) -> None:
        self._queue = queue
        self._function = function
        self._timeline = timeline
        self._batch = batch
        self._free = concurrency
        queue.notify = self._poll

    def _poll(self) -> None:
        if not self._free:
            return
        received = self._queue.receive(self._timeline.rng.randint(1, self._batch))
        if not received:
            return
        self._free -= 1
        event = {"Records": [self._record(message) for message in received]}
        self._function.invoke(event, lambda invocation: self._ended(received, invocation))
        self._poll()

    def _record(self, message: Message) -> dict[str, Any]:
        return sqs_record(
            message.body, message.id, queue=self._queue.name, receives=message.receives, sent_at=message.sent_at
        )

    def _ended(self, received: list[Message], invocation: Invocation) -> None:
        self._free += 1
        if not invocation.failed:
            failures = {failure["itemIdentifier"] for failure in invocation.result["batchItemFailures"]}
            assert failures <= {message.id for message in received}
            for message in received:
                if message.id not in failures:
                    self._queue.delete(message.id)
        self._poll()


class BusClient:
    """The event bus with its one rule: events of the webhook function go to the event queue, at least once."""

    def __init__(self, calls: Calls, queue: Queue) -> None:
        self.rejects: Callable[[], bool] = lambda: False
        self.duplicate_probability = 0.0
        self.published: list[str] = []
        self._calls = calls
        self._queue = queue

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        def put() -> dict[str, Any]:
            results = [self._put(entry) for entry in Entries]
            return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

        return self._calls.aws("events", "PutEvents", Entries[0]["EventBusName"], Entries, put)

    def _put(self, entry: dict[str, str]) -> dict[str, str]:
        if self.rejects():
            return {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
        if entry["Source"] != "buildium-sync.webhook":
            return {"EventId": "local"}
        self.published.append(entry["Detail"])
        event_id = f"event-{len(self.published)}"
        again = self._calls.timeline.rng.random() < self.duplicate_probability
        for _ in range(1 + again):
            self._queue.send(bus_message(entry, event_id))
        return {"EventId": event_id}
