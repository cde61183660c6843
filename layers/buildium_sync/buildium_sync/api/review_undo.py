"""Undoes the decision of a review: the entity is unlinked and needs a review again.

What the sync has written since stays: on both sides, and in the change history.
"""

from collections.abc import Iterator

from buildium_sync.api.entity_references import EntityReferences
from buildium_sync.clock import Clock
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.review_candidates import candidate_details, review_fields
from buildium_sync.domain.review_decision import ReviewDecision
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite, NotFound, ReviewNotPending
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.review_decisions import ReviewDecisionStore
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS, TableWrite


class ReviewUndo:
    """Undoes decisions. It does not call Buildium."""

    def __init__(
        self, store: EntityStore, decisions: ReviewDecisionStore, references: EntityReferences, clock: Clock
    ) -> None:
        self._store = store
        self._decisions = decisions
        self._references = references
        self._clock = clock

    def undo(self, ref: EntityRef, by: str | None, decided_at: str | None = None) -> SyncRecord:
        """Unlink an entity from what its last decision linked or created, and return its sync record in review.

        Repeating it changes nothing. Raises NotFound. Raises ReviewNotPending if there is no decision, if the last one
        was not made at `decided_at` (ISO 8601), or if what happened since makes it unsafe. Raises ConcurrentWrite after
        repeated conflicts.
        """
        by_name(ref.entity_type)
        for _ in range(MAX_WRITE_CONFLICTS):
            loaded = self._store.load(ref) if ref.entity_id else None
            if loaded is None:
                raise NotFound(f"{ref.entity_type.capitalize()} {ref.entity_id!r} not found.")
            if loaded.sync.status is Status.NEEDS_REVIEW:
                return loaded.sync
            decision = self.decision_of(loaded.sync)
            reason = self.obstacle(loaded, decision)
            if decision is not None and decided_at not in (None, decision.at):
                reason = f"The decision of {decided_at} was replaced by that of {decision.at}."
            if decision is None or reason is not None:
                raise ReviewNotPending(reason or "")
            try:
                return self._write(loaded, decision, by)
            except ConcurrentWrite:
                continue
        raise ConcurrentWrite(f"Concurrent updates to {ref.pk}")

    def decision_of(self, sync: SyncRecord) -> ReviewDecision | None:
        """Return the last decision about an entity, None without one that is kept."""
        return self._decisions.read(sync.ref, sync.decided_at) if sync.decided_at else None

    def obstacle(self, loaded: EntityWithSync, decision: ReviewDecision | None) -> str | None:
        """Return why the last decision about an entity cannot be undone, None if it can be."""
        if decision is None:
            return "There is no decision to undo. Decisions are kept for 90 days."
        return self._own_obstacle(loaded, decision) or self._obstacle_of_others(loaded.sync.ref)

    def _own_obstacle(self, loaded: EntityWithSync, decision: ReviewDecision) -> str | None:
        sync = loaded.sync
        if loaded.entity.deleted_at or loaded.entity.deletion_requested_at:
            return "The entity was deleted since."
        if sync.lease_until > self._clock():
            return "The entity is being synced. Try again in a moment."
        if sync.intent_at is not None:
            return "It is not known yet whether Buildium created the entity. Wait until its sync has ended."
        if decision.buildium_id is not None and sync.buildium_id != decision.buildium_id:
            return "The entity is no longer linked to what was chosen."
        return None

    def _obstacle_of_others(self, ref: EntityRef) -> str | None:
        names = ", ".join(f"{each.entity_type} {each.entity_id}" for each in self._references.in_buildium(ref))
        return f"Buildium has entities that belong to it: {names}." if names else None

    def _write(self, loaded: EntityWithSync, decision: ReviewDecision, by: str | None) -> SyncRecord:
        entity_type, sync, now = by_name(loaded.sync.ref.entity_type), loaded.sync, self._clock()
        candidates = self._candidates(entity_type, loaded, decision)
        text = f"The decision of the review was undone. Possible matches in Buildium: {list(candidates)}"
        known = {buildium_id: fields for buildium_id, fields in candidates.items() if fields}
        details = candidate_details(entity_type, loaded.entity.fields, known)
        record = sync.review_undone(text, candidates, details, by, now)
        # Nothing is being sent. The intent keeps the candidates from being created locally.
        intent = CreateIntent(sync.ref, {}, None, at=now, until=now, seen=list(candidates))
        writes = self._store.writes
        self._store.write(
            writes.put_sync(record),
            writes.put_intent(intent),
            writes.delete_decision(decision),
            *self._unlinked(entity_type, sync),
        )
        logger.info("Review undone", extra={"entity": sync.ref.pk, "buildiumId": sync.buildium_id, "apiKeyId": by})
        return record

    def _unlinked(self, entity_type: EntityType, sync: SyncRecord) -> Iterator[TableWrite]:
        """Yield the writes that remove the link, and the records of what Buildium created automatically with it."""
        if sync.buildium_id is not None:
            yield self._store.writes.delete_link(entity_type.name, sync.buildium_id)
        for name in entity_type.auto_created_types:
            yield self._store.writes.delete_auto_created_unit(sync.ref, name)

    def _candidates(
        self, entity_type: EntityType, loaded: EntityWithSync, decision: ReviewDecision
    ) -> dict[int, dict[str, object]]:
        """Return the Buildium ids that are free again or still, with their known fields.

        The id that the entity had is always among them: Buildium has that entity, and it must not become another one.
        """
        own = loaded.sync.buildium_id
        ids = [*decision.candidates, *([own] if own is not None and own not in decision.candidates else [])]
        linked = self._store.local_ids((entity_type.name, each) for each in ids if each != own)
        fields = {each["buildiumId"]: each["fields"] for each in decision.details}
        if own is not None and loaded.sync.base is not None:
            fields[own] = review_fields(entity_type, loaded.sync.base)
        return {each: fields.get(each, {}) for each in ids if (entity_type.name, each) not in linked}
