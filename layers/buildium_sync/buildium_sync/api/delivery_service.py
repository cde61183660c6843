"""Lists the deliveries of the app webhook, and the state of its receiver."""

from typing import Any

from buildium_sync.clock import format_iso
from buildium_sync.store.app_webhook_deliveries import DeliveryStore
from buildium_sync.store.app_webhook_state import ReceiverState, ReceiverStateStore


class DeliveryService:
    """Lists the deliveries of the app webhook."""

    def __init__(self, deliveries: DeliveryStore, states: ReceiverStateStore) -> None:
        self._deliveries = deliveries
        self._states = states

    def page(self, *, limit: int, cursor: str | None) -> dict[str, Any]:
        """Return one page of the deliveries, newest first, the next cursor, and the state of the receiver."""
        items, next_cursor = self._deliveries.page(limit=limit, cursor=cursor)
        return {"items": items, "nextCursor": next_cursor, "receiver": _to_response(self._states.read())}


def _to_response(state: ReceiverState) -> dict[str, Any]:
    failing = "paused" if state.paused_at is not None else "failing"
    return {
        "status": "working" if state.failing_since is None else failing,
        "failingSince": _time(state.failing_since),
        "pausedAt": _time(state.paused_at),
        "error": state.error,
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else format_iso(seconds)
