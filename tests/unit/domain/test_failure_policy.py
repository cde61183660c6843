from datetime import datetime
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS, MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failure_outcome import FailureOutcome
from buildium_sync.domain.failure_policy import (
    BLOCKED_RECHECK_SECONDS,
    INTERNAL_ERROR_MESSAGE,
    RetryPolicy,
    classify,
)
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import (
    BlockedByDependency,
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumTimeout,
    BuildiumUnavailable,
    CreateNotApplied,
    CredentialsRejected,
    ErrorCode,
    FieldError,
    NeedsReview,
    OutcomeUnknown,
    RateLimited,
    RetryLater,
    Scope,
    SyncBlocked,
    WrongBaseUrl,
    code_of,
    scope_of,
)

NOW = 1_795_356_000.0
POLICY = RetryPolicy(3, 1.0, jitter=lambda _low, high: high)

ABOUT_ALL = [
    RateLimited("Slow down."),
    CredentialsRejected("Wrong key.", status=401),
    WrongBaseUrl("Moved.", status=301),
    BuildiumUnavailable("Away.", is_outage=True),
    OutcomeUnknown("Lost.", is_outage=True),
]
ITS_OWN = [
    BuildiumUnavailable("Broken.", is_outage=False, status=500),
    OutcomeUnknown("Broken.", is_outage=False, status=500),
    ValueError("an internal error"),
]


def record(**changes: Any) -> SyncRecord:
    times: dict[str, Any] = dict.fromkeys(("created_at", "updated_at", "requested_at"), "2026-11-22T14:00:00.000Z")
    state: dict[str, Any] = {
        "version": 2,
        "status": Status.SYNCING,
        "revision": 7,
        "lease_token": 3,
        "lease_until": NOW + 100,
        "intent_at": NOW - 1,
        "buildium_id": 501,
    }
    return SyncRecord(EntityRef("property", "7"), correlation_id="c", **{**times, **state, **changes})


class After(NamedTuple):
    outcome: FailureOutcome
    record: SyncRecord


def after(error: Exception, attempted: SyncRecord | None = None, **changes: Any) -> After:
    attempted = attempted or record(**changes)
    outcome = classify(attempted, error, NOW, POLICY)
    return After(outcome, attempted.attempt_failed(attempted, outcome))


def due_in(failure: After) -> float:
    assert failure.record.due is not None
    return datetime.fromisoformat(failure.record.due).timestamp() - NOW


EVERY = [
    *ABOUT_ALL,
    *ITS_OWN,
    RetryLater("Held.", 5),
    BuildiumRejected("No.", status=422),
    SyncBlocked("Give it."),
    NeedsReview("Two.", [1, 2]),
]

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")
INVALID_ITEM = ClientError({"Error": {"Code": "ValidationException"}}, "PutItem")

CODES = [
    (BuildiumRejected("No.", status=422), Scope.ENTITY, ErrorCode.REJECTED),
    (BuildiumNotFound("No.", status=404), Scope.ENTITY, ErrorCode.REJECTED),
    (BuildiumUnavailable("Broken.", is_outage=False), Scope.ENTITY, ErrorCode.SERVER_ERROR),
    (BuildiumUnavailable("Away.", is_outage=True), Scope.SYSTEM, ErrorCode.OUTAGE),
    (BuildiumUnavailable("Paused.", is_outage=True, code=ErrorCode.PAUSED), Scope.SYSTEM, ErrorCode.PAUSED),
    (BuildiumTimeout("Late.", is_outage=True), Scope.SYSTEM, ErrorCode.TIMEOUT),
    (OutcomeUnknown("Lost.", is_outage=True), Scope.SYSTEM, ErrorCode.OUTCOME_UNKNOWN),
    (OutcomeUnknown("Lost.", is_outage=False), Scope.ENTITY, ErrorCode.OUTCOME_UNKNOWN),
    (RateLimited("Slow down."), Scope.SYSTEM, ErrorCode.RATE_LIMITED),
    (CredentialsRejected("Wrong key.", status=401), Scope.SYSTEM, ErrorCode.CREDENTIALS),
    (CredentialsRejected("Not allowed.", status=403), Scope.SYSTEM, ErrorCode.PERMISSION),
    (WrongBaseUrl("Moved.", status=301), Scope.SYSTEM, ErrorCode.WRONG_BASE_URL),
    (SyncBlocked("Give it."), Scope.ENTITY, ErrorCode.MISSING_VALUE),
    (BlockedByDependency("propertyIds", [("property", "7")]), Scope.ENTITY, ErrorCode.DEPENDENCY),
    (NeedsReview("Two.", [1, 2]), Scope.ENTITY, ErrorCode.NEEDS_REVIEW),
    (CreateNotApplied(RateLimited("Slow down.")), Scope.SYSTEM, ErrorCode.RATE_LIMITED),
    (EndpointConnectionError(endpoint_url="https://sqs"), Scope.SYSTEM, ErrorCode.AWS),
    (THROTTLED, Scope.SYSTEM, ErrorCode.AWS),
    (INVALID_ITEM, Scope.ENTITY, ErrorCode.INTERNAL),
    (KeyError("a bug"), Scope.ENTITY, ErrorCode.INTERNAL),
]


class TestErrorScopes:
    @pytest.mark.parametrize(("error", "scope", "code"), CODES, ids=lambda value: type(value).__name__)
    def test_every_error_has_a_scope_and_a_code(self, error: Exception, scope: Scope, code: ErrorCode) -> None:
        assert (scope_of(error), code_of(error)) == (scope, code)

    @pytest.mark.parametrize(("error", "scope", "code"), CODES, ids=lambda value: type(value).__name__)
    def test_the_scope_decides_which_count_increases(self, error: Exception, scope: Scope, code: ErrorCode) -> None:
        outcome = after(error, attempts=1, deferrals=1).outcome

        assert outcome.error is not None
        assert outcome.error.code is code
        assert (outcome.deferrals == 2) is (scope is Scope.SYSTEM)

    @pytest.mark.parametrize(
        ("error", "stops"),
        [
            (RateLimited("Slow down."), True),
            (BuildiumUnavailable("Away.", is_outage=True), True),
            (BuildiumUnavailable("Broken.", is_outage=False), False),
            (CredentialsRejected("Not allowed.", status=403), False),
            (WrongBaseUrl("Moved.", status=301), False),
            (BuildiumRejected("No.", status=422), False),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_an_outage_stops_the_calls_for_other_types(self, error: BuildiumError, stops: bool) -> None:
        assert error.stops_all_calls is stops


class TestRetries:
    @pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
    def test_a_failure_ends_the_lease_and_keeps_the_sync_state(self, error: Exception) -> None:
        kept = after(error).record

        assert kept.lease_until == 0
        assert (kept.revision, kept.buildium_id, kept.intent_at, kept.lease_token) == (8, 501, NOW - 1, 3)

    @pytest.mark.parametrize("error", ABOUT_ALL, ids=lambda error: type(error).__name__)
    def test_an_infrastructure_error_uses_no_attempt(self, error: Exception) -> None:
        failure = after(error, attempts=3, deferrals=50)

        assert failure.record.status is Status.PENDING
        assert (failure.record.attempts, failure.record.deferrals) == (3, 51)
        assert failure.outcome.delay_seconds == MAX_SQS_DELAY_SECONDS
        assert failure.record.error_message == str(error)
        assert not failure.outcome.dead_letter_reason

    @pytest.mark.parametrize(
        "error", [RateLimited("a", retry_after=9.2), BuildiumUnavailable("a", is_outage=True, retry_after=9.2)]
    )
    def test_the_retry_delay_respects_retry_after(self, error: Exception) -> None:
        assert after(error).outcome.delay_seconds == 10
        assert after(error, deferrals=4).outcome.delay_seconds == 16

    @pytest.mark.parametrize("error", ITS_OWN, ids=lambda error: type(error).__name__)
    def test_an_entity_failure_is_dead_lettered_after_the_configured_retries(self, error: Exception) -> None:
        delays = []
        for attempts in range(3):
            failure = after(error, attempts=attempts)
            assert (failure.record.status, failure.record.attempts) == (Status.PENDING, attempts + 1)
            delays.append(failure.outcome.delay_seconds)

        assert delays == [1, 2, 4]
        last = after(error, attempts=3)
        assert (last.record.status, last.record.due, last.outcome.delay_seconds) == (Status.FAILED, None, None)
        assert last.outcome.dead_letter_reason == "retries-exhausted"

    def test_an_internal_error_is_not_shown_to_the_client(self) -> None:
        assert after(ValueError("private")).record.error_message == INTERNAL_ERROR_MESSAGE


class TestDeadLetters:
    @pytest.mark.parametrize("kind", [BuildiumRejected, BuildiumNotFound])
    def test_a_rejected_payload_is_dead_lettered_with_buildiums_errors(self, kind: type[BuildiumRejected]) -> None:
        failure = after(kind("No.", status=422, errors=[FieldError("Name", "is empty")]))

        assert (failure.record.status, failure.record.due) == (Status.FAILED, None)
        assert (failure.outcome.dead_letter_reason, failure.outcome.delay_seconds) == ("rejected-422", None)
        assert failure.record.error_message == "No."
        assert failure.record.errors == [{"field": "Name", "message": "is empty"}]


class TestBlockedSyncs:
    @pytest.mark.parametrize(
        "error", [SyncBlocked("Give it."), BlockedByDependency("propertyIds", [("property", "7")])]
    )
    def test_a_blocked_sync_is_rechecked_later_without_a_queue_message(self, error: Exception) -> None:
        failure = after(error, attempts=3)

        assert (failure.record.status, failure.outcome.delay_seconds) == (Status.BLOCKED, None)
        assert not failure.outcome.dead_letter_reason
        assert due_in(failure) == BLOCKED_RECHECK_SECONDS
        assert failure.record.error_message == str(error)
        assert failure.record.attempts == 3


class TestReviews:
    def test_an_ambiguous_match_needs_review(self) -> None:
        failure = after(NeedsReview("Two.", [1, 2]))

        assert (failure.record.status, failure.record.due, failure.outcome.delay_seconds) == (
            Status.NEEDS_REVIEW,
            None,
            None,
        )
        assert failure.record.candidates == [1, 2]
        assert not failure.outcome.dead_letter_reason

    def test_candidate_details_are_removed_after_the_review(self) -> None:
        details = [{"buildiumId": 1, "fields": {"name": "a"}, "differingFields": []}]
        reviewed = after(NeedsReview("Two.", [1, 2], details)).record

        assert reviewed.candidate_details == details
        for error in (SyncBlocked("No properties."), RetryLater("Later.", 1), BuildiumRejected("No.", status=422)):
            assert after(error, reviewed).record.candidate_details == []
        assert reviewed.reset_for_retry(1.0).candidate_details == []
        assert reviewed.merged(2, None, [], is_synced=True, now=1.0).candidate_details == []


class TestWaits:
    def test_a_wait_keeps_the_counters_and_the_previous_error(self) -> None:
        errors = [{"field": "Name", "message": "is empty"}]
        failure = after(RetryLater("Held.", 5), attempts=3, deferrals=2, error_message="Before.", errors=errors)

        assert (failure.record.status, failure.outcome.delay_seconds) == (Status.PENDING, 5)
        assert (failure.record.attempts, failure.record.deferrals) == (3, 2)
        assert (failure.record.error_message, failure.record.errors) == ("Before.", errors)

    def test_no_wait_exceeds_the_maximum_queue_delay(self) -> None:
        assert after(RetryLater("Held.", 5000)).outcome.delay_seconds == MAX_SQS_DELAY_SECONDS

    @pytest.mark.parametrize(
        "error", [*ABOUT_ALL, *ITS_OWN, RetryLater("Held.", 30)], ids=lambda error: type(error).__name__
    )
    def test_the_sweep_waits_until_the_queued_message_is_overdue(self, error: Exception) -> None:
        failure = after(error)

        assert failure.outcome.delay_seconds is not None
        assert due_in(failure) == failure.outcome.delay_seconds + DELIVERY_GRACE_SECONDS


class TestBackoff:
    def test_backoff_doubles_is_bounded_and_never_overflows(self) -> None:
        assert [POLICY.backoff(failures) for failures in (1, 2, 3, 10, 11, 10_000)] == [1, 2, 4, 512, 900, 900]

    def test_backoff_is_spread_over_the_upper_half(self) -> None:
        policy = RetryPolicy(3, 100.0)
        delays = {policy.backoff(2) for _ in range(200)}

        assert min(delays) >= 100
        assert max(delays) <= 200
        assert len(delays) > 20
