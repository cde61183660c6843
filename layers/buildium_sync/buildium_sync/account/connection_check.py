"""Whether the connection to Buildium is ready: one list of findings, each with its remedy. Nothing is written."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from buildium_sync.account.account_reads import AccountReads
from buildium_sync.account.check import Check, CheckStatus, warning
from buildium_sync.account.default_checks import default_checks
from buildium_sync.account.key_checks import account_check, credentials_check, key_check, permission_checks
from buildium_sync.account.operation_checks import (
    Usage,
    clock_check,
    rate_limit_checks,
    settings_checks,
    webhook_checks,
)
from buildium_sync.account.page_check import page_checks
from buildium_sync.account.scope_check import scope_checks
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.clock import Clock
from buildium_sync.credentials import Credentials, CredentialsSource
from buildium_sync.domain.buildium_pages import BuildiumPage
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, ErrorCode
from buildium_sync.settings import AccountSettings
from buildium_sync.store.events import EventStore
from buildium_sync.store.metric_buckets import MetricBuckets
from buildium_sync.store.webhook_rejections import RejectionStore

_MINUTES = 60


class CheckedParts(NamedTuple):
    """What the check reads. `calls` returns the number of calls to Buildium that the process has made."""

    settings: AccountSettings
    pages: Sequence[BuildiumPage]
    client: BuildiumClient
    credentials: CredentialsSource
    calls: Callable[[], int]
    circuits: CircuitBreakers
    rate_limiter: RateLimiter
    metrics: MetricBuckets
    rejections: RejectionStore
    events: EventStore


class ConnectionCheck:
    """Checks the connection of one stack to its Buildium account."""

    def __init__(self, parts: CheckedParts, clock: Clock) -> None:
        self._parts = parts
        self._clock = clock

    def run(self) -> dict[str, Any]:
        """Return `ready`, the number of `calls` and the `checks`. A finding is no error."""
        before = self._parts.calls()
        checks = list(self._checks(lambda: self._parts.calls() - before))
        return {
            "ready": all(check.status is not CheckStatus.FAILED for check in checks),
            "calls": self._parts.calls() - before,
            "checks": [check.to_response() for check in checks],
        }

    def _checks(self, calls: Callable[[], int]) -> Iterator[Check]:
        parts = self._parts
        yield account_check(parts.settings.base_url)
        reads, throttles = AccountReads(parts.client, calls, self._clock), self._throttles()
        credentials = self._credentials()
        unusable = credentials_check(credentials) if isinstance(credentials, Credentials) else None
        if isinstance(credentials, BuildiumError):
            reads.stopped_by = credentials
        if unusable is None:
            reads.read()
        yield unusable or key_check(reads)
        yield from permission_checks(reads, parts.circuits.open_circuits())
        yield from default_checks(parts.settings, reads)
        yield from scope_checks(parts.settings, reads)
        yield from settings_checks(parts.settings)
        yield from page_checks(parts.settings, parts.pages)
        yield from self._webhook_checks()
        if reads.clock_skew_seconds is not None:
            yield clock_check(reads.clock_skew_seconds)
        yield from rate_limit_checks(self._usage(has_throttled_now=self._throttles() > throttles))
        if reads.is_cut_short:
            detail = "Buildium was slow or returned 429 to some calls, so that not every list was read."
            yield warning("reads", detail, "Repeat the check when fewer calls are made.")

    def _credentials(self) -> Credentials | BuildiumError:
        try:
            return self._parts.credentials()
        except Exception as error:  # noqa: BLE001 -- a secret that cannot be read is a finding
            text = f"The secret could not be read ({type(error).__name__})"
            return BuildiumUnavailable(text, is_outage=True, code=ErrorCode.AWS)

    def _webhook_checks(self) -> Iterator[Check]:
        parts = self._parts
        streak, last = parts.rejections.read(), parts.events.last_received_at()
        return webhook_checks(streak, last, self._clock(), has_secret=parts.settings.has_webhook_secret)

    def _throttles(self) -> int:
        state = self._parts.rate_limiter.state()
        return state.throttles if state else 0

    def _usage(self, *, has_throttled_now: bool) -> Usage:
        limit, state, minute = self._parts.settings.rate_limit, self._parts.rate_limiter.state(), self._clock() // 60
        calls = self._parts.metrics.calls(int(minute) - _MINUTES + 1, int(minute))
        return Usage(calls, has_throttled_now, state.rate(limit) if state else limit, limit)
