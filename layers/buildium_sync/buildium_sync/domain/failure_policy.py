"""What a failed attempt means for the sync record. This is the one place that decides it.

- `RetryLater`: pending; retried when the wait is over. Nothing is counted.
- An error of the system (`Scope.SYSTEM`): pending; retried with backoff for as long as it lasts, and not before the
  time that Buildium asks for. The attempts of the entity are not used up.
- `BuildiumRejected`: failed at once, with a dead letter. A person changes the entity.
- `SyncBlocked`: blocked; checked again when what is missing comes, or after a while.
- `NeedsReview`: needs_review. A person chooses.
- Any other error: pending; retried with backoff, BUILDIUM_RETRY_ATTEMPTS times. Then failed, with a dead letter.
"""

import math
import random
from collections.abc import Callable
from typing import NamedTuple

from buildium_sync.backoff import backoff
from buildium_sync.domain.delivery import MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.failure_outcome import FailureOutcome, RecordedError
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import (
    BuildiumError,
    BuildiumRejected,
    NeedsReview,
    RetryLater,
    Scope,
    SyncBlocked,
    code_of,
    scope_of,
)

BLOCKED_RECHECK_SECONDS = 600
"""Seconds after which a blocked sync is checked automatically."""
INTERNAL_ERROR_MESSAGE = "Internal error during sync; see the sync function's log for this correlation ID."


class RetryPolicy(NamedTuple):
    """`attempts` retries of a failure of the entity itself; `delay` seconds before the first."""

    attempts: int
    delay: float
    jitter: Callable[[float, float], float] = random.uniform

    def backoff(self, failures: int) -> int:
        """Return the whole seconds to wait after so many failures: exponential, with jitter, bounded by SQS."""
        return math.ceil(backoff(failures, self.delay, MAX_SQS_DELAY_SECONDS, self.jitter))


def classify(  # noqa: PLR0911 -- one return for each line of the list above
    record: SyncRecord, error: Exception, now: float, policy: RetryPolicy
) -> FailureOutcome:
    """Return what it means that the attempt of a record ended in `error` at `now` (seconds since the epoch)."""
    outcome = FailureOutcome(Status.PENDING, now, record.attempts, record.deferrals, _recorded(error))
    match error:
        case RetryLater():
            delay = math.ceil(min(error.retry_after, MAX_SQS_DELAY_SECONDS))
            return outcome._replace(error=None, delay_seconds=delay)
        case SyncBlocked():
            return outcome._replace(status=Status.BLOCKED, recheck_seconds=BLOCKED_RECHECK_SECONDS)
        case NeedsReview():
            reviewed = outcome._replace(status=Status.NEEDS_REVIEW)
            return reviewed._replace(candidates=error.candidates, candidate_details=error.details)
        case BuildiumRejected():
            return outcome._replace(status=Status.FAILED, dead_letter_reason=f"rejected-{error.status}")
        case _ if scope_of(error) is Scope.SYSTEM:
            deferrals = record.deferrals + 1
            asked = math.ceil(getattr(error, "retry_after", None) or 0)
            return outcome._replace(deferrals=deferrals, delay_seconds=max(policy.backoff(deferrals), asked))
        case _ if record.attempts < policy.attempts:
            attempts = record.attempts + 1
            return outcome._replace(attempts=attempts, delay_seconds=policy.backoff(attempts))
        case _:
            return outcome._replace(status=Status.FAILED, dead_letter_reason="retries-exhausted")


def _recorded(error: Exception) -> RecordedError:
    """Return what the sync record shows of an error. The message of an unexpected error may quote the entity."""
    is_expected = isinstance(error, BuildiumError | SyncBlocked | NeedsReview)
    errors = [{"field": each.field, "message": each.message} for each in getattr(error, "errors", ())]
    return RecordedError(code_of(error), str(error) if is_expected else INTERNAL_ERROR_MESSAGE, errors)
