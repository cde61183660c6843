"""The status of a webhook event."""

from enum import StrEnum


class EventStatus(StrEnum):
    """The status of an event."""

    RECEIVED = "received"
    PUBLISHED = "published"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"
