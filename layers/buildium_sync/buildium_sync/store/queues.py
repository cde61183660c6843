"""The queues: syncs and their dead letters, webhook events, jobs, and the app webhook."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MAX_MESSAGES = 10
"""SQS: messages in one request."""


class SyncMessage(NamedTuple):
    """Names an entity to be synced. Its state is read when the message is processed.

    `redrive` is set in a dead letter, so that it is attempted again when it is moved back to the queue.
    """

    ref: EntityRef
    version: int
    correlation_id: str
    redrive: bool = False

    @classmethod
    def of(cls, record: SyncRecord) -> Self:
        """Return the message for the current version of an entity."""
        return cls(record.ref, record.version, record.correlation_id)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """Parse a message; None for one without an entity.

        Lambda's failure record of the stream is such a message: it names a shard, whose entities the sweep finds.
        """
        try:
            body = json.loads(text)
            return cls(
                EntityRef(str(body["entityType"]), str(body["entityId"])),
                int(body["version"]),
                str(body["correlationId"]),
                bool(body.get("redrive")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return None

    def to_json(self, **more: Any) -> str:
        """Return the message as JSON text."""
        body = {
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "version": self.version,
            "correlationId": self.correlation_id,
        }
        return json.dumps({**body, **more})


class DeadLetter(NamedTuple):
    """A message of the dead-letter queue. `message` is None for one without an entity."""

    message: SyncMessage | None
    receipt: str


class SyncQueue:
    """The retry queue and its dead-letter queue."""

    def __init__(self, client: "SQSClient", retry_url: str, dead_letter_url: str) -> None:
        self._client = client
        self._retry_url = retry_url
        self._dead_letter_url = dead_letter_url

    def send(self, message: SyncMessage, delay: int = 0) -> None:
        """Queue a message with a delay in seconds, at most `MAX_SQS_DELAY_SECONDS`."""
        self._client.send_message(QueueUrl=self._retry_url, MessageBody=message.to_json(), DelaySeconds=delay)

    def send_all(self, messages: Iterable[SyncMessage]) -> None:
        """Queue messages without delay, in no order.

        They are sent one by one: the local cloud denies batches to roles that may only send.
        """
        parallel_map(self.send, messages, max_workers=_MAX_MESSAGES)

    def send_to_dlq(self, message: SyncMessage, reason: str) -> None:
        """Send a message to the dead-letter queue. `reason` is a code without personal data."""
        body = message.to_json(redrive=True, reason=reason)
        self._client.send_message(QueueUrl=self._dead_letter_url, MessageBody=body)

    def receive_dead_letters(self, most: int, *, wait: int = 1, hidden: int = 10) -> Iterator[DeadLetter]:
        """Receive up to `most` dead letters, after waiting up to `wait` seconds for the first.

        One that is not deleted stays invisible for `hidden` seconds, also for a redrive.
        """
        for _ in range(0, most, _MAX_MESSAGES):
            response = self._client.receive_message(
                QueueUrl=self._dead_letter_url,
                MaxNumberOfMessages=_MAX_MESSAGES,
                WaitTimeSeconds=wait,
                VisibilityTimeout=hidden,
            )
            received = response.get("Messages", [])
            for each in received:
                yield DeadLetter(SyncMessage.from_json(each["Body"]), each["ReceiptHandle"])
            if not received:
                return

    def delete(self, dead_letter: DeadLetter) -> None:
        """Delete a dead letter."""
        self._client.delete_message(QueueUrl=self._dead_letter_url, ReceiptHandle=dead_letter.receipt)


class JobQueue:
    """The queue of the reconcile function's jobs.

    Each message runs one slice of a job, which queues the next one. So a job has one message at a time.
    """

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def enqueue(self, job: str, delay: int = 0, ref: EntityRef | None = None) -> None:
        """Queue the next slice of a job, or of a job for one entity.

        The delay is in seconds, at most `MAX_SQS_DELAY_SECONDS`.
        """
        named = {"entityType": ref.entity_type, "entityId": ref.entity_id} if ref else {}
        body = json.dumps({"job": job, **named})
        self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay)

    def enqueue_if_stalled(self, job: str, due: float, now: float, ref: EntityRef | None = None) -> None:
        """Queue a job again if its message is lost: it was `due` (epoch seconds) too long ago."""
        if now > due + DELIVERY_GRACE_SECONDS:
            self.enqueue(job, ref=ref)


class Waits(NamedTuple):
    """The number of deferrals of a webhook event by reason. Each reason has its own backoff."""

    writes: int = 0
    references: int = 0
    outages: int = 0
    failures: int = 0


_NO_WAITS = Waits()


class EventQueue(NamedTuple):
    """The queue of the event processor, for retries.

    A message has the form of the event bus, `{"detail": event}`, with the numbers of deferrals in `waits`.
    """

    client: "SQSClient"
    url: str

    def send(self, event: Mapping[str, Any], *, delay: int = 0, waits: Waits = _NO_WAITS) -> None:
        """Queue an event with a delay of at most 900 seconds.

        Its payload is left out: it may exceed the size of a message, and the events table has it.
        """
        detail = {name: value for name, value in event.items() if name != "payload"}
        body = json.dumps({"detail": detail, "waits": waits._asdict()}, ensure_ascii=False)
        self.client.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay)


class DeadLetterQueues:
    """The dead-letter queues, by name."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def counts(self) -> dict[str, int]:
        """Return the approximate number of messages in each queue, including invisible ones."""
        return dict(
            zip(self._urls, parallel_map(self._count, self._urls.values(), max_workers=_MAX_MESSAGES), strict=True)
        )

    def _count(self, url: str) -> int:
        response = self._client.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(map(int, response["Attributes"].values()))


class AppWebhookQueue:
    """The queue of the app webhook and its dead-letter queue."""

    def __init__(self, client: "SQSClient", url: str, dead_letter_url: str) -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def hide(self, receipt: str, seconds: int) -> None:
        """Deliver a received message again after so many seconds, at most 12 hours."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def send_to_dlq(self, body: str) -> None:
        """Send a message to the dead-letter queue, for another 14 days."""
        self._client.send_message(QueueUrl=self._dead_letter_url, MessageBody=body)
