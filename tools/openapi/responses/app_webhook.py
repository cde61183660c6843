"""Responses about the app webhook."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.domain.app_webhook import DeliveryStatus


class Delivery(TypedDict):
    """A delivery of one event to the application."""

    id: str
    type: str
    entityType: str | None
    entityId: str | None
    at: str
    status: DeliveryStatus
    attempts: int
    error: str | None
    attemptedAt: str


class Receiver(TypedDict):
    """The state of the application's receiver."""

    status: Literal["working", "failing", "paused"]
    failingSince: str | None
    pausedAt: str | None
    error: str | None


class Deliveries(TypedDict):
    """A page of deliveries, newest first."""

    items: list[Delivery]
    nextCursor: str | None
    receiver: Receiver


class TestDelivery(TypedDict):
    """The outcome of a test event."""

    id: str
    delivered: bool
    receiverStatus: int | None
    error: str | None


class TestDeliveryResponse(TypedDict):
    """The test event that was sent."""

    delivery: TestDelivery
