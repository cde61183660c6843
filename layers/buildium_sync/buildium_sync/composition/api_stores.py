"""The tables and queues of the api function, and the roles of its callers."""

from functools import cached_property
from typing import TYPE_CHECKING

from buildium_sync.composition.runtime import Composition, runtime

from buildium_sync.api.caller_check import CallerCheck
from buildium_sync.settings import ApiSettings
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.operator_items import OperatorStore

if TYPE_CHECKING:
    from buildium_sync.api.system_status import SystemStatus
    from buildium_sync.store.control_state import ControlStateStore
    from buildium_sync.store.jobs import JobStore
    from buildium_sync.store.queues import JobQueue, SyncQueue
    from buildium_sync.store.timeline_pages import TimelineStore


class ApiStores(Composition):
    """What the services of the REST API store and queue with."""

    settings_type = ApiSettings
    settings: ApiSettings

    @cached_property
    def _entity_store(self) -> EntityStore:
        return EntityStore(runtime.clients.dynamodb, self.settings.entities_table, sleep=runtime.sleep)

    @cached_property
    def _job_store(self) -> "JobStore":
        from buildium_sync.store.jobs import JobStore

        return JobStore(runtime.clients.dynamodb, self.settings.control_table)

    @cached_property
    def _control_store(self) -> "ControlStateStore":
        from buildium_sync.composition.control_state import control_state

        return control_state(self.settings)

    @cached_property
    def _timeline_store(self) -> "TimelineStore":
        from buildium_sync.store.timeline_pages import TimelineStore

        return TimelineStore(runtime.clients.dynamodb, self.settings.timeline_table)

    @cached_property
    def _operator_store(self) -> OperatorStore:
        return OperatorStore(runtime.clients.dynamodb, self.settings.control_table)

    @cached_property
    def _sync_queue(self) -> "SyncQueue":
        from buildium_sync.composition.sync_queue import sync_queue

        return sync_queue(self.settings)

    @cached_property
    def _job_queue(self) -> "JobQueue":
        from buildium_sync.store.queues import JobQueue

        return JobQueue(runtime.clients.sqs, self.settings.job_queue_url)

    @cached_property
    def callers(self) -> CallerCheck:
        """Return what checks the roles of API keys."""
        can_operate = self.settings.application_key_can_operate
        return CallerCheck(self._operator_store, runtime.clock, application_can_operate=can_operate)

    @cached_property
    def system_status(self) -> "SystemStatus":
        """Return the status of the system, which a process reads every few seconds."""
        from buildium_sync.api.system_status import SystemStatus

        return SystemStatus(runtime.clients.dynamodb, self._control_store, self.settings, runtime.clock)
