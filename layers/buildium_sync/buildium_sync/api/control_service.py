"""Pauses and resumes the sync, and keeps who did it, when and why."""

from collections.abc import Callable, Sequence
from typing import Any

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.pauses import ControlState, Direction, Pause
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite, FieldError, InvalidFields
from buildium_sync.observability import logger
from buildium_sync.store.control_state import ControlStateStore, to_item
from buildium_sync.store.dynamodb import Item
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS


class ControlService:
    """The control state, for the API. `start_mode` is the mode of a stack without a stored state."""

    def __init__(self, store: ControlStateStore, clock: Clock, start_mode: str) -> None:
        self._store = store
        self._clock = clock
        self._start_mode = start_mode

    def read(self) -> dict[str, Any]:
        """Return the pauses, and the last pauses and resumes, newest first."""
        item = self._store.read()
        return self._response(self._store.state_of(item), item.get("changes", []))

    def pause(self, direction: str | None, entity_type: str | None, reason: str, *, by: str | None) -> dict[str, Any]:
        """Pause one direction or both, of one type or of all, and return the new state.

        What is paused already stays as it is. Raises NotFound for an unknown type, and ConcurrentWrite.
        """
        _check_type(entity_type)
        at = format_iso(self._clock())
        pauses = [Pause(each, entity_type, at, by, reason) for each in _directions(direction)]
        return self._change("pause", lambda state: state.paused(pauses), at, by, reason)

    def resume(
        self, direction: str | None, entity_type: str | None, reason: str | None, *, by: str | None
    ) -> dict[str, Any]:
        """Resume one direction or both, of one type or of all, and return the new state.

        Raises NotFound for an unknown type, InvalidFields for one type while all are paused, and ConcurrentWrite.
        """
        _check_type(entity_type)
        directions = _directions(direction)

        def resumed(state: ControlState) -> ControlState:
            if entity_type is not None and any(state.pause_of(each) for each in directions):
                raise InvalidFields([FieldError("entityType", "must be left out, since all types are paused")])
            return state.resumed(directions, entity_type)

        return self._change("resume", resumed, format_iso(self._clock()), by, reason)

    def _change(
        self,
        action: str,
        change: Callable[[ControlState], ControlState],
        at: str,
        by: str | None,
        reason: str | None,
    ) -> dict[str, Any]:
        for _ in range(MAX_WRITE_CONFLICTS):
            item = self._store.read()
            before, earlier = self._store.state_of(item), item.get("changes", [])
            after = change(before)
            changed = [
                each for each in (*before.pauses, *after.pauses) if (each in before.pauses) != (each in after.pauses)
            ]
            if not changed:
                return self._response(before, earlier)
            changes = [_entry(action, each, at, by, reason) for each in changed]
            try:
                self._store.write(after, changes, earlier)
            except ConcurrentWrite:
                continue
            logger.warning("Sync paused or resumed", extra={"changes": changes})
            return self._response(after, [*changes, *earlier])
        raise ConcurrentWrite("Concurrent updates to the control state")

    def _response(self, state: ControlState, changes: Sequence[Item]) -> dict[str, Any]:
        return {"startMode": self._start_mode, "pauses": list(map(to_item, state.pauses)), "changes": list(changes)}


def _directions(name: str | None) -> list[Direction]:
    return list(Direction) if name is None else [Direction(name)]


def _check_type(entity_type: str | None) -> None:
    if entity_type is not None:
        by_name(entity_type)


def _entry(action: str, pause: Pause, at: str, by: str | None, reason: str | None) -> Item:
    named = {"direction": pause.direction.value, "entityType": pause.entity_type}
    return {"at": at, "action": action, **named, "by": by, "reason": reason}
