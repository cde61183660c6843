"""Parts of the functions that sync with Buildium: sync, event_processor and reconcile."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from buildium_sync.composition.buildium_calls import BuildiumCalls
from buildium_sync.composition.clients import WORKERS
from buildium_sync.composition.control_state import control_state
from buildium_sync.composition.runtime import runtime

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.domain.json_types import Payload
from buildium_sync.entity_types.registry import TYPE_NAMES, by_name
from buildium_sync.ledger.balance_refresher import BalanceRefresher
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.observability import logger
from buildium_sync.settings import BuildiumSettings
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.failed_call_items import FailedCallStore
from buildium_sync.store.highest_ids import HighestIds
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.outstanding_balances import LeaseBalanceStore

Handler = Callable[[dict[str, Any], Any], Any]


class BuildiumComposition(BuildiumCalls):
    """The Buildium client, and the parts that store what Buildium returns."""

    settings: BuildiumSettings

    def __init__(self) -> None:
        super().__init__()
        self.conflict_policy = ConflictPolicy.from_text(self.settings.conflict_policy, TYPE_NAMES)

    @cached_property
    def entities(self) -> EntityStore:
        """Return the store of entities and sync records."""
        return EntityStore(runtime.clients.dynamodb, self.settings.entities_table, sleep=runtime.sleep)

    @cached_property
    def jobs(self) -> JobStore:
        """Return the store of imports, comparisons and repairs."""
        return JobStore(runtime.clients.dynamodb, self.settings.control_table)

    @cached_property
    def control(self) -> ControlStateStore:
        """Return the control state, which a process reads every few seconds."""
        return control_state(self.settings)

    @cached_property
    def highest_ids(self) -> HighestIds:
        """Return the highest Buildium id of each type."""
        return HighestIds(runtime.clients.dynamodb, self.settings.control_table)

    @property
    def visibility_delay(self) -> float:
        """Return the seconds within which a create without a response appears in Buildium's lists."""
        return self.settings.timeout_seconds + self.settings.settling_seconds

    def auto_created(self, client: BuildiumClient) -> AutoCreated:
        """Return the records that Buildium created together with another one."""
        return AutoCreated(self.entities, client, visibility_delay=self.visibility_delay, clock=runtime.clock)

    def property_scope(self, client: BuildiumClient) -> PropertyScope:
        """Return the rule which entities this stack syncs."""
        return PropertyScope(self.settings.property_ids, self.entities, client, runtime.clock)

    def balance_refresher(self, client: BuildiumClient) -> BalanceRefresher:
        """Return what refreshes the balances of leases."""
        store = LeaseBalanceStore(runtime.clients.dynamodb, self.settings.entities_table)
        scope, lease = self.property_scope(client), by_name("lease")

        def is_foreign(row: Payload) -> bool:
            return scope.is_foreign(lease, row["LeaseId"], row)

        return BalanceRefresher(client, store, runtime.clock, is_foreign, workers=WORKERS)

    def record_failed_call(self, call: FailedCall) -> None:
        """Store a failed call. A failure is logged, and the operator does not see the call."""
        store = FailedCallStore(runtime.clients.best_effort_dynamodb, self.settings.timeline_table, runtime.clock)
        try:
            store.add(call)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Failed call could not be saved", extra={"path": call.path, "error": type(error).__name__})

    def flush_highest_ids(self) -> None:
        """Store the highest ids. A failure is logged, and the search for a lost create has more candidates."""
        try:
            self.highest_ids.flush()
        except (BotoCoreError, ClientError) as error:
            logger.warning("Highest Buildium ids could not be saved", extra={"error": type(error).__name__})


def flush_metrics(composition: type[BuildiumComposition]) -> Callable[[Handler], Handler]:
    """Return a decorator for handlers that stores metrics and highest ids at the end of each invocation."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def wrapper(event: dict[str, Any], context: Any) -> Any:
            current = composition.current()
            try:
                return handler(event, context)
            finally:
                current.metric_flusher.flush()
                current.flush_highest_ids()

        return wrapper

    return decorate
