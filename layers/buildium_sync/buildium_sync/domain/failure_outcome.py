"""What a failed attempt changes in the sync record."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from buildium_sync.clock import format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class RecordedError:
    """The error that a sync record shows: a code for programs, a message for a person, and the fields at fault."""

    code: ErrorCode
    message: str
    errors: list[dict[str, str]] = field(default_factory=list)


class FailureOutcome(NamedTuple):
    """The state in which a failed attempt leaves a sync, and the next delivery. `failure_policy.classify` makes it.

    The attempt failed at `at` (seconds since the epoch). `error` is None if the record keeps the error that it has.
    `delay_seconds` is None if no message is sent. `dead_letter_reason` is empty if there is no dead letter.
    """

    status: Status
    at: float
    attempts: int
    deferrals: int
    error: RecordedError | None
    delay_seconds: int | None = None
    recheck_seconds: int | None = None
    dead_letter_reason: str = ""
    candidates: tuple[int, ...] = ()
    candidate_details: tuple[dict[str, Any], ...] = ()

    def changes(self) -> dict[str, Any]:
        """Return the attributes of the sync record that the outcome sets."""
        shown = {} if self.error is None else error_attributes(self.error.code, self.error.message, self.error.errors)
        delay = self.delay_seconds
        recheck = self.recheck_seconds if delay is None else delay + DELIVERY_GRACE_SECONDS
        return {
            **shown,
            "status": self.status,
            "attempts": self.attempts,
            "deferrals": self.deferrals,
            "updated_at": format_iso(self.at),
            "not_before": 0 if delay is None else self.at + delay,
            "due": None if recheck is None else format_iso(self.at + recheck),
            "candidates": list(self.candidates),
            "candidate_details": list(self.candidate_details),
        }


def error_attributes(
    code: ErrorCode | None, message: str | None, errors: Iterable[dict[str, str]] = ()
) -> dict[str, Any]:
    """Return the attributes of the sync record that show an error. None for no error."""
    return {"error_code": code, "error_message": message, "errors": list(errors)}
