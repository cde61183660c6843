"""The erasures of the functions that start or resume them: api and reconcile."""

from buildium_sync.composition.runtime import runtime

from buildium_sync.reconcile.erasure.service import ErasureService
from buildium_sync.settings import ApiSettings, ReconcileSettings
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.erasures import UnfinishedErasureStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import JobQueue


def erasure_service(
    settings: ApiSettings | ReconcileSettings, entities: EntityStore, jobs: JobStore, queue: JobQueue
) -> ErasureService:
    """Return the service of erasures of a function."""
    unfinished = UnfinishedErasureStore(runtime.clients.dynamodb, settings.control_table)
    return ErasureService(entities, jobs, unfinished, queue, runtime.clock)
