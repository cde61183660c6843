"""The blocked syncs that a repair releases: they wait for an entity that the repair puts into Buildium.

The sync of an entity queues those that wait for it, and each of them those that wait for it in turn.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from buildium_sync.clock import Clock
from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.labels import name_of
from buildium_sync.domain.merge import Side
from buildium_sync.domain.sync_status import Status
from buildium_sync.reconcile.drift.report import RepairAction
from buildium_sync.reconcile.drift.selection import DriftEntryDict
from buildium_sync.store.entities import EntityStore

MAX_NAMED = 10
"""The released syncs that are named."""
MAX_READ = 500
"""The entities whose waiting syncs are read."""
MAX_SECONDS = 5.0
"""The time for reading the entries of a large report. The request ends after 29 seconds."""
_WORKERS = 10


class ReleasedSyncs:
    """Finds the syncs that a repair releases."""

    def __init__(self, store: EntityStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def by_repair_of(self, chunks: Iterable[Sequence[DriftEntryDict]]) -> dict[str, Any]:
        """Return the number of syncs that a repair of these entries releases, and the first of them with their names.

        `isComplete` is false if a limit was reached: then there may be more syncs.
        """
        level, is_complete = self._synced(chunks)
        read, released = set[EntityRef](), list[EntityRef]()
        while level:
            is_complete = is_complete and len(read) + len(level) <= MAX_READ
            level = level[: MAX_READ - len(read)]
            read.update(level)
            level = [each for each in self._blocked_by(level) if each not in read]
            released += level
        return {"count": len(released), "isComplete": is_complete, "items": self._named(released[:MAX_NAMED])}

    def _synced(self, chunks: Iterable[Sequence[DriftEntryDict]]) -> tuple[list[EntityRef], bool]:
        """Return the entities whose sync the repair starts, and whether these are all of them."""
        refs, end = dict[EntityRef, None](), self._clock() + MAX_SECONDS
        for entries in chunks:
            if len(refs) > MAX_READ or self._clock() > end:
                return list(refs), False
            refs.update(dict.fromkeys(_synced_by(entries)))
        return list(refs), True

    def _blocked_by(self, refs: list[EntityRef]) -> list[EntityRef]:
        """Return the entities whose sync is blocked until one of these is in Buildium."""
        found = parallel_map(self._store.dependents, refs, max_workers=_WORKERS)
        waiting = dict.fromkeys(ref for dependents in found for ref in dependents)
        records = self._store.sync_records(waiting)
        return [ref for ref in waiting if ref in records and records[ref].status is Status.BLOCKED]

    def _named(self, refs: list[EntityRef]) -> list[dict[str, Any]]:
        loaded = self._store.load_all(refs)
        return [
            {
                "entityType": ref.entity_type,
                "entityId": ref.entity_id,
                "name": name_of(loaded[ref].entity.fields) if ref in loaded else None,
            }
            for ref in refs
        ]


def _synced_by(entries: Iterable[DriftEntryDict]) -> Iterator[EntityRef]:
    """Yield the local entities whose sync the repair starts. Several candidates of a link need a review."""
    for entry in entries:
        local_id = entry["entityId"]
        if any(write["action"] == RepairAction.LINK for write in entry["writes"]):
            local_id = entry["candidates"][0] if len(entry["candidates"]) == 1 else None
        elif all(write["target"] != Side.REMOTE for write in entry["writes"]):
            local_id = None
        if local_id is not None:
            yield EntityRef(entry["entityType"], local_id)
