"""The control state of the functions that a pause stops: api, sync, event_processor and reconcile."""

from buildium_sync.composition.runtime import runtime

from buildium_sync.settings import ApiSettings, BuildiumSettings
from buildium_sync.store.control_state import ControlStateStore


def control_state(settings: ApiSettings | BuildiumSettings) -> ControlStateStore:
    """Return the control state, which a process reads every few seconds."""
    client, table = runtime.clients.dynamodb, settings.control_table
    return ControlStateStore(client, table, start_mode=settings.start_mode, clock=runtime.clock)
