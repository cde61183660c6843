"""Takes changes of entities into their timelines and counts: each once, however often it is delivered."""

from collections.abc import Sequence
from dataclasses import replace

from buildium_sync.clock import Clock
from buildium_sync.domain.entity import EntityRef
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.stream_records import EntityChange, StreamChange, SyncChange
from buildium_sync.store.timeline_pages import MAX_BATCH_ENTITIES, CheckpointUpdate, TimelineCheckpoint, TimelineStore
from buildium_sync.timeline.entries_from_changes import entity_entries, sync_entries
from buildium_sync.timeline.entry import TimelineEntry

_MAX_WRITE_CONFLICTS = 5


class TimelineRecorder:
    """Writes what the stream tells into the activity table."""

    def __init__(self, activity: TimelineStore, clock: Clock) -> None:
        self._activity = activity
        self._clock = clock

    def record(self, changes: Sequence[StreamChange]) -> None:
        """Take in changes, in the order in which they were made.

        Raises ConcurrentWrite when other writers keep winning.
        """
        by_entity: dict[EntityRef, list[StreamChange]] = {}
        for change in changes:
            by_entity.setdefault(change.ref, []).append(change)
        refs = list(by_entity)
        for start in range(0, len(refs), MAX_BATCH_ENTITIES):
            self._take_in({ref: by_entity[ref] for ref in refs[start : start + MAX_BATCH_ENTITIES]})

    def _take_in(self, by_entity: dict[EntityRef, list[StreamChange]]) -> None:
        for _ in range(_MAX_WRITE_CONFLICTS):
            markers = self._activity.checkpoints(by_entity)
            now = self._clock()
            steps = [step for ref, changes in by_entity.items() if (step := _step(markers[ref], changes, now))]
            if not steps:
                return
            try:
                self._activity.commit(steps)
            except ConcurrentWrite:
                continue
            return
        raise ConcurrentWrite("Checkpoint contention")


def _step(marker: TimelineCheckpoint, changes: Sequence[StreamChange], now: float) -> CheckpointUpdate | None:
    """Return what the changes that are not taken in yet come to, None for nothing."""
    versions = [c for c in changes if isinstance(c, EntityChange) and c.after.version > marker.version]
    revisions = [c for c in changes if isinstance(c, SyncChange) and c.after.revision > marker.revision]
    entries = _entries(versions, revisions)
    latest = max(revisions, key=lambda change: change.after.revision, default=None)
    after = replace(
        marker,
        version=max([marker.version, *(change.after.version for change in versions)]),
        revision=latest.after.revision if latest else marker.revision,
        status=latest.after.status if latest else marker.status,
    )
    step = CheckpointUpdate(marker, after.with_page(entries, now) if entries else after)
    return step if entries or step.changes_count else None


def _entries(versions: Sequence[EntityChange], revisions: Sequence[SyncChange]) -> list[TimelineEntry]:
    told = [entity_entries(by_name(change.ref.entity_type), change.before, change.after) for change in versions]
    for change in revisions:
        told += sync_entries(change.before, change.after, change.written_at)
    # Of one moment the version comes first: the sync record is written with it.
    return sorted(told, key=lambda entry: entry["at"])
