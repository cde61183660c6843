"""Records changes of entities in their timelines, counts and lookups. A redelivered change is recorded once."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from buildium_sync.clock import Clock
from buildium_sync.domain.change_event import ChangeEvent, KnownState
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.lookups import changed_lookups
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.stream_records import EntityChange, StreamChange, SyncChange
from buildium_sync.store.timeline_checkpoints import MAX_BATCH_CHANGES, CheckpointUpdate, TimelineCheckpoint
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS
from buildium_sync.timeline.entries_from_changes import entity_entries, sync_entries
from buildium_sync.timeline.entry import TimelineEntry
from buildium_sync.timeline.events_from_changes import change_events


class TimelineRecorder:
    """Records the changes of the stream."""

    def __init__(self, store: TimelineStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(self, changes: Sequence[StreamChange]) -> list[ChangeEvent]:
        """Record changes, in the order in which they were made, and return the events of all of them.

        The event of a change that was recorded before is the same again, with what is known of the entity by now.
        Raises ConcurrentWrite for continuing conflicts.
        """
        events: list[ChangeEvent] = []
        for start in range(0, len(changes), MAX_BATCH_CHANGES):
            by_entity: dict[EntityRef, list[StreamChange]] = {}
            for change in changes[start : start + MAX_BATCH_CHANGES]:
                by_entity.setdefault(change.ref, []).append(change)
            events += self._record(by_entity)
        return events

    def _record(self, by_entity: dict[EntityRef, list[StreamChange]]) -> list[ChangeEvent]:
        for _ in range(MAX_WRITE_CONFLICTS):
            checkpoints = self._store.checkpoints(by_entity)
            now = self._clock()
            found = [_update(checkpoints[ref], changes, now) for ref, changes in by_entity.items()]
            try:
                if updates := [update for update, _ in found if update]:
                    self._store.commit(updates, now)
            except ConcurrentWrite:
                continue
            return [event for _, events in found for event in events]
        raise ConcurrentWrite("Checkpoint contention")


def _update(
    checkpoint: TimelineCheckpoint, changes: Sequence[StreamChange], now: float
) -> tuple[CheckpointUpdate | None, Sequence[ChangeEvent]]:
    """Return the update for the changes that are not recorded yet, None if there is none, and the events of all."""
    all_versions, all_revisions = _versions(changes), _revisions(changes)
    versions = [change for change in all_versions if change.after.version > checkpoint.version]
    revisions = [change for change in all_revisions if change.after.revision > checkpoint.revision]
    entries = _entries(versions, revisions)
    known = _known(checkpoint)
    events, state = change_events(known, [*versions, *revisions])
    is_new = (len(versions), len(revisions)) == (len(all_versions), len(all_revisions))
    all_events = events if is_new else change_events(known, [*all_versions, *all_revisions])[0]
    entity = max((change.after for change in versions), key=lambda each: each.version, default=None)
    record = max((change.after for change in revisions), key=lambda each: each.revision, default=None)
    after = replace(
        checkpoint,
        version=entity.version if entity else checkpoint.version,
        revision=record.revision if record else checkpoint.revision,
        status=state.status,
        external_id=state.external_id,
        buildium_id=state.buildium_id,
        lookups=changed_lookups(checkpoint.lookups, by_name(checkpoint.ref.entity_type), entity, record),
    )
    if not (entries or events or state != known):
        return None, all_events
    after = after.with_page(entries, now) if entries else after
    return CheckpointUpdate(checkpoint, after, changes=[event.to_feed_item() for event in events]), all_events


def _known(checkpoint: TimelineCheckpoint) -> KnownState:
    return KnownState(checkpoint.external_id, checkpoint.buildium_id, checkpoint.status)


def _versions(changes: Sequence[StreamChange]) -> Collection[EntityChange]:
    """Return the versions of the entity, each once."""
    return {change.after.version: change for change in changes if isinstance(change, EntityChange)}.values()


def _revisions(changes: Sequence[StreamChange]) -> Collection[SyncChange]:
    """Return the revisions of the sync record, each once."""
    return {change.after.revision: change for change in changes if isinstance(change, SyncChange)}.values()


def _entries(versions: Sequence[EntityChange], revisions: Sequence[SyncChange]) -> list[TimelineEntry]:
    entries = [entity_entries(by_name(change.ref.entity_type), change.before, change.after) for change in versions]
    for change in revisions:
        entries += sync_entries(change.before, change.after, change.written_at)
    # With equal times the version comes first: the sync record is written with it.
    return sorted(entries, key=lambda entry: entry["at"])
