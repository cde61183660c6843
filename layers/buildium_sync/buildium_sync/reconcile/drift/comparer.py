"""Compares one local entity with its Buildium entity: for a drift check, and on its own.

On its own, the result is stored like a report of one entity, in the chunks of the name `result_name`:

    0   its drift entries, at most one
    1   `{"status", "startedAt", "finishedAt", "notCompared", "error"}`, with times in ISO 8601
"""

from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import BuildiumError, BuildiumNotFound, OutOfScope
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.reconcile.drift.differ import Differ
from buildium_sync.reconcile.drift.report import DriftEntry
from buildium_sync.reconcile.jobs.job_state import JobStatus, job_name
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import JobStore

JOB = "comparison"
ENTRIES, STATE = 0, 1
"""The numbers of the chunks."""


def result_name(ref: EntityRef) -> str:
    """Return the name of the chunks of an entity's last comparison."""
    return job_name(JOB, ref)


class EntityComparer:
    """Reads one entity in Buildium and compares it. It writes nothing."""

    def __init__(self, store: EntityStore, client: BuildiumClient, differ: Differ, scope: PropertyScope) -> None:
        self._store = store
        self._scope = scope
        self._client = client
        self._differ = differ

    def entries(
        self, entity_type: EntityType, sync: SyncRecord, fields: Fields, not_compared: set[str]
    ) -> list[DriftEntry]:
        """Return the entry of an entity that differs. It is read, since a list may lag and its sync may just end.

        `not_compared` gets the fields that Buildium did not show. Raises BuildiumError and OutOfScope.
        """
        payload = self._read(entity_type, sync.buildium_id)
        self._scope.check_inbound(entity_type, sync.buildium_id, payload, fields)
        if payload is None:
            return [self._differ.of_unlisted(entity_type, sync, fields)]
        loaded = self._store.load(sync.ref)
        if loaded is None or loaded.entity.deleted_at:
            return []
        links = resolve_links(self._store, entity_type, loaded.entity.fields, payload)
        return list(self._differ.of_linked(entity_type, loaded, payload, links, not_compared))

    def _read(self, entity_type: EntityType, buildium_id: int | None) -> Payload | None:
        try:
            return None if buildium_id is None else self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            return None


class ComparisonWorker:
    """Compares one entity on its own and stores the result."""

    def __init__(self, store: EntityStore, comparer: EntityComparer, jobs: JobStore, clock: Clock) -> None:
        self._store = store
        self._comparer = comparer
        self._jobs = jobs
        self._clock = clock

    def run(self, ref: EntityRef) -> None:
        """Compare an entity. An error of Buildium and OutOfScope are stored as the result.

        A deleted entity has no entry.
        """
        loaded, hidden = self._store.load(ref), set[str]()
        entries, error = list[DriftEntry](), None
        try:
            if loaded is not None and not loaded.entity.deleted_at:
                entries = self._comparer.entries(by_name(ref.entity_type), loaded.sync, loaded.entity.fields, hidden)
        except (BuildiumError, OutOfScope) as failure:
            error = str(failure)
        now = self._clock()
        self._jobs.put_chunk(result_name(ref), ENTRIES, [entry.to_response() for entry in entries], now)
        [state] = self._jobs.chunks(result_name(ref), [STATE]) or [started(now)]
        status = JobStatus.FAILED if error else JobStatus.DONE
        result = {"status": status.value, "finishedAt": format_iso(now), "notCompared": sorted(hidden), "error": error}
        self._jobs.put_chunk(result_name(ref), STATE, [{**state, **result}], now)


def started(now: float) -> dict[str, Any]:
    """Return the state of a comparison that starts at `now` (epoch seconds)."""
    return _state(JobStatus.RUNNING, format_iso(now))


def not_started() -> dict[str, Any]:
    """Return the state of an entity that was not compared on its own."""
    return _state(JobStatus.NOT_STARTED, None)


def _state(status: JobStatus, started_at: str | None) -> dict[str, Any]:
    return {"status": status.value, "startedAt": started_at, "finishedAt": None, "notCompared": [], "error": None}
