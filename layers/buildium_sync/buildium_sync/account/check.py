"""The result of one check of the connection to Buildium."""

from enum import StrEnum
from typing import NamedTuple


class CheckStatus(StrEnum):
    """`failed`: syncs or webhooks do not work. `warning`: something may be missing, or is not known."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Check(NamedTuple):
    """What was checked, the result, and for a person what was found and what to do about it."""

    name: str
    status: CheckStatus
    detail: str
    remedy: str | None = None

    def to_response(self) -> dict[str, str | None]:
        """Return the check as JSON."""
        return self._asdict()


def passed(name: str, detail: str) -> Check:
    """Return the result of a check that found nothing wrong."""
    return Check(name, CheckStatus.OK, detail)


def warning(name: str, detail: str, remedy: str) -> Check:
    """Return the result of a check whose finding stops no sync."""
    return Check(name, CheckStatus.WARNING, detail, remedy)


def failed(name: str, detail: str, remedy: str) -> Check:
    """Return the result of a check whose finding stops syncs or webhooks."""
    return Check(name, CheckStatus.FAILED, detail, remedy)
