"""The retry queue and dead-letter queue of the functions that queue syncs: api, sync and reconcile."""

from buildium_sync.composition.runtime import runtime

from buildium_sync.settings import ApiSettings, ReconcileSettings, SyncSettings
from buildium_sync.store.queues import SyncQueue


def sync_queue(settings: ApiSettings | ReconcileSettings | SyncSettings) -> SyncQueue:
    """Return the queues of syncs of a function."""
    return SyncQueue(runtime.clients.sqs, settings.sync_retry_queue_url, settings.sync_dead_letter_queue_url)
