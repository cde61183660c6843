"""Sends signed webhooks in order, in a separate thread."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue

import requests

from tests.simulator.model import Json

SIGNATURE_HEADER = "buildium-webhook-signature"
TIMESTAMP_HEADER = "buildium-webhook-timestamp"
SUSPENDED_AFTER = 20
WAITING, DELIVERED, FAILED, DROPPED = "waiting", "delivered", "failed", "dropped"


@dataclass
class WebhookConfig:
    """Where and how to send.

    Buildium waits `timeout` = 10 s and retries after 1 min, 10 min and 1 h; the simulator
    retries `attempts - 1` times, `retry_seconds` apart.

    `enabled` False drops events; `before_response` sends them before the response to the request that caused them.
    """

    url: str | None = None
    secret: str = ""
    enabled: bool = True
    before_response: bool = False
    attempts: int = 3
    retry_seconds: float = 0.2
    timeout: float = 10.0


@dataclass
class Delivery:
    """One event and its delivery. `responses` has the status of each attempt, 0 without a response.

    `outcome` is waiting, delivered, failed (all attempts rejected) or dropped (disabled or suspended).
    """

    body: Json
    responses: list[int] = field(default_factory=list)
    outcome: str = WAITING

    def dump(self) -> Json:
        """The delivery as JSON."""
        return {"body": self.body, "responses": self.responses, "outcome": self.outcome}


def signed_headers(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Buildium's headers for a body; `timestamp` is the UNIX time of sending in seconds."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        SIGNATURE_HEADER: base64.b64encode(digest).decode(),
        TIMESTAMP_HEADER: str(timestamp),
    }


class WebhookSender:
    """A queue of events and the thread that sends them in order.

    After 20 consecutive failed deliveries the subscription is suspended; events are dropped until it is configured
    again. `pause` sleeps between attempts.
    """

    def __init__(self, config: WebhookConfig, pause: Callable[[float], None]) -> None:
        self.config = config
        self.failures_in_a_row = 0
        self._pause = pause
        self._queue: Queue[Delivery | None] = Queue()
        self._changed = threading.Condition()
        self._deliveries: list[Delivery] = []
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the current event."""
        with self._changed:
            for delivery in self._deliveries:
                if delivery.outcome == WAITING:
                    delivery.outcome = DROPPED
            self._changed.notify_all()
        self._queue.put(None)
        self._thread.join()

    def configure(self, **settings: object) -> None:
        """Change settings of `WebhookConfig`; a suspended subscription is resumed.

        Raises: ValueError: unknown setting.
        """
        for name, value in settings.items():
            if not hasattr(self.config, name):
                raise ValueError(f"webhooks have no setting {name!r}")
            setattr(self.config, name, value)
        self.failures_in_a_row = 0

    def send(self, body: Json) -> Delivery:
        """Queue an event; it counts as being sent when this returns."""
        delivery = Delivery(body)
        with self._changed:
            self._deliveries.append(delivery)
        if self.config.url and self.config.enabled and not self.suspended:
            self._queue.put(delivery)
        else:
            self._finish(delivery, DROPPED)
        return delivery

    def wait(self, delivery: Delivery | None = None, timeout: float = 30.0) -> bool:
        """Wait for a delivery (None: all of them); return False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done(delivery), timeout)

    def _done(self, delivery: Delivery | None) -> bool:
        return all(d.outcome != WAITING for d in ([delivery] if delivery else self._deliveries))

    @property
    def suspended(self) -> bool:
        """Whether the subscription is suspended."""
        return self.failures_in_a_row >= SUSPENDED_AFTER

    def deliveries(self) -> list[Delivery]:
        """Every event so far, in order."""
        with self._changed:
            return list(self._deliveries)

    def clear(self) -> None:
        """Clear past deliveries and failures, and drop waiting events."""
        with self._changed:
            for delivery in self._deliveries:
                delivery.outcome = DROPPED if delivery.outcome == WAITING else delivery.outcome
            self._deliveries.clear()
            self._changed.notify_all()
        self.failures_in_a_row = 0

    def stats(self) -> Json:
        """Deliveries by outcome, rejected attempts, consecutive failures and suspension."""
        deliveries = self.deliveries()
        outcomes = [delivery.outcome for delivery in deliveries]
        return {
            **{outcome: outcomes.count(outcome) for outcome in (WAITING, DELIVERED, FAILED, DROPPED)},
            "rejected_attempts": sum(not _accepted(status) for d in deliveries for status in d.responses),
            "failures_in_a_row": self.failures_in_a_row,
            "suspended": self.suspended,
        }

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (delivery := self._queue.get()) is not None:
                if delivery.outcome == WAITING:
                    self._deliver(session, delivery)

    def _deliver(self, session: requests.Session, delivery: Delivery) -> None:
        for attempt in range(self.config.attempts):
            if attempt:
                self._pause(self.config.retry_seconds)
            status = self._post(session, delivery.body)
            delivery.responses.append(status)
            if _accepted(status):
                self.failures_in_a_row = 0
                return self._finish(delivery, DELIVERED)
        self.failures_in_a_row += 1
        return self._finish(delivery, FAILED)

    def _post(self, session: requests.Session, event: Json) -> int:
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        headers = signed_headers(self.config.secret, body, int(time.time()))
        try:
            response = session.post(self.config.url or "", data=body, headers=headers, timeout=self.config.timeout)
        except requests.RequestException:
            return 0
        return response.status_code

    def _finish(self, delivery: Delivery, outcome: str) -> None:
        with self._changed:
            delivery.outcome = outcome
            self._changed.notify_all()


def _accepted(status: int) -> bool:
    return 200 <= status < 300
