"""What a failed attempt means for the sync record: the one place where errors are sorted.

- `RetryLater`: pending, again when the wait is over; nothing is counted.
- A `BuildiumError` that is account-wide (`RateLimited`, `CredentialsRejected`, `WrongBaseUrl`, `BuildiumUnavailable`
  with `outage`), an AWS service that does not answer: pending, again with backoff for as long as it takes, and not
  before the time that Buildium asks for. This is not about the entity, so its attempts are not used up.
- Any other `BuildiumUnavailable`, and errors of our own: pending, again with backoff, BUILDIUM_RETRY_ATTEMPTS times;
  then failed, with a dead letter.
- `BuildiumRejected`: failed at once, with a dead letter; a person changes the entity.
- `SyncBlocked`: blocked, looked at again when what is missing comes, or in a while.
- `NeedsReview`: needs_review; a person chooses.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS, MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.errors import (
    BuildiumError,
    BuildiumRejected,
    NeedsReview,
    RetryLater,
    SyncBlocked,
)

if TYPE_CHECKING:
    pass

BLOCKED_RECHECK_SECONDS = 600
"""Seconds after which a blocked sync is looked at without anyone's help."""
INTERNAL_ERROR_MESSAGE = "Internal error during sync; see the sync function's log for this correlation ID."


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` retries of a failure that is the entity's own; `delay` seconds before the first."""

    attempts: int
    delay: float
    jitter: Callable[[float, float], float] = random.uniform

    def backoff(self, failures: int) -> int:
        """Return the whole seconds to wait after so many failures: exponential, with jitter, bounded by SQS."""
        longest = min(self.delay * 2 ** min(failures - 1, 20), MAX_SQS_DELAY_SECONDS)
        return math.ceil(self.jitter(longest / 2, longest))


@dataclass(frozen=True, slots=True)
class FailureOutcome:
    """The record after a failed attempt, and what to do: queue it again in `delay` seconds, or bury it."""

    record: SyncRecord
    delay_seconds: int | None = None
    reason: str = ""

    @property
    def is_dead_lettered(self) -> bool:
        """Tell whether the attempt was the last and goes to the dead-letter queue."""
        return self.record.status is Status.FAILED


def classify(  # noqa: PLR0911 -- one return for each line of the list above
    record: SyncRecord, error: Exception, now: float, policy: RetryPolicy
) -> FailureOutcome:
    """Return what becomes of a record whose attempt ended in `error` at `now` (seconds since the epoch)."""
    told = replace(
        record,
        revision=record.revision + 1,
        lease_until=0,
        not_before=0,
        updated_at=format_iso(now),
        error_message=str(error)
        if isinstance(error, BuildiumError | SyncBlocked | NeedsReview)
        else INTERNAL_ERROR_MESSAGE,
        errors=[{"field": e.field, "message": e.message} for e in getattr(error, "errors", ())],
        candidates=[],
        candidate_details=[],
    )
    match error:
        case RetryLater():
            waiting = replace(told, error_message=record.error_message, errors=record.errors)
            return _defer(waiting, math.ceil(min(error.retry_after, MAX_SQS_DELAY_SECONDS)), now)
        case SyncBlocked():
            return FailureOutcome(replace(told, status=Status.BLOCKED, due=format_iso(now + BLOCKED_RECHECK_SECONDS)))
        case NeedsReview():
            kept = replace(told, candidates=list(error.candidates), candidate_details=list(error.details))
            return FailureOutcome(replace(kept, status=Status.NEEDS_REVIEW, due=None))
        case BuildiumRejected():
            return _dead_letter(told, f"rejected-{error.status}")
        case _ if _is_infrastructure_error(error):
            deferrals = record.deferrals + 1
            asked = math.ceil(getattr(error, "retry_after", None) or 0)
            return _defer(replace(told, deferrals=deferrals), max(policy.backoff(deferrals), asked), now)
        case _ if record.attempts < policy.attempts:
            attempts = record.attempts + 1
            return _defer(replace(told, attempts=attempts), policy.backoff(attempts), now)
        case _:
            return _dead_letter(told, "retries-exhausted")


def _is_infrastructure_error(error: Exception) -> bool:
    account_wide = isinstance(error, BuildiumError) and error.is_account_wide
    return account_wide or isinstance(error, BotoCoreError | ClientError)


def _defer(record: SyncRecord, delay: int, now: float) -> FailureOutcome:
    again = replace(
        record, status=Status.PENDING, not_before=now + delay, due=format_iso(now + delay + DELIVERY_GRACE_SECONDS)
    )
    return FailureOutcome(again, delay)


def _dead_letter(record: SyncRecord, reason: str) -> FailureOutcome:
    return FailureOutcome(replace(record, status=Status.FAILED, due=None), reason=reason)
