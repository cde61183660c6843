"""The flow from Buildium: an event says that something changed; what changed is read from Buildium.

Nothing here makes another call to Buildium than that read, and what it writes has the origin `buildium`, which the
stream lets pass by: no echo.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.entities.base import EntityType, Message
from buildium_sync.entities.registry import by_event_subject
from buildium_sync.errors import BuildiumNotFound, Busy, Conflict
from buildium_sync.links import resolve_links
from buildium_sync.merge import changed, merge
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore, Loaded
from buildium_sync.store.events import EventStatus
from buildium_sync.store.records import Entity, EntityRef, Intent, Origin, Status, SyncRecord, agreed
from buildium_sync.times import Clock, iso

_OPERATIONS = frozenset({"Created", "Updated", "Deleted"})
_FRACTION = re.compile(r"(\.\d{6})\d+")
_SOON = 2.0
"""Seconds after which an event is looked at again that came while our own write was under way."""
_SKEW = 5.0
"""Seconds that Buildium's clock and ours may differ; beyond, an echo is told by its content instead."""


class Inbound:
    """Brings our entities up to Buildium's."""

    def __init__(self, store: EntityStore, client: BuildiumClient, clock: Clock) -> None:
        self._store = store
        self._client = client
        self._clock = clock

    def apply(self, event: Mapping[str, Any]) -> EventStatus:
        """Work on one stored event and return its final state, processed or ignored.

        Raises Busy when it has to wait for a write of our own, and BuildiumError when Buildium cannot be read.
        """
        entity_type = by_event_subject(event["subject"])
        buildium_id = event.get("entityId")
        if entity_type is None or buildium_id is None or event["operation"] not in _OPERATIONS:
            return EventStatus.IGNORED
        local_id = self._store.local_ids([(entity_type.name, buildium_id)]).get((entity_type.name, buildium_id))
        try:
            if local_id is None:
                return self._unknown(entity_type, buildium_id, event)
            return self._known(entity_type, EntityRef(entity_type.name, local_id), buildium_id, event)
        except Conflict as error:
            raise Busy("The entity changed while the event was worked on", _SOON) from error

    def _known(
        self, entity_type: EntityType, ref: EntityRef, buildium_id: int, event: Mapping[str, Any]
    ) -> EventStatus:
        loaded = self._store.load(ref)
        if loaded is None or loaded.entity.deleted_at:
            return EventStatus.IGNORED
        if self._is_echo(loaded, event):
            return EventStatus.PROCESSED
        if loaded.sync.lease_until > self._clock():
            raise Busy("A write of ours is under way", _SOON)
        if event["operation"] == "Deleted":
            return self._delete(loaded)
        try:
            message = self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            return EventStatus.IGNORED
        return self._pull(entity_type, loaded, message)

    def _is_echo(self, loaded: Loaded, event: Mapping[str, Any]) -> bool:
        """Take the event for that of one of our own writes, once for each.

        A second event in the same seconds is not taken for it, so that another's edit is still read.
        """
        at = _seconds(event["eventDateTime"])
        for echo in loaded.sync.echoes:
            if echo["operation"] == event["operation"] and echo["from"] - _SKEW <= at <= echo["until"] + _SKEW:
                left = [other for other in loaded.sync.echoes if other is not echo]
                record = replace(loaded.sync, revision=loaded.sync.revision + 1, echoes=left)
                self._store.write(self._store.changes.put_sync(record))
                return True
        return False

    def _delete(self, loaded: Loaded) -> EventStatus:
        """Keep the entity as a tombstone: Buildium has it no more, and nothing brings it back."""
        now = iso(self._clock())
        buried = loaded.entity.pulled({**loaded.entity.fields, "status": "inactive"}, now)
        record = agreed(replace(loaded.sync, revision=loaded.sync.revision + 1, version=buried.version), now)
        self._store.write(
            self._store.changes.put_sync(record),
            self._store.changes.put_entity(replace(buried, deleted_at=now)),
        )
        return EventStatus.PROCESSED

    def _pull(self, entity_type: EntityType, loaded: Loaded, message: Message) -> EventStatus:
        """Merge what Buildium has into ours; what we have changed and not synced yet stays."""
        entity, sync = loaded.entity, loaded.sync
        base = sync.base or {}
        theirs = entity_type.from_buildium(message, resolve_links(self._store, entity_type, entity.fields, message))
        merged = merge(entity_type, base=base, ours=entity.fields, theirs=theirs)
        pulled = changed(entity_type, entity.fields, merged.fields)
        settled = sync.settled or not changed(entity_type, {**base, **theirs}, merged.fields)
        if not pulled and settled == sync.settled:
            return EventStatus.PROCESSED
        now = iso(self._clock())
        version = entity.version + pulled
        record = replace(sync, revision=sync.revision + 1, version=version, base={**base, **theirs}, updated_at=now)
        changes = [self._store.changes.put_sync(agreed(record, now) if settled else record)]
        if pulled:
            changes.append(self._store.changes.put_entity(entity.pulled(merged.fields, now)))
        self._store.write(*changes)
        logger.info("Updated from Buildium", extra={"entity": entity.ref.pk, "version": version})
        return EventStatus.PROCESSED

    def _unknown(self, entity_type: EntityType, buildium_id: int, event: Mapping[str, Any]) -> EventStatus:
        """Take over an entity that somebody made in Buildium, unless it is what a create of ours made."""
        # An intent is written before its create is sent, so one that is younger than the event did not cause it.
        received = _seconds(event["receivedAt"]) + _SKEW
        intents = [intent for intent in self._store.intents(entity_type.name) if intent.at <= received]
        if any(self._clock() < intent.until for intent in intents):
            raise Busy("A create of ours is under way that this may be", _SOON)
        if event["operation"] == "Deleted":
            return EventStatus.IGNORED
        try:
            message = self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            return EventStatus.IGNORED
        if self._is_left_to(intents, entity_type, buildium_id, message):
            return EventStatus.IGNORED
        spare_of = self._spare_of(entity_type, buildium_id, message)
        if spare_of is not None and event["operation"] == "Created":
            return EventStatus.IGNORED
        self._take_over(entity_type, buildium_id, message, event["correlationId"], spare_of)
        return EventStatus.PROCESSED

    def _spare_of(self, entity_type: EntityType, buildium_id: int, message: Message) -> EntityRef | None:
        """Return the entity of ours that Buildium made this one along with, for one of ours to take, if it did.

        Raises Busy while that entity's own create is under way, whose end notes it.
        """
        if entity_type.adopts is None:
            return None
        for reference in entity_type.buildium_references(message):
            key = (reference.entity_type, reference.buildium_id)
            local_id = self._store.local_ids([key]).get(key)
            if local_id is None and any(self._clock() < i.until for i in self._store.intents(reference.entity_type)):
                raise Busy("A create of ours is under way that it may have been made along with", _SOON)
            ref = EntityRef(reference.entity_type, local_id or "")
            if local_id and self._store.spare(ref, entity_type.name) == buildium_id:
                return ref
        return None

    def _is_left_to(self, intents: list[Intent], entity_type: EntityType, buildium_id: int, message: Message) -> bool:
        """Tell whether an entity may be what a create of ours made, and note it with the create's intent.

        Noted, it is still known when somebody has edited it.
        """
        matching = [intent for intent in intents if entity_type.is_match(message, intent.key)]
        for intent in matching:
            if buildium_id not in intent.seen:
                self._store.write(self._store.changes.note_seen(intent, buildium_id))
        return bool(matching) or any(buildium_id in intent.seen for intent in intents)

    def _take_over(
        self,
        entity_type: EntityType,
        buildium_id: int,
        message: Message,
        correlation_id: str,
        spare_of: EntityRef | None,
    ) -> None:
        fields = entity_type.from_buildium(message, resolve_links(self._store, entity_type, {}, message))
        now = iso(self._clock())
        ref = EntityRef(entity_type.name, str(uuid.uuid4()))
        entity = Entity(ref, 1, fields, Origin.BUILDIUM, now, now, correlation_id)
        record = SyncRecord(
            ref,
            1,
            Status.SYNCED,
            now,
            now,
            correlation_id,
            wanted_at=now,
            synced_version=1,
            buildium_id=buildium_id,
            last_synced_at=now,
            base=fields,
        )
        changes = self._store.changes
        actions = [changes.put_entity(entity), changes.put_sync(record), changes.put_link(ref, buildium_id)]
        if spare_of is not None:
            actions.append(changes.delete_spare(spare_of, entity_type.name))
        self._store.write(*actions)
        logger.info("Taken over from Buildium", extra={"entity": ref.pk, "buildiumId": buildium_id})


def _seconds(text: str) -> float:
    """Return a time in seconds since the epoch; one that cannot be read is long ago.

    Buildium: seven fractional digits, of which Python reads six.
    """
    try:
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
