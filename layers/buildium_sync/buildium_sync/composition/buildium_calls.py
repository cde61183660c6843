"""The Buildium client of the functions that call Buildium: account, sync, event_processor and reconcile."""

from functools import cached_property

from buildium_sync.composition.cached_secret import cached_credentials
from buildium_sync.composition.clients import WORKERS
from buildium_sync.composition.metrics import MetricFlusher
from buildium_sync.composition.runtime import Composition, TimeLeft, runtime

import requests

from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.buildium.transport import new_session
from buildium_sync.credentials import Credentials
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.settings import CallSettings
from buildium_sync.store.secrets import CachedSecret

PROBE_MARGIN_SECONDS = 60.0
"""Seconds that the probe of an open circuit may take besides its call, because it may wait for its slot."""


class BuildiumCalls(Composition):
    """The Buildium client with its rate limiter, its circuits and its credentials."""

    settings: CallSettings

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        """Return the rate limiter, which keeps what it has learned between invocations."""
        settings = self.settings
        return RateLimiter(
            runtime.clients.dynamodb,
            settings.control_table,
            rate=settings.rate_limit,
            clock=runtime.clock,
            sleep=runtime.sleep,
        )

    @property
    def call_timeout_seconds(self) -> float:
        """Return the limit of one call."""
        return self.settings.timeout_seconds

    @cached_property
    def circuit_breakers(self) -> CircuitBreakers:
        """Return the circuits of the calls to Buildium."""
        settings = self.settings
        probe = self.call_timeout_seconds + PROBE_MARGIN_SECONDS
        return CircuitBreakers(runtime.clients.dynamodb, settings.control_table, clock=runtime.clock, probe=probe)

    @cached_property
    def metric_counts(self) -> MetricCounts:
        """Return the numbers that are not stored yet."""
        return MetricCounts(runtime.clock)

    @cached_property
    def metric_flusher(self) -> MetricFlusher:
        """Return what stores these numbers."""
        return MetricFlusher(
            self.metric_counts, lambda: runtime.clients.best_effort_dynamodb, self.settings.control_table
        )

    @cached_property
    def session(self) -> requests.Session:
        """Return the connections to Buildium."""
        return new_session(WORKERS, self.metric_counts)

    def client(
        self, time_left: TimeLeft, priority: Priority, circuits: CircuitBreakers | None = None
    ) -> BuildiumClient:
        """Return a Buildium client for one invocation. Its circuits are the usual ones, unless others are given."""
        return BuildiumClient(
            self.session,
            base_url=self.settings.base_url,
            credentials=self.secret.current,
            reload_credentials=self.secret.reload,
            rate_limit=self.rate_limiter,
            circuits=circuits or self.circuit_breakers,
            timeout=self.call_timeout_seconds,
            time_left=time_left,
            priority=priority,
            before_write=self.check_write,
            on_failed_call=self.record_failed_call,
        )

    def check_write(self) -> None:
        """Do nothing. The sync function checks whether an operator has paused its writes."""

    def record_failed_call(self, call: FailedCall) -> None:
        """Do nothing. Functions that sync entities store the failed calls."""

    @cached_property
    def secret(self) -> CachedSecret[Credentials]:
        """Return the credentials, which are cached."""
        return cached_credentials(self.settings)
