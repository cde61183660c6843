"""The messages that say "look at this entity": the retry queue and its dead-letter queue."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10


@dataclass(frozen=True, slots=True)
class SyncMessage:
    """Names an entity to be brought to Buildium. The state is read when the message is worked on.

    `redrive` is set in a dead letter, so that one that is moved back to the queue is attempted again.
    """

    ref: EntityRef
    version: int
    correlation_id: str
    redrive: bool = False

    @classmethod
    def of(cls, record: SyncRecord) -> Self:
        """Return the message for a sync record's entity as it is now."""
        return cls(record.ref, record.version, record.correlation_id)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """Read a message, or return None for one that is not ours.

        The stream's own on-failure record is such a one: it names a shard, and the sweep finds its entities.
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
        """Return the message's text."""
        body = {
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "version": self.version,
            "correlationId": self.correlation_id,
        }
        return json.dumps({**body, **more})


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of the dead-letter queue; `message` is None when it is not one of ours."""

    message: SyncMessage | None
    receipt: str


class SyncQueue:
    """The retry queue and its dead-letter queue."""

    def __init__(self, client: "SQSClient", retry_url: str, dead_letter_url: str) -> None:
        self._client = client
        self._retry_url = retry_url
        self._dead_letter_url = dead_letter_url

    def send(self, message: SyncMessage, delay: int = 0) -> None:
        """Queue a message for `delay` seconds from now, at most `LONGEST_DELAY`."""
        self._client.send_message(QueueUrl=self._retry_url, MessageBody=message.to_json(), DelaySeconds=delay)

    def send_all(self, messages: Iterable[SyncMessage]) -> None:
        """Queue messages for now, in no order.

        One by one: the local cloud refuses a batch to who may send, which AWS allows.
        """
        parallel_map(self.send, messages, most=_BATCH)

    def send_to_dlq(self, message: SyncMessage, reason: str) -> None:
        """Put a message into the dead-letter queue; `reason` names the kind of failure and holds no data."""
        body = message.to_json(redrive=True, reason=reason)
        self._client.send_message(QueueUrl=self._dead_letter_url, MessageBody=body)

    def receive_dead_letters(self, most: int, *, wait: int = 1, hidden: int = 10) -> Iterator[DeadLetter]:
        """Receive up to `most` dead letters, after waiting up to `wait` seconds for the first.

        One that is not deleted is hidden for `hidden` seconds, from a person too who wants to redrive it.
        """
        for _ in range(0, most, _BATCH):
            answer = self._client.receive_message(
                QueueUrl=self._dead_letter_url,
                MaxNumberOfMessages=_BATCH,
                WaitTimeSeconds=wait,
                VisibilityTimeout=hidden,
            )
            received = answer.get("Messages", [])
            for letter in received:
                yield DeadLetter(SyncMessage.from_json(letter["Body"]), letter["ReceiptHandle"])
            if not received:
                return

    def delete(self, letter: DeadLetter) -> None:
        """Remove a dead letter."""
        self._client.delete_message(QueueUrl=self._dead_letter_url, ReceiptHandle=letter.receipt)


class JobQueue:
    """The queue that wakes the reconcile function for the work that one run of it does not finish.

    Each message goes on with a job and ends with the next one, so that a job has one message at a time.
    """

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def enqueue(self, job: str, delay: int = 0) -> None:
        """Have a job gone on with in `delay` seconds, at most `LONGEST_DELAY`."""
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps({"job": job}), DelaySeconds=delay)

    def enqueue_if_stalled(self, job: str, due: float, now: float) -> None:
        """Have a job gone on with whose message was `due` so long ago (seconds since the epoch) that it is lost."""
        if now > due + DELIVERY_GRACE_SECONDS:
            self.enqueue(job)


class DeadLetterQueues:
    """The queues of what was given up, by the function that gave up."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def counts(self) -> dict[str, int]:
        """Return about how many messages each holds, those among them that somebody has just received."""
        return dict(zip(self._urls, parallel_map(self._count, self._urls.values(), most=_BATCH), strict=True))

    def _count(self, url: str) -> int:
        answer = self._client.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(map(int, answer["Attributes"].values()))
