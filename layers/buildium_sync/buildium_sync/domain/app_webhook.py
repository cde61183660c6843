"""A change event on its way to the application, and the outcome of one attempt to deliver it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple, Self

REQUIRED_MEMBERS = ("id", "type", "at")


class DeliveryStatus(StrEnum):
    """The status of a delivery."""

    DELIVERED = "delivered"
    RETRYING = "retrying"
    DEAD_LETTERED = "dead-lettered"


class QueuedEvent(NamedTuple):
    """A message of the app webhook queue: `event` is the change event, `sent_at` is in seconds since the epoch."""

    message_id: str
    receipt: str
    body: str
    sent_at: float
    event: Mapping[str, Any]

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Parse a record of SQS. Raises KeyError, TypeError or ValueError for a message without a change event."""
        event = json.loads(record["body"])["detail"]
        if not all(isinstance(event[name], str) and event[name] for name in REQUIRED_MEMBERS):
            raise ValueError("not a change event")
        sent_at = int(record["attributes"]["SentTimestamp"]) / 1000
        return cls(record["messageId"], record["receiptHandle"], record["body"], sent_at, event)


class Outcome(NamedTuple):
    """The outcome of one attempt: the HTTP status of the receiver, None without one, and the error, None for none."""

    status: int | None
    error: str | None

    @property
    def is_delivered(self) -> bool:
        """Return whether the receiver accepted the event."""
        return self.error is None

    @property
    def is_gone(self) -> bool:
        """Return whether the receiver wants no events (Standard Webhooks: 410 Gone)."""
        return self.status == HTTPStatus.GONE

    @classmethod
    def of_status(cls, status: int) -> Self:
        """Return the outcome of a response. Only 2xx is a delivery; a redirect is not followed."""
        return cls(status, None if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else f"HTTP status {status}")
