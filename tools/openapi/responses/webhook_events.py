"""Responses about webhook events."""

from typing import Any

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.domain.event_status import EventStatus


class StoredEvent(TypedDict):
    """A stored webhook event."""

    eventId: str
    eventName: str
    subject: str
    operation: str
    accountId: int | None
    entityId: int | None
    ids: dict[str, Any]
    eventDateTime: str
    receivedAt: str
    correlationId: str
    payload: Any
    status: EventStatus
    updatedAt: str
    error: str | None


class StoredEvents(TypedDict):
    """A page of webhook events, newest first."""

    items: list[StoredEvent]
    nextCursor: str | None


class StoredEventResponse(TypedDict):
    """One webhook event."""

    event: StoredEvent


class WebhookReceipt(TypedDict):
    """The number of webhook events in a request."""

    received: int
    new: int
