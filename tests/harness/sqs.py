"""SQS in memory: messages become visible when the virtual clock reaches their time."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from buildium_sync.domain.delivery import MAX_SQS_DELAY_SECONDS
from buildium_sync.store.queues import SyncMessage, SyncQueue
from tests.clocks import VirtualClock

RETRIES, DEAD_LETTERS, JOBS = "retry", "dead-letters", "jobs"
QUEUES = {"SYNC_RETRY_QUEUE_URL": RETRIES, "SYNC_DEAD_LETTER_QUEUE_URL": DEAD_LETTERS, "JOB_QUEUE_URL": JOBS}
"""The functions' environment variables for the queues. A queue's URL is its name."""


@dataclass
class Message:
    """A message. `delay` was requested by its sender; `visible_at` is seconds since the epoch."""

    id: str
    body: str
    delay: int
    visible_at: float


class InMemorySqs:
    """The part of the SQS client that the functions use. `queues` are lists of messages by URL."""

    def __init__(self, clock: VirtualClock) -> None:
        self.queues: dict[str, list[Message]] = defaultdict(list)
        self._clock = clock
        self._numbers = itertools.count(1)

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> dict[str, Any]:  # noqa: N803
        assert 0 <= DelaySeconds <= MAX_SQS_DELAY_SECONDS
        message = Message(f"{next(self._numbers)}", MessageBody, DelaySeconds, self._clock() + DelaySeconds)
        self.queues[QueueUrl].append(message)
        return {"MessageId": message.id}

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int = 1,  # noqa: N803
        VisibilityTimeout: int = 30,  # noqa: N803
        **_more: int,
    ) -> dict[str, Any]:
        now = self._clock()
        visible = [message for message in self.queues[QueueUrl] if message.visible_at <= now][:MaxNumberOfMessages]
        for message in visible:
            message.visible_at = now + VisibilityTimeout
        return {"Messages": [{"MessageId": m.id, "Body": m.body, "ReceiptHandle": m.id} for m in visible]}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        self.queues[QueueUrl] = [message for message in self.queues[QueueUrl] if message.id != ReceiptHandle]

    def take(self, url: str) -> Message | None:
        """Remove and return the message that is visible first, or return None for an empty queue."""
        messages = self.queues[url]
        if not messages:
            return None
        first = min(messages, key=lambda message: message.visible_at)
        messages.remove(first)
        return first


class InMemorySyncQueue(SyncQueue):
    """The retry queue and its dead-letter queue, with what tests inspect."""

    def __init__(self, clock: VirtualClock, sqs: InMemorySqs | None = None) -> None:
        self.clock = clock
        self.sqs = sqs or InMemorySqs(clock)
        super().__init__(self.sqs, RETRIES, DEAD_LETTERS)  # type: ignore[arg-type]

    @property
    def waiting(self) -> list[tuple[float, SyncMessage]]:
        """The retry queue's messages and the times when they become visible."""
        return [(message.visible_at, _decoded(message)) for message in self.sqs.queues[RETRIES]]

    @property
    def dead_lettered(self) -> list[SyncMessage]:
        """The messages of the dead-letter queue."""
        return [_decoded(message) for message in self.sqs.queues[DEAD_LETTERS]]

    def take(self) -> SyncMessage | None:
        """Return the next message, after advancing the clock to its due time; None if there is none."""
        message = self.sqs.take(RETRIES)
        if message is None:
            return None
        self.clock.now = max(self.clock.now, message.visible_at)
        return _decoded(message)

    def take_latest(self) -> SyncMessage:
        """Remove and return the message that was sent last."""
        return _decoded(self.sqs.queues[RETRIES].pop())

    def clear(self) -> None:
        """Lose the retry queue's messages."""
        self.sqs.queues[RETRIES].clear()

    def reverse(self) -> None:
        """Reverse the order in which the retry queue's messages were sent."""
        self.sqs.queues[RETRIES].reverse()

    def redrive(self) -> None:
        """Move the dead letters back to the retry queue."""
        self.sqs.queues[RETRIES] += self.sqs.queues.pop(DEAD_LETTERS, [])


def _decoded(message: Message) -> SyncMessage:
    decoded = SyncMessage.from_json(message.body)
    assert decoded is not None
    return decoded
