"""Checks the receiver of the application with a test event."""

from typing import Any, Literal
from uuid import uuid4

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.app_webhook.app_receiver import AppReceiver
from buildium_sync.app_webhook.receiver_health import ReceiverHealth
from buildium_sync.clock import Clock, format_iso


class CheckEvent(TypedDict):
    """The test event in JSON."""

    id: str
    type: Literal["WebhookTest"]
    schemaVersion: int
    at: str


class ReceiverCheck:
    """Sends a test event at once, without the queue."""

    def __init__(self, receiver: AppReceiver, health: ReceiverHealth, clock: Clock) -> None:
        self._receiver = receiver
        self._health = health
        self._clock = clock

    def run(self) -> dict[str, Any]:
        """Send one event, and return its id and the outcome. A success resumes paused deliveries."""
        event: CheckEvent = {
            "id": f"test-{uuid4()}",
            "type": "WebhookTest",
            "schemaVersion": 1,
            "at": format_iso(self._clock()),
        }
        outcome = self._receiver.send(event)
        if outcome.is_delivered:
            self._health.record_success(self._health.read())
        return {
            "id": event["id"],
            "delivered": outcome.is_delivered,
            "receiverStatus": outcome.status,
            "error": outcome.error,
        }
