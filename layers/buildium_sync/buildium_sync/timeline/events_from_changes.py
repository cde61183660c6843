"""Derives the change events of one entity from its changes, in the order of its versions."""

from collections.abc import Sequence

from buildium_sync.domain.change_event import ChangeEvent, KnownState, entity_event, sync_event
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.stream_records import StreamChange, SyncChange


def change_events(state: KnownState, changes: Sequence[StreamChange]) -> tuple[list[ChangeEvent], KnownState]:
    """Return the events of an entity's changes, and what is known of the entity after them.

    A version precedes the sync record that was written with it, whose order in the stream is not defined.
    """
    events: list[ChangeEvent] = []
    ordered = sorted(changes, key=_order)
    for change, following in zip(ordered, [*ordered[1:], None], strict=False):
        if isinstance(change, SyncChange):
            event = sync_event(change.before, change.after, state.external_id)
            events += [event] if event else []
            state = _with_sync(state, change)
            continue
        state = state._replace(external_id=change.after.external_id)
        if isinstance(following, SyncChange) and following.after.version == change.after.version:
            state = _with_sync(state, following)
        events.append(entity_event(by_name(change.ref.entity_type), change.before, change.after, state))
    return events, state


def _order(change: StreamChange) -> tuple[int, bool, int]:
    is_sync = isinstance(change, SyncChange)
    return change.after.version, is_sync, change.after.revision if isinstance(change, SyncChange) else 0


def _with_sync(state: KnownState, change: SyncChange) -> KnownState:
    return state._replace(buildium_id=change.after.buildium_id, status=change.after.status)
