"""Deletes entities locally that Buildium has deleted, although their events are missing.

One read may be wrong. So an entity is deleted only if two nightly drift checks in a row, a night apart, read it and got
404. A check that finds none of the linked entities proves nothing: it may read another account.
"""

from collections.abc import Iterable

from buildium_sync.clock import Clock, format_iso, parse_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.errors import ConcurrentWrite, InboundPaused, RetryLater
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.observability import increment, logger
from buildium_sync.reconcile.drift.report import DriftEntry, DriftState, RepairAction
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.missing_entities import MissingEntity, MissingEntityStore

NIGHT_SECONDS = 12 * 3600
"""The least time between the two reads. Checks that start more often need a third one."""


class ConfirmedDeletions:
    """Decides for each entity that a nightly drift check did not find."""

    def __init__(
        self, missing: MissingEntityStore, inbound: InboundSync, control: ControlStateStore, clock: Clock
    ) -> None:
        self._missing = missing
        self._control = control
        self._inbound = inbound
        self._clock = clock

    def confirm(self, drift: DriftState, entity_type: EntityType, entries: Iterable[DriftEntry]) -> list[DriftEntry]:
        """Delete the entities whose deletion is confirmed, and return the entries of the others.

        Other drift checks than nightly ones delete nothing. Only a read that returned 404 has an entry that deletes.
        """
        return [
            entry
            for entry in entries
            if not (drift.is_nightly and self._delete_if_confirmed(drift, entity_type, entry))
        ]

    def _delete_if_confirmed(self, drift: DriftState, entity_type: EntityType, entry: DriftEntry) -> bool:
        deletes = any(write.action is RepairAction.DELETE for write in entry.writes)
        if not deletes or entry.entity_id is None or entry.buildium_id is None or drift.started_at is None:
            return False
        ref, now = EntityRef(entity_type.name, entry.entity_id), self._clock()
        first_at = self._missing_since(drift, ref, entry.buildium_id) or format_iso(now)
        is_confirmed = drift.linked > 0 and now - parse_iso(first_at) >= NIGHT_SECONDS
        if is_confirmed and self._delete(entity_type, ref):
            return True
        self._missing.put(MissingEntity(ref, entry.buildium_id, first_at, drift.started_at), now)
        return False

    def _missing_since(self, drift: DriftState, ref: EntityRef, buildium_id: int) -> str | None:
        """Return when the entity was first not found, None if this check or the one before has not read it."""
        missing = self._missing.find(ref)
        if missing is None or missing.buildium_id != buildium_id:
            return None
        return missing.first_at if missing.check in (drift.last_nightly, drift.started_at) else None

    def _delete(self, entity_type: EntityType, ref: EntityRef) -> bool:
        """Delete an entity locally. Return False while it is synced, changed or paused: the next check decides."""
        try:
            self._control.check_inbound([entity_type.name])
            self._inbound.mark_deleted(entity_type, ref)
        except (InboundPaused, RetryLater, ConcurrentWrite):
            return False
        increment("DeletionConfirmed")
        logger.warning("Deleted locally after two reads without a result", extra={"entity": ref.pk})
        return True
