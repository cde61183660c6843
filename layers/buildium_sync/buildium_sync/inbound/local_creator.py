"""Creates Buildium entities locally, unless an outbound create may have made them."""

import uuid
from collections.abc import Callable, Collection

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import ChangeSource, Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import RetryLater
from buildium_sync.inbound.inbound_result import InboundResult
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.linking.lost_creates import Verdict, judge
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore

RECHECK_SECONDS = 2.0
"""Delay before the retry of an entity during an outbound sync."""
IMPORT_RECHECK_SECONDS = 30.0
"""Delay before the retry of an entity during an import of its type."""
CLOCK_SKEW_SECONDS = 5.0
"""Difference between Buildium's clock and the local one that is tolerated. Beyond it, echoes cause an extra read."""


class LocalCreator:
    """Creates unlinked entities locally. `via` is the source of the changes.

    `importing` returns the types that a running import has not finished.
    """

    def __init__(
        self,
        store: EntityStore,
        auto_created: AutoCreated,
        clock: Clock,
        via: ChangeSource,
        importing: Callable[[], Collection[str]],
        scope: PropertyScope,
    ) -> None:
        self._store = store
        self._scope = scope
        self._auto_created = auto_created
        self._clock = clock
        self._via = via
        self._importing = importing

    def pending_intents(self, entity_type: EntityType, seen_at: float) -> list[CreateIntent]:
        """Return the open intents whose creates may have made an entity that was seen at a time (epoch seconds).

        An intent is stored before its create is sent, so a later one is not returned. Raises RetryLater while one of
        the creates is being sent.
        """
        intents = [
            intent for intent in self._store.intents(entity_type.name) if intent.at <= seen_at + CLOCK_SKEW_SECONDS
        ]
        delay = self._seconds_until_settled(intents)
        if delay > 0:
            raise RetryLater("A pending create may match this entity", RECHECK_SECONDS, deadline_in=delay)
        return intents

    def _seconds_until_settled(self, intents: list[CreateIntent]) -> float:
        """Return the seconds until none of the creates can be running any more."""
        return max((intent.until - self._clock() for intent in intents), default=0.0)

    def create(
        self,
        entity_type: EntityType,
        payload: Payload,
        intents: list[CreateIntent],
        correlation_id: str,
        *,
        auto_created_before: float,
        links: Links | None = None,
    ) -> InboundResult:
        """Create an entity locally and return changed, or ignored if it is left to one of the intents.

        An auto-created entity is left to a local one that claims it, unless it was recorded before
        `auto_created_before` (epoch seconds). Raises OutOfScope, RetryLater, also during an import of the type, and
        ConcurrentWrite if another worker linked the entity.
        """
        if not entity_type.is_relevant(payload):
            return InboundResult.IGNORED
        links = resolve_links(self._store, entity_type, {}, payload) if links is None else links
        if self._leave_to_create(intents, entity_type, payload, links):
            return InboundResult.IGNORED
        if self._leave_to_parents_create(entity_type, payload):
            return InboundResult.IGNORED
        # Only now: what an open create of this stack may have made is no foreign entity.
        self._scope.check_inbound(entity_type, int(payload["Id"]), payload)
        parent, recorded_at = self._auto_created_for(entity_type, payload)
        if parent is not None and recorded_at >= auto_created_before:
            return InboundResult.IGNORED
        if self._via is not ChangeSource.IMPORT and entity_type.name in self._importing():
            raise RetryLater("An import of this entity type is running", IMPORT_RECHECK_SECONDS)
        self._write(entity_type, payload, links, correlation_id, parent)
        return InboundResult.CHANGED

    def _leave_to_create(
        self, intents: list[CreateIntent], entity_type: EntityType, payload: Payload, links: Links
    ) -> bool:
        """Add an entity to the candidates of the create that may have made it, and return whether there is one.

        Until the outcome of that create is known, the entity is not created locally.
        """
        verdicts = [(intent, judge(entity_type, intent, payload, links)) for intent in intents]
        equal = [intent for intent, verdict in verdicts if verdict is Verdict.EQUAL]
        different = [intent for intent, verdict in verdicts if verdict is Verdict.DIFFERENT]
        candidates = [*equal, *different]
        self._add_candidate(candidates, int(payload["Id"]))
        return bool(candidates)

    def _leave_to_parents_create(self, entity_type: EntityType, payload: Payload) -> bool:
        """Leave an entity to the open create that may have made its parent, and return whether there is one."""
        if entity_type.auto_created_by_field is None:
            return False
        parents = entity_type.remote_references(payload)
        local_ids = self._store.local_ids((each.entity_type, each.buildium_id) for each in parents)
        unlinked = [each for each in parents if (each.entity_type, each.buildium_id) not in local_ids]
        return any(self._leave_to_parent(each) for each in unlinked)

    def _auto_created_for(self, entity_type: EntityType, payload: Payload) -> tuple[EntityRef | None, float]:
        """Return the parent of an auto-created entity, None for others, and when it was recorded (epoch seconds)."""
        if entity_type.auto_created_by_field is None:
            return None, 0.0
        for reference in entity_type.remote_references(payload):
            key = (reference.entity_type, reference.buildium_id)
            local_id = self._store.local_ids([key]).get(key)
            ref = EntityRef(reference.entity_type, local_id or "")
            unit = self._auto_created.of(ref, entity_type.name) if local_id else None
            if unit is not None and unit.buildium_id == int(payload["Id"]):
                return ref, unit.recorded_at
        return None, 0.0

    def _leave_to_parent(self, reference: BuildiumReference) -> bool:
        """Add a parent to the candidates of the open creates that may have made it, and return whether there are any.

        Raises RetryLater while one of them is being sent.
        """
        intents = self._store.intents(reference.entity_type)
        candidates = [
            each for each in intents if each.highest_id is not None and reference.buildium_id > each.highest_id
        ]
        delay = self._seconds_until_settled(candidates)
        if delay > 0:
            raise RetryLater("A pending create may match the parent of this entity", RECHECK_SECONDS, deadline_in=delay)
        self._add_candidate(candidates, reference.buildium_id)
        return bool(candidates)

    def _add_candidate(self, candidates: list[CreateIntent], buildium_id: int) -> None:
        if candidates and all(buildium_id not in intent.seen for intent in candidates):
            self._store.write(self._store.writes.add_intent_candidate(candidates[0], buildium_id))

    def _write(
        self, entity_type: EntityType, payload: Payload, links: Links, correlation_id: str, parent: EntityRef | None
    ) -> None:
        read = entity_type.from_buildium(payload, links)
        fields = {**entity_type.default_remote_fields, **self.inherited(entity_type, read), **read}
        buildium_id = int(payload["Id"])
        now = self._clock()
        at = format_iso(now)
        ref = EntityRef(entity_type.name, str(uuid.uuid4()))
        entity = Entity(ref, 1, fields, Origin.BUILDIUM, at, at, correlation_id, via=self._via)
        record = SyncRecord.created_from_buildium(ref, buildium_id, fields, correlation_id, now)
        items = self._store.writes
        actions = [items.put_entity(entity), items.put_sync(record), items.put_link(ref, buildium_id)]
        if parent is not None:
            actions.append(items.delete_auto_created_unit(parent, entity_type.name))
        self._store.write(*actions)
        logger.info("Entity created from Buildium", extra={"entity": ref.pk, "buildiumId": buildium_id})

    def inherited(self, entity_type: EntityType, fields: Fields) -> Fields:
        """Return the status of the parent for an entity without a status of its own."""
        parents = [r for r in entity_type.local_references(fields) if r.field == entity_type.status_source_field]
        loaded = self._store.load(EntityRef(*parents[0].target)) if parents else None
        return {"status": loaded.entity.fields["status"]} if loaded else {}
