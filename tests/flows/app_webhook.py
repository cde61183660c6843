"""The app webhook in one process: its function, an SQS queue with a virtual clock, and a receiver on loopback."""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.app_webhook import LOOPBACK_VARIABLE, AppWebhookComposition
from buildium_sync.composition.runtime import runtime

import pytest

from buildium_sync.app_webhook.app_receiver import AppReceiver
from buildium_sync.app_webhook.http_post import HttpPost
from buildium_sync.clock import format_iso
from buildium_sync.store.app_webhook_deliveries import DeliveryStore
from buildium_sync.store.app_webhook_state import ReceiverState, ReceiverStateStore
from tests.aws import ACTIVITY, CONTROL
from tests.clocks import VirtualClock
from tests.functions.workers import failures, load
from tests.harness.events import Context, api_request, sqs_record
from tests.harness.receiver import ReceiverServer
from tests.harness.rounds import rounds_while
from tests.harness.runtime import FakeClients, SecretsManager, install
from tests.template.template import properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
POST_TIMEOUT_SECONDS = 0.25
_QUEUE, _DEAD_LETTERS = "AppWebhookQueue", "AppWebhookDeadLetterQueue"
_BATCH = 10


def change_event(number: int = 1, at: float = 1_795_356_000.0) -> dict[str, Any]:
    """A change event as the timeline function publishes it."""
    return {
        "id": f"event-{number}",
        "type": "EntityUpdated",
        "schemaVersion": 1,
        "at": format_iso(at),
        "entityType": "owner",
        "entityId": f"owner-{number}",
        "externalId": None,
        "buildiumId": 501,
        "version": 4,
        "source": "webhook",
        "changedFields": ["firstName"],
        "syncStatus": "synced",
        "error": None,
    }


@dataclass
class Message:
    """A message; times are in seconds since the epoch."""

    id: str
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0


class AppWebhookSqs:
    """The queue and its dead letters. It deletes old messages and moves those received too often, as SQS does."""

    def __init__(self, clock: VirtualClock) -> None:
        self.messages: dict[str, Message] = {}
        self.dead_letters: list[str] = []
        self.lost: list[Message] = []
        """Messages that SQS deleted because of their age."""
        self.moved: list[Message] = []
        """Messages that SQS moved because of their receives."""
        self.hides: list[int] = []
        self._clock = clock
        self._numbers = itertools.count(1)
        queue = properties(_QUEUE)
        self._retention, self._visibility = queue["MessageRetentionPeriod"], queue["VisibilityTimeout"]
        self._max_receives = queue["RedrivePolicy"]["maxReceiveCount"]

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        assert QueueUrl == _DEAD_LETTERS
        self.dead_letters.append(MessageBody)

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        assert QueueUrl == _QUEUE
        assert 0 < VisibilityTimeout <= 12 * 3600
        self.hides.append(VisibilityTimeout)
        self.messages[ReceiptHandle].visible_at = self._clock() + VisibilityTimeout

    def put(self, body: str) -> None:
        """Add a message, as the rule of the bus does."""
        message = Message(f"message-{next(self._numbers)}", body, self._clock(), self._clock())
        self.messages[message.id] = message

    def receive(self) -> list[Message]:
        """Receive a batch after advancing the clock to the first visible message; [] for an empty queue."""
        for _ in rounds_while(lambda: self.messages):
            self._clock.now = max(self._clock(), min(message.visible_at for message in self.messages.values()))
            visible = [message for message in self.messages.values() if message.visible_at <= self._clock()][:_BATCH]
            if received := [message for message in visible if self._is_received(message)]:
                return received
        return []

    def _is_received(self, message: Message) -> bool:
        message.receives += 1
        message.visible_at = self._clock() + self._visibility
        is_lost, is_moved = self._clock() - message.sent_at > self._retention, message.receives > self._max_receives
        if is_lost or is_moved:
            (self.lost if is_lost else self.moved).append(self.messages.pop(message.id))
        return not (is_lost or is_moved)


@dataclass
class AppWebhookSystem:
    """The function, its queue and its stores. `receives` counts the receives of each message that left the queue."""

    sqs: AppWebhookSqs
    clock: VirtualClock
    deliveries: DeliveryStore
    states: ReceiverStateStore
    handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    receives: Counter[str] = field(default_factory=Counter)
    after_batch: Callable[[], None] = lambda: None

    def publish(self, *events: dict[str, Any]) -> None:
        """Put events into the queue, as the rule of the bus does."""
        for event in events:
            self.sqs.put(json.dumps({"source": "buildium-sync", "detail-type": event["type"], "detail": event}))

    def work_once(self) -> int:
        """Process the next batch, and return its number of messages."""
        received = self.sqs.receive()
        if not received:
            return 0
        records = [sqs_record(each.body, each.id, receives=each.receives, sent_at=each.sent_at) for each in received]
        kept = failures(self.handler({"Records": records}, Context()))
        for message in received:
            if message.id not in kept:
                self.receives[message.id] = self.sqs.messages.pop(message.id).receives
        self.after_batch()
        return len(received)

    def work(self, until: float | None = None) -> None:
        """Process batches until the queue is empty, or until a time (epoch seconds) is reached."""
        for _ in rounds_while(lambda: self.sqs.messages):
            if until is not None and min(each.visible_at for each in self.sqs.messages.values()) > until:
                self.clock.now = max(self.clock.now, until)
                return
            self.work_once()

    def delivery(self, event_id: str = "event-1") -> dict[str, Any]:
        """The recorded delivery of an event."""
        items, _ = self.deliveries.page(limit=100, cursor=None)
        return next(item for item in items if item["id"] == event_id)

    @property
    def state(self) -> ReceiverState:
        """The state of the receiver."""
        return self.states.read()

    def ask_for_a_test(self) -> dict[str, Any]:
        """The response of POST /api/webhooks/test."""
        event = api_request("POST", "/api/webhooks/test")
        response = self.handler(event, Context())
        return {"status": response["statusCode"], **json.loads(response["body"])}


def deploy(
    patch: pytest.MonkeyPatch,
    dynamodb: "DynamoDBClient",
    clock: VirtualClock,
    server: ReceiverServer,
    secret: str = SECRET,
    **environment: str,
) -> AppWebhookSystem:
    """The function of a new process, with a receiver as its URL."""
    sqs = AppWebhookSqs(clock)
    install(
        patch,
        {"APP_WEBHOOK_URL": server.url, LOOPBACK_VARIABLE: "true", **environment},
        clients=FakeClients(dynamodb, sqs, SecretsManager({"APP_WEBHOOK_SECRET": secret})),
        clock=clock,
    )
    composition = AppWebhookComposition.current()
    vars(composition)["_receiver"] = AppReceiver(
        composition.settings.url,
        lambda: composition._secret.current().app,
        HttpPost(timeout_seconds=POST_TIMEOUT_SECONDS),
        runtime.clock,
        allow_loopback=True,
    )
    server.is_clock_virtual = True
    deliveries, states = DeliveryStore(dynamodb, ACTIVITY, clock), ReceiverStateStore(dynamodb, CONTROL)
    return AppWebhookSystem(sqs, clock, deliveries, states, load("app_webhook").lambda_handler)
