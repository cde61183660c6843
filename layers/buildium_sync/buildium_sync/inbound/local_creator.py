"""Entities that somebody made in Buildium become ours, unless they are what a create of ours made."""

import uuid
from collections.abc import Callable, Collection

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import ChangeSource, Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import BuildiumReference, EntityType, Fields, Links, Payload
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import RetryLater
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.linking.lost_creates import Verdict, judge
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStatus

RECHECK_SECONDS = 2.0
"""Seconds after which something is looked at again that came while our own write was under way."""
IMPORT_RECHECK_SECONDS = 30.0
"""Seconds after which something is looked at again that an import under way may bring."""
CLOCK_SKEW_SECONDS = 5.0
"""Seconds that Buildium's clock and ours may differ; beyond, an echo is told by its content instead."""


class LocalCreator:
    """Takes over entities that no link names; `via` is the way by which they come.

    `importing` returns the names of the types that an import is still to bring.
    """

    def __init__(
        self,
        store: EntityStore,
        auto_created: AutoCreated,
        clock: Clock,
        via: ChangeSource,
        importing: Callable[[], Collection[str]],
    ) -> None:
        self._store = store
        self._auto_created = auto_created
        self._clock = clock
        self._via = via
        self._importing = importing

    def pending_intents(self, entity_type: EntityType, seen_at: float) -> list[CreateIntent]:
        """Return the open intents whose creates may have made what was seen at a time (seconds since the epoch).

        An intent is written before its create is sent, so one that is younger did not cause it. Raises RetryLater while
        one of the creates is under way.
        """
        intents = [
            intent for intent in self._store.intents(entity_type.name) if intent.at <= seen_at + CLOCK_SKEW_SECONDS
        ]
        left = self._seconds_until_settled(intents)
        if left > 0:
            raise RetryLater("A pending create may match this entity", RECHECK_SECONDS, deadline_in=left)
        return intents

    def _seconds_until_settled(self, intents: list[CreateIntent]) -> float:
        """Return the seconds for which creates may still be under way. Their worker may have died meanwhile."""
        return max((intent.until - self._clock() for intent in intents), default=0.0)

    def create(
        self,
        entity_type: EntityType,
        message: Payload,
        intents: list[CreateIntent],
        correlation_id: str,
        *,
        auto_created_before: float,
        links: Links | None = None,
    ) -> EventStatus:
        """Take an entity over and return processed, or ignored when it is left to one of the intents.

        What Buildium made by itself along with one of ours is left for one of ours too, unless that was noted before
        `auto_created_before` (seconds since the epoch). Raises RetryLater, also while an import may find that it is one
        of ours, and ConcurrentWrite when somebody else has linked the entity meanwhile.
        """
        links = resolve_links(self._store, entity_type, {}, message) if links is None else links
        if self._leave_to_create(intents, entity_type, message, links):
            return EventStatus.IGNORED
        if self._belongs_to_open_create(entity_type, message):
            return EventStatus.IGNORED
        spare_of, recorded_at = self._auto_created_for(entity_type, message)
        if spare_of is not None and recorded_at >= auto_created_before:
            return EventStatus.IGNORED
        if self._via is not ChangeSource.IMPORT and entity_type.name in self._importing():
            raise RetryLater("An import of this entity type is running", IMPORT_RECHECK_SECONDS)
        self._write(entity_type, message, links, correlation_id, spare_of)
        return EventStatus.PROCESSED

    def _leave_to_create(
        self, intents: list[CreateIntent], entity_type: EntityType, message: Payload, links: Links
    ) -> bool:
        """Leave an entity to the create that may have made it, and note it with that create's intent.

        Returns whether there is such a create. Until its outcome is known, the entity is not created locally.
        """
        verdicts = [(intent, judge(entity_type, intent, message, links)) for intent in intents]
        equal = [intent for intent, verdict in verdicts if verdict is Verdict.EQUAL]
        different = [intent for intent, verdict in verdicts if verdict is Verdict.DIFFERENT]
        candidates = [*equal, *different]
        self._note_seen(candidates, int(message["Id"]))
        return bool(candidates)

    def _belongs_to_open_create(self, entity_type: EntityType, message: Payload) -> bool:
        """Leave an entity to the create that may have made its parent: Buildium may have created it along."""
        if entity_type.auto_created_by_field is None:
            return False
        parents = entity_type.remote_references(message)
        local_ids = self._store.local_ids((each.entity_type, each.buildium_id) for each in parents)
        unlinked = [each for each in parents if (each.entity_type, each.buildium_id) not in local_ids]
        return any(self._leave_to_parent(each) for each in unlinked)

    def _auto_created_for(self, entity_type: EntityType, message: Payload) -> tuple[EntityRef | None, float]:
        """Return the local entity that Buildium made this one along with, if it did, and when that was noted."""
        if entity_type.auto_created_by_field is None:
            return None, 0.0
        for reference in entity_type.remote_references(message):
            key = (reference.entity_type, reference.buildium_id)
            local_id = self._store.local_ids([key]).get(key)
            ref = EntityRef(reference.entity_type, local_id or "")
            spare = self._auto_created.beside(ref, entity_type.name) if local_id else None
            if spare is not None and spare.buildium_id == int(message["Id"]):
                return ref, spare.recorded_at
        return None, 0.0

    def _leave_to_parent(self, reference: BuildiumReference) -> bool:
        """Leave what belongs to an entity that an open create may have made, and note that entity with the intent.

        Returns whether there is such a create. Raises RetryLater while it is under way.
        """
        intents = self._store.intents(reference.entity_type)
        candidates = [
            each for each in intents if each.highest_id is not None and reference.buildium_id > each.highest_id
        ]
        left = self._seconds_until_settled(candidates)
        if left > 0:
            raise RetryLater("A pending create may match the parent of this entity", RECHECK_SECONDS, deadline_in=left)
        self._note_seen(candidates, reference.buildium_id)
        return bool(candidates)

    def _note_seen(self, candidates: list[CreateIntent], buildium_id: int) -> None:
        if candidates and all(buildium_id not in intent.seen for intent in candidates):
            self._store.write(self._store.changes.add_intent_candidate(candidates[0], buildium_id))

    def _write(
        self, entity_type: EntityType, message: Payload, links: Links, correlation_id: str, spare_of: EntityRef | None
    ) -> None:
        read = entity_type.from_buildium(message, links)
        fields = {**entity_type.default_remote_fields, **self._inherited(entity_type, read), **read}
        buildium_id = int(message["Id"])
        now = self._clock()
        at = format_iso(now)
        ref = EntityRef(entity_type.name, str(uuid.uuid4()))
        entity = Entity(ref, 1, fields, Origin.BUILDIUM, at, at, correlation_id, via=self._via)
        record = SyncRecord.created_from_buildium(ref, buildium_id, fields, correlation_id, now)
        changes = self._store.changes
        actions = [changes.put_entity(entity), changes.put_sync(record), changes.put_link(ref, buildium_id)]
        if spare_of is not None:
            actions.append(changes.delete_auto_created_unit(spare_of, entity_type.name))
        self._store.write(*actions)
        logger.info("Entity created from Buildium", extra={"entity": ref.pk, "buildiumId": buildium_id})

    def _inherited(self, entity_type: EntityType, fields: Fields) -> Fields:
        """Return the status of the entity that one without a status of its own belongs to."""
        beside = [r for r in entity_type.local_references(fields) if r.field == entity_type.status_source_field]
        loaded = self._store.load(EntityRef(*beside[0].target)) if beside else None
        return {"status": loaded.entity.fields["status"]} if loaded else {}
