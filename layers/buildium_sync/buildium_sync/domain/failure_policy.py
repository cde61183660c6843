"""What a failed attempt means for the sync record: the one place where errors are sorted.

- `Busy`: pending, again when the wait is over; nothing is counted.
- A `BuildiumError` that is account-wide (`RateLimited`, `CredentialsRefused`, `WrongBaseUrl`, `BuildiumUnavailable`
  with `outage`), an AWS service that does not answer: pending, again with backoff for as long as it takes, and not
  before the time that Buildium asks for. This is not about the entity, so its attempts are not used up.
- Any other `BuildiumUnavailable`, and errors of our own: pending, again with backoff, BUILDIUM_RETRY_ATTEMPTS times;
  then failed, with a dead letter.
- `BuildiumRejected`: failed at once, with a dead letter; a person changes the entity.
- `Blocked`: blocked, looked at again when what is missing comes, or in a while.
- `NeedsReview`: needs_review; a person chooses.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import iso
from buildium_sync.domain.delivery import GRACE, LONGEST_DELAY
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.errors import (
    Blocked,
    BuildiumError,
    BuildiumRejected,
    Busy,
    NeedsReview,
)

if TYPE_CHECKING:
    pass

BLOCKED_RECHECK = 600
"""Seconds after which a blocked sync is looked at without anyone's help."""
INTERNAL = "The sync met an error of its own; the log of the sync function has it under the correlation id."


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` retries of a failure that is the entity's own; `delay` seconds before the first."""

    attempts: int
    delay: float
    jitter: Callable[[float, float], float] = random.uniform

    def backoff(self, failures: int) -> int:
        """Return the whole seconds to wait after so many failures: exponential, with jitter, bounded by SQS."""
        longest = min(self.delay * 2 ** min(failures - 1, 20), LONGEST_DELAY)
        return math.ceil(self.jitter(longest / 2, longest))


@dataclass(frozen=True, slots=True)
class Failure:
    """The record after a failed attempt, and what to do: queue it again in `delay` seconds, or bury it."""

    record: SyncRecord
    delay: int | None = None
    reason: str = ""

    @property
    def buried(self) -> bool:
        """Tell whether the attempt was the last and goes to the dead-letter queue."""
        return self.record.status is Status.FAILED


def after_failure(  # noqa: PLR0911 -- one return for each line of the list above
    record: SyncRecord, error: Exception, now: float, policy: RetryPolicy
) -> Failure:
    """Return what becomes of a record whose attempt ended in `error` at `now` (seconds since the epoch)."""
    told = replace(
        record,
        revision=record.revision + 1,
        lease_until=0,
        not_before=0,
        updated_at=iso(now),
        error_message=str(error) if isinstance(error, BuildiumError | Blocked | NeedsReview) else INTERNAL,
        errors=[{"field": e.field, "message": e.message} for e in getattr(error, "errors", ())],
        candidates=[],
        candidate_details=[],
    )
    match error:
        case Busy():
            waiting = replace(told, error_message=record.error_message, errors=record.errors)
            return _again(waiting, math.ceil(min(error.retry_after, LONGEST_DELAY)), now)
        case Blocked():
            return Failure(replace(told, status=Status.BLOCKED, due=iso(now + BLOCKED_RECHECK)))
        case NeedsReview():
            kept = replace(told, candidates=list(error.candidates), candidate_details=list(error.details))
            return Failure(replace(kept, status=Status.NEEDS_REVIEW, due=None))
        case BuildiumRejected():
            return _buried(told, f"rejected-{error.status}")
        case _ if _not_the_entitys(error):
            deferrals = record.deferrals + 1
            asked = math.ceil(getattr(error, "retry_after", None) or 0)
            return _again(replace(told, deferrals=deferrals), max(policy.backoff(deferrals), asked), now)
        case _ if record.attempts < policy.attempts:
            attempts = record.attempts + 1
            return _again(replace(told, attempts=attempts), policy.backoff(attempts), now)
        case _:
            return _buried(told, "retries-exhausted")


def _not_the_entitys(error: Exception) -> bool:
    account_wide = isinstance(error, BuildiumError) and error.is_account_wide
    return account_wide or isinstance(error, BotoCoreError | ClientError)


def _again(record: SyncRecord, delay: int, now: float) -> Failure:
    again = replace(record, status=Status.PENDING, not_before=now + delay, due=iso(now + delay + GRACE))
    return Failure(again, delay)


def _buried(record: SyncRecord, reason: str) -> Failure:
    return Failure(replace(record, status=Status.FAILED, due=None), reason=reason)
