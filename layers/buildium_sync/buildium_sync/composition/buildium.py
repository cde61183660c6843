"""Parts of the functions that call Buildium: sync, event_processor and reconcile."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from buildium_sync.composition.cached_secret import cached_secret
from buildium_sync.composition.clients import WORKERS
from buildium_sync.composition.runtime import Composition, TimeLeft, runtime

import requests
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.buildium.call_counter import CallCounter
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.buildium.transport import new_session
from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.entity_types.registry import ENTITY_TYPES
from buildium_sync.ledger.balance_refresher import BalanceRefresher
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.observability import logger
from buildium_sync.settings import BuildiumSettings
from buildium_sync.store.call_counts import CallCountStore
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.highest_ids import HighestIds
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.outstanding_balances import LeaseBalanceStore
from buildium_sync.store.secrets import CachedSecret

PROBE_MARGIN_SECONDS = 60.0
"""Seconds that the probe of an open circuit may take besides its call, because it may wait for its slot."""

Handler = Callable[[dict[str, Any], Any], Any]


class BuildiumComposition(Composition):
    """The Buildium client, and the parts that store what Buildium returns."""

    settings: BuildiumSettings

    def __init__(self) -> None:
        super().__init__()
        names = [entity_type.name for entity_type in ENTITY_TYPES]
        self.conflict_policy = ConflictPolicy.from_text(self.settings.conflict_policy, names)

    @cached_property
    def entities(self) -> EntityStore:
        """Return the store of entities and sync records."""
        return EntityStore(runtime.clients.dynamodb, self.settings.entities_table, sleep=runtime.sleep)

    @cached_property
    def jobs(self) -> JobStore:
        """Return the store of imports, comparisons and repairs."""
        return JobStore(runtime.clients.dynamodb, self.settings.control_table)

    @cached_property
    def highest_ids(self) -> HighestIds:
        """Return the highest Buildium id of each type."""
        return HighestIds(runtime.clients.dynamodb, self.settings.control_table)

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

    @cached_property
    def circuit_breakers(self) -> CircuitBreakers:
        """Return the circuits of the calls to Buildium."""
        settings = self.settings
        probe = settings.timeout_seconds + PROBE_MARGIN_SECONDS
        return CircuitBreakers(runtime.clients.dynamodb, settings.control_table, clock=runtime.clock, probe=probe)

    @cached_property
    def call_counter(self) -> CallCounter:
        """Return the number of calls that are not stored yet."""
        return CallCounter(runtime.clock)

    @cached_property
    def session(self) -> requests.Session:
        """Return the connections to Buildium."""
        return new_session(WORKERS, self.call_counter)

    @property
    def visibility_delay(self) -> float:
        """Return the seconds within which a create without a response appears in Buildium's lists."""
        return self.settings.timeout_seconds + self.settings.settling_seconds

    def client(self, time_left: TimeLeft, priority: Priority) -> BuildiumClient:
        """Return a Buildium client for one invocation."""
        return BuildiumClient(
            self.session,
            base_url=self.settings.base_url,
            credentials=self._secret.current,
            reload_credentials=self._secret.reload,
            rate_limit=self.rate_limiter,
            circuits=self.circuit_breakers,
            timeout=self.settings.timeout_seconds,
            time_left=time_left,
            priority=priority,
        )

    def auto_created(self, client: BuildiumClient) -> AutoCreated:
        """Return the records that Buildium created together with another one."""
        return AutoCreated(self.entities, client, visibility_delay=self.visibility_delay, clock=runtime.clock)

    def balance_refresher(self, client: BuildiumClient) -> BalanceRefresher:
        """Return what refreshes the balances of leases."""
        store = LeaseBalanceStore(runtime.clients.dynamodb, self.settings.entities_table)
        return BalanceRefresher(client, store, runtime.clock, workers=WORKERS)

    @cached_property
    def _secret(self) -> CachedSecret:
        return cached_secret(self.settings)

    def flush_call_counts(self) -> None:
        """Store the number of calls to Buildium. A failure is logged, and the counts are too low."""
        calls = self.call_counter.take()
        if not calls:
            return
        try:
            CallCountStore(runtime.clients.best_effort_dynamodb, self.settings.control_table).add(calls)
        except (BotoCoreError, ClientError) as error:
            about = {"calls": calls, "error": type(error).__name__}
            logger.warning("Buildium call counts could not be saved", extra=about)

    def flush_highest_ids(self) -> None:
        """Store the highest ids. A failure is logged, and the search for a lost create has more candidates."""
        try:
            self.highest_ids.flush()
        except (BotoCoreError, ClientError) as error:
            logger.warning("Highest Buildium ids could not be saved", extra={"error": type(error).__name__})


def flush_call_counts(composition: type[BuildiumComposition]) -> Callable[[Handler], Handler]:
    """Return a decorator for handlers that stores call counts and highest ids at the end of each invocation."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def wrapper(event: dict[str, Any], context: Any) -> Any:
            current = composition.current()
            try:
                return handler(event, context)
            finally:
                current.flush_call_counts()
                current.flush_highest_ids()

        return wrapper

    return decorate
