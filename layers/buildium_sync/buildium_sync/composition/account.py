"""The parts of the account function."""

from functools import cached_property

from buildium_sync.composition.buildium_calls import BuildiumCalls
from buildium_sync.composition.runtime import TimeLeft, runtime

from buildium_sync.account.connection_check import CheckedParts, ConnectionCheck
from buildium_sync.account.reference_lists import ReferenceLists
from buildium_sync.api.caller_check import CallerCheck
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.buildium.requested_probes import RequestedProbes
from buildium_sync.domain.buildium_pages import buildium_pages
from buildium_sync.domain.metric_counts import CALLS
from buildium_sync.entity_types.registry import all_types
from buildium_sync.settings import AccountSettings
from buildium_sync.store.events import EventStore
from buildium_sync.store.metric_buckets import MetricBuckets
from buildium_sync.store.operator_items import OperatorStore
from buildium_sync.store.reference_items import ReferenceListStore
from buildium_sync.store.webhook_rejections import RejectionStore

_MAX_CALL_SECONDS = 8.0
"""The limit of one call. API Gateway waits 29 seconds for a response."""


class AccountComposition(BuildiumCalls):
    """What reads the Buildium account for a person who waits for it."""

    settings_type = AccountSettings
    settings: AccountSettings

    def __init__(self) -> None:
        super().__init__()
        self._pages = buildium_pages(self.settings.page_paths, all_types())

    @property
    def call_timeout_seconds(self) -> float:
        """Return the limit of one call, which is shorter than that of a sync."""
        return min(super().call_timeout_seconds, _MAX_CALL_SECONDS)

    @cached_property
    def callers(self) -> CallerCheck:
        """Return what checks the roles of API keys."""
        store = OperatorStore(runtime.clients.dynamodb, self.settings.control_table)
        can_operate = self.settings.application_key_can_operate
        return CallerCheck(store, runtime.clock, application_can_operate=can_operate)

    def reference_lists(self, time_left: TimeLeft) -> ReferenceLists:
        """Return what reads the reference lists, for one invocation."""
        store = ReferenceListStore(runtime.clients.dynamodb, self.settings.control_table)
        return ReferenceLists(self.client(time_left, Priority.INTERACTIVE), store, runtime.clock)

    def connection_check(self, time_left: TimeLeft) -> ConnectionCheck:
        """Return what checks the connection to Buildium, for one invocation."""
        dynamodb, table = runtime.clients.dynamodb, self.settings.control_table
        circuits = RequestedProbes(dynamodb, table, clock=runtime.clock, probe=0.0)
        parts = CheckedParts(
            self.settings,
            self._pages,
            self.client(time_left, Priority.INTERACTIVE, circuits),
            self.secret.reload,
            lambda: self.metric_counts.total(CALLS),
            circuits,
            self.rate_limiter,
            MetricBuckets(dynamodb, table),
            RejectionStore(dynamodb, table),
            EventStore(dynamodb, self.settings.events_table, clock=runtime.clock),
        )
        return ConnectionCheck(parts, runtime.clock)
