"""The parts of the sync function."""

from functools import cached_property

from buildium_sync.composition.buildium import BuildiumComposition
from buildium_sync.composition.runtime import TimeLeft, runtime
from buildium_sync.composition.sync_queue import sync_queue

from buildium_sync.buildium.call_description import subject_of_calls
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.clock import format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import RetryLater
from buildium_sync.outbound.account_defaults import AccountDefaults, AccountDefaultsCache
from buildium_sync.outbound.adoption import Adoption
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.outbound.buildium_writer import BuildiumWriter
from buildium_sync.outbound.outbound_sync import OutboundSync
from buildium_sync.outbound.sync_batch import MAX_IN_PROGRESS, Batch
from buildium_sync.settings import SyncSettings
from buildium_sync.store.cached_defaults import AccountDefaultStore
from buildium_sync.store.queues import SyncMessage, SyncQueue

_MARGIN_SECONDS = 10.0
"""Seconds besides one call's timeout that an invocation must have left to process a waiting entity."""
_PAUSE_RECHECK_SECONDS = 30.0
"""Seconds after which an attempt that a pause has stopped is left to the sweep."""


class SyncComposition(BuildiumComposition):
    """The outbound flow."""

    settings_type = SyncSettings
    settings: SyncSettings

    @cached_property
    def account_defaults_cache(self) -> AccountDefaultsCache:
        """Return the account's defaults that were found in Buildium."""
        store = AccountDefaultStore(runtime.clients.dynamodb, self.settings.control_table)
        return AccountDefaultsCache(store, runtime.clock)

    @cached_property
    def _queue(self) -> SyncQueue:
        return sync_queue(self.settings)

    def sync_batch(self, time_left: TimeLeft, priority: Priority) -> Batch:
        """Return what syncs the entities of one invocation."""
        needed = self.settings.timeout_seconds + _MARGIN_SECONDS
        return Batch(self.outbound_sync(time_left, priority), self._waiting_syncs, lambda: time_left() > needed)

    def outbound_sync(self, time_left: TimeLeft, priority: Priority) -> OutboundSync:
        """Return the flow that sends one entity to Buildium, for one invocation."""
        client = self.client(time_left, priority)
        settings = self.settings

        def followers(entity_type: EntityType, buildium_id: int, fields: Fields) -> None:
            # Few syncs have followers. The others, and a cold start, need no inbound flow.
            from buildium_sync.composition.inbound import inbound_sync  # noqa: PLC0415

            inbound_sync(self, client, ChangeSource.SYNC).refresh_followers(entity_type, buildium_id, fields)

        return OutboundSync(
            self.entities,
            self._writer(client),
            Adoption(client, self.entities, self.highest_ids, runtime.clock),
            self.auto_created(client),
            self._queue,
            AttemptRecorder(
                self.entities,
                self._queue,
                RetryPolicy(settings.retry_attempts, settings.retry_delay_seconds),
                self.metric_counts,
                visibility_delay=self.visibility_delay,
                clock=runtime.clock,
            ),
            self.jobs,
            self.property_scope(client),
            followers=followers,
            visibility_delay=self.visibility_delay,
            is_paused=self._is_paused,
            clock=runtime.clock,
            time_left=time_left,
        )

    def check_write(self) -> None:
        """Raise RetryLater if the sync of the entity was paused since its attempt began.

        An attempt may wait for slots and slow reads, and a pause is effective within ten seconds.
        """
        subject = subject_of_calls()
        if subject is not None and self._is_paused(subject.entity_type):
            raise RetryLater("The outbound sync was paused before the write", _PAUSE_RECHECK_SECONDS)

    def _is_paused(self, entity_type: str) -> bool:
        return not self.settings.sync_enabled or self.control.outbound_pause(entity_type) is not None

    def _writer(self, client: BuildiumClient) -> BuildiumWriter:
        defaults = AccountDefaults(client, self.settings, self.account_defaults_cache)
        return BuildiumWriter(client, self.entities, defaults, self.conflict_policy, runtime.clock)

    def _waiting_syncs(self) -> list[SyncMessage]:
        """Return the entities that are due and whose message or stream record is not processed yet."""
        # A record is due its grace period after its message or stream record.
        now = runtime.clock()
        found = self.entities.due(
            Status.PENDING, format_iso(now + DELIVERY_GRACE_SECONDS), since=format_iso(now), limit=MAX_IN_PROGRESS
        )
        return [SyncMessage.of(record) for record in found]
