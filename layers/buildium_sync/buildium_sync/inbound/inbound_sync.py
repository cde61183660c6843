"""The flow from Buildium: an event says that something changed; what changed is read from Buildium.

Nothing here makes another call to Buildium than that read, and what it writes has the origin `buildium`, which the
stream lets pass by: no echo.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock, iso
from buildium_sync.domain.change_record import overwritten
from buildium_sync.domain.conflicts import ConflictPolicy, noted, report
from buildium_sync.domain.entity import Entity, EntityRef, Via
from buildium_sync.domain.entity_status import ACTIVE
from buildium_sync.domain.entity_type import BuildiumReference, EntityType, Links, Message
from buildium_sync.domain.merge import Merged, Side, changed, status_changed, unmet, won_by
from buildium_sync.domain.sync_record import agreed, lapsed
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumSyncError,
    Busy,
    Conflict,
    CredentialsRefused,
    ReferenceUnknown,
)
from buildium_sync.inbound.event_subjects import Subject, subjects_of
from buildium_sync.inbound.local_creator import SKEW, SOON, TakeOver
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.linking.deleted_in_buildium import gone
from buildium_sync.linking.id_links import aligned, lacks, resolve_all_links, resolve_links
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore, Loaded
from buildium_sync.store.events import EventStatus
from buildium_sync.store.highest_ids import HighestIds
from buildium_sync.store.writes import Change

_PATIENCE = 5
"""Times that an event is put off for what its entity refers to, about a minute in all: events come in any order."""
_FRACTION = re.compile(r"(\.\d{6})\d+")


class Inbound:
    """Brings our entities up to Buildium's; `via` is the way by which it hears of them.

    `importing` returns the names of the types that an import is still to bring.
    """

    def __init__(
        self,
        store: EntityStore,
        client: BuildiumClient,
        conflict_policy: ConflictPolicy,
        clock: Clock,
        via: Via = Via.WEBHOOK,
        *,
        auto_created: AutoCreated,
        highest_ids: HighestIds,
        importing: Callable[[], Collection[str]],
    ) -> None:
        self.via = via
        self._store = store
        self._client = client
        self._conflict_policy = conflict_policy
        self._clock = clock
        self.highest_ids = highest_ids
        self.strangers = TakeOver(store, auto_created, clock, via, importing)

    def apply(self, event: Mapping[str, Any], deferrals: int = _PATIENCE) -> EventStatus:
        """Work on one stored event and return its final state, processed or ignored.

        An event may concern several entities; one that fails keeps no other from being brought up to date. An entity
        counts as deleted when a read after a `Deleted` event finds nothing. Raises Busy when one has to wait for a
        write of our own, for an import, or for what it refers to, unless it was put off often enough, `deferrals`
        times. Raises BuildiumError when Buildium cannot be read.
        """
        states, errors = set(), []
        for subject in subjects_of(event, self._client):
            try:
                states.add(self._apply_to(subject, event, deferrals))
            except BuildiumSyncError as error:
                if isinstance(error, BuildiumError) and error.is_account_wide:
                    raise
                errors.append(error)
        if errors:
            # One that only has to wait brings the event back, and with it those that failed.
            raise min(errors, key=lambda error: not isinstance(error, Busy))
        return EventStatus.PROCESSED if EventStatus.PROCESSED in states else EventStatus.IGNORED

    def _apply_to(self, subject: Subject, event: Mapping[str, Any], deferrals: int) -> EventStatus:
        entity_type, buildium_id = subject.entity_type, subject.buildium_id
        local_id = self._store.local_ids([(entity_type.name, buildium_id)]).get((entity_type.name, buildium_id))
        about = {**event, "operation": subject.operation}
        try:
            if local_id is not None:
                return self._known(entity_type, EntityRef(entity_type.name, local_id), buildium_id, about, deferrals)
            if subject.only_known:
                return EventStatus.IGNORED
            return self._unknown(entity_type, buildium_id, about, deferrals)
        except Conflict as error:
            raise Busy("The entity changed while the event was worked on", SOON) from error

    def _known(
        self, entity_type: EntityType, ref: EntityRef, buildium_id: int, event: Mapping[str, Any], deferrals: int
    ) -> EventStatus:
        loaded = self._store.load(ref)
        if loaded is None or loaded.entity.deleted_at:
            return EventStatus.IGNORED
        if self._is_echo(loaded, event):
            return EventStatus.PROCESSED
        self._await_lease(loaded)
        try:
            message = self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            return self._delete(entity_type, loaded) if event["operation"] == "Deleted" else EventStatus.IGNORED
        if event["operation"] == "Created":
            self._awaited_links(entity_type, message, deferrals)
        return self._pull(entity_type, loaded, message)

    def observe(
        self, entity_type: EntityType, loaded: Loaded, message: Message, links: Links, seen_at: float
    ) -> EventStatus:
        """Apply what a list showed of one of ours, and return processed or ignored.

        The list was asked for at `seen_at` (seconds since the epoch): what was written since may not be in it. Raises
        Busy and BuildiumError as `apply` does.
        """
        if loaded.entity.deleted_at:
            return EventStatus.IGNORED
        merged, settled = self._compare(entity_type, loaded, message, links)
        if not changed(entity_type, loaded.entity.fields, merged.fields) and settled == loaded.sync.settled:
            return EventStatus.PROCESSED
        try:
            if loaded.sync.lease_until <= self._clock() and loaded.sync.updated_at < iso(seen_at - SKEW):
                return self._pull(entity_type, loaded, message)
            return self._read_again(entity_type, loaded, message)
        except Conflict as error:
            raise Busy("The entity changed while it was observed", SOON) from error

    def _read_again(self, entity_type: EntityType, loaded: Loaded, listed: Message) -> EventStatus:
        """Bring an entity up to what Buildium has now; its own events are told from others' by their content.

        The status that a list was given for it stays where the entity shows none.
        """
        found = self._store.load(loaded.entity.ref)
        if found is None or found.entity.deleted_at:
            return EventStatus.IGNORED
        self._await_lease(found)
        try:
            inherited = {"IsActive": listed.get("IsActive")} if entity_type.status_of else {}
            message = {**inherited, **self._client.read(entity_type.read_path(loaded.sync.buildium_id or 0))}
        except BuildiumNotFound:
            return EventStatus.IGNORED
        return self._pull(entity_type, found, message)

    def _await_lease(self, loaded: Loaded) -> None:
        """Raise Busy while a worker holds the entity. One that died holds it until the lease ends."""
        left = loaded.sync.lease_until - self._clock()
        if left > 0:
            raise Busy("A write of ours is under way", SOON, over_in=left)

    def bury(self, entity_type: EntityType, ref: EntityRef) -> None:
        """Make a tombstone of one of ours that is not in Buildium any more.

        Raises Busy while a write of our own is under way, and Conflict when the entity changes meanwhile.
        """
        loaded = self._store.load(ref)
        if loaded is None or loaded.entity.deleted_at:
            return
        self._await_lease(loaded)
        self._delete(entity_type, loaded)

    def _is_echo(self, loaded: Loaded, event: Mapping[str, Any]) -> bool:
        """Take the event for that of one of our own writes, once for each.

        A second event in the same seconds is not taken for it, so that another's edit is still read.
        """
        at = _seconds(event["eventDateTime"])
        for echo in loaded.sync.echoes:
            if echo["operation"] == event["operation"] and echo["from"] - SKEW <= at <= echo["until"] + SKEW:
                left = [other for other in loaded.sync.echoes if other is not echo]
                record = replace(loaded.sync, revision=loaded.sync.revision + 1, echoes=left)
                self._store.write(self._store.changes.put_sync(record))
                return True
        return False

    def _delete(self, entity_type: EntityType, loaded: Loaded) -> EventStatus:
        """Keep the entity as a tombstone, or forget the id of one that was never synced: Buildium has it no more."""
        now = iso(self._clock())
        self._store.write(*gone(self._store.changes, entity_type, loaded, now, self.via))
        return EventStatus.PROCESSED

    def _pull(self, entity_type: EntityType, loaded: Loaded, message: Message) -> EventStatus:
        """Merge what Buildium has into ours; what we have changed and not synced yet stays, unless Buildium wins."""
        entity, sync = loaded.entity, lapsed(loaded.sync)
        links = resolve_links(self._store, entity_type, entity.fields, message)
        merged, settled = self._compare(entity_type, loaded, message, links)
        theirs = merged.theirs
        pulled = changed(entity_type, entity.fields, merged.fields)
        if not pulled and settled == sync.settled:
            return EventStatus.PROCESSED
        if status_changed(entity_type, sync.base, theirs) and sync.buildium_id is not None:
            self.refresh_followers(entity_type, sync.buildium_id, theirs["status"])
        base, now = sync.base or {}, iso(self._clock())
        version = entity.version + pulled
        lost = won_by(merged.conflicts, Side.BUILDIUM)
        # What ours is to win is met again by the write that overwrites Buildium's value, and noted there.
        kept = unmet(entity_type, won_by(merged.conflicts, Side.OURS), base)
        record = replace(
            sync,
            revision=sync.revision + 1,
            version=version,
            base=None if sync.base is None and not settled else {**base, **theirs, **kept},
            updated_at=now,
            conflicts=noted(sync, entity_type, lost, version, now),
        )
        after = entity.pulled(merged.fields, now, self.via) if pulled else entity
        self._store.write(
            self._store.changes.put_sync(agreed(record, now) if settled else record),
            *(self._put(entity_type, entity, after, [conflict.field for conflict in lost]) if pulled else ()),
        )
        report(entity.ref, entity_type, lost)
        logger.info("Updated from Buildium", extra={"entity": entity.ref.pk, "version": version})
        return EventStatus.PROCESSED

    def refresh_followers(self, entity_type: EntityType, buildium_id: int, status: str | None) -> None:
        """Bring the entities that change along with an entity up to what Buildium has of them.

        Called before the change is agreed on: after a crash it is called again. What Buildium refuses to list is
        left to the poll. Raises Busy while one of them is being written, and BuildiumError while Buildium is away.
        """
        followed = BuildiumReference(entity_type.name, buildium_id)
        for followers in entity_type.followers(buildium_id):
            kind, asked_at = by_name(followers.entity_type), self._clock()
            if followers.optional and not self.highest_ids.read(kind.name):
                continue
            try:
                for page in self._client.pages(followers.path, followers.query):
                    # A message without a status of its own means that of the entity it belongs to.
                    shown = {"IsActive": status == ACTIVE} if kind.status_of else {}
                    rows = [{**shown, **row} for row in page if followed in kind.buildium_references(row)]
                    self._observe_known(kind, rows, asked_at)
            except (BuildiumRejected, CredentialsRefused) as error:
                logger.warning("Followers are not listed", extra={"entityType": kind.name, "status": error.status})

    def _observe_known(self, entity_type: EntityType, messages: Sequence[Message], seen_at: float) -> None:
        """Apply what a list showed of linked entities; the others are left to their own events and the poll."""
        local_ids = self._store.local_ids((entity_type.name, message["Id"]) for message in messages)
        refs = {buildium_id: EntityRef(kind, local_id) for (kind, buildium_id), local_id in local_ids.items()}
        loaded = self._store.load_all(refs.values())
        links = resolve_all_links(self._store, entity_type, [one.entity.fields for one in loaded.values()], messages)
        for message in messages:
            ref = refs.get(message["Id"])
            if ref in loaded:
                self.observe(entity_type, loaded[ref], message, links, seen_at)

    def _compare(self, entity_type: EntityType, loaded: Loaded, message: Message, links: Links) -> tuple[Merged, bool]:
        """Return what Buildium has and what both sides should have, and whether Buildium has all of that."""
        sync = loaded.sync
        theirs = entity_type.from_buildium(message, links)
        ours = aligned(entity_type, loaded.entity.fields, theirs, links)
        base = sync.base and aligned(entity_type, sync.base, theirs, links)
        merged = self._conflict_policy.merge(entity_type, base=base, ours=ours, theirs=theirs)
        settled = sync.settled or not changed(entity_type, {**(base or {}), **merged.theirs}, merged.fields)
        return merged, settled

    def _put(
        self, entity_type: EntityType, before: Entity, after: Entity, conflict: Sequence[str] = ()
    ) -> list[Change]:
        """Write an entity's next version, and what it overwrites into the history."""
        entry = overwritten(entity_type, before, after, conflict)
        put = self._store.changes.put_entity(after)
        return [put, self._store.changes.put_history(entry)] if entry else [put]

    def _unknown(
        self, entity_type: EntityType, buildium_id: int, event: Mapping[str, Any], deferrals: int
    ) -> EventStatus:
        """Take over an entity that somebody made in Buildium, unless it is what a create of ours made."""
        if self._is_spare(entity_type, buildium_id, event):
            return EventStatus.IGNORED
        intents = self.strangers.intents(entity_type, _seconds(event["receivedAt"]))
        try:
            message = self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            self._forget_spare(entity_type, buildium_id)
            return EventStatus.IGNORED
        # Only now: an id that Buildium does not know would hide what later creates make.
        self.highest_ids.note(entity_type.name, [buildium_id])
        if event["operation"] == "Deleted":
            return EventStatus.IGNORED
        links = self._awaited_links(entity_type, message, deferrals)
        # Once edited by somebody, it is no spare any more.
        spares_before = 0.0 if event["operation"] == "Created" else math.inf
        return self.strangers.take(
            entity_type, message, intents, event["correlationId"], spares_before=spares_before, links=links
        )

    def _awaited_links(self, entity_type: EntityType, message: Message, deferrals: int) -> Links:
        """Resolve what a new entity refers to. Raises Busy while not all of it is ours and there is patience left."""
        links = resolve_links(self._store, entity_type, {}, message)
        if deferrals < _PATIENCE and lacks(entity_type, message, links):
            raise ReferenceUnknown("What it refers to has no local entity yet", SOON * 2.0**deferrals)
        return links

    def _is_spare(self, entity_type: EntityType, buildium_id: int, event: Mapping[str, Any]) -> bool:
        """Tell whether the event is that of what Buildium made along with one of ours, which nobody has to read."""
        if entity_type.adopts is None or event["operation"] != "Created":
            return False
        return self._store.spare_beside(entity_type.name, buildium_id) is not None

    def _forget_spare(self, entity_type: EntityType, buildium_id: int) -> None:
        """Forget an entity that Buildium created beside another one and that is gone: no local entity may take it."""
        beside = self._store.spare_beside(entity_type.name, buildium_id) if entity_type.adopts else None
        if beside is not None:
            self._store.write(self._store.changes.delete_spare(beside, entity_type.name))


def _seconds(text: str) -> float:
    """Return a time in seconds since the epoch; one that cannot be read is long ago.

    Buildium: seven fractional digits, of which Python reads six.
    """
    try:
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
