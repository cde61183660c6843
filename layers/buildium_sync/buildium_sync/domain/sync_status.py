"""The statuses of a sync."""

from enum import StrEnum


class Status(StrEnum):
    """The status of a sync."""

    PENDING = "pending"
    SYNCING = "syncing"
    SYNCED = "synced"
    FAILED = "failed"
    BLOCKED = "blocked"
    NEEDS_REVIEW = "needs_review"
    DELETED = "deleted"


STOPPED = frozenset({Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW})
"""The states that wait for a person, who can retry the sync."""


LISTED = STOPPED | {Status.DELETED}
"""The states that the collection index lists by type."""


FINAL = LISTED | {Status.SYNCED}
"""The states in which a waiting client has the outcome."""
