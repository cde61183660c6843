"""Responses about the app webhook."""

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12


class TestDelivery(TypedDict):
    """The outcome of a test event."""

    id: str
    delivered: bool
    receiverStatus: int | None
    error: str | None


class TestDeliveryResponse(TypedDict):
    """The test event that was sent."""

    delivery: TestDelivery
