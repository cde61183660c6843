"""The flow from Buildium: an event says that something changed; what changed is read from Buildium.

Nothing here makes another call to Buildium than that read, and what it writes has the origin `buildium`, which the
stream lets pass by: no echo.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.conflicts import ConflictPolicy, add_conflicts, log_conflicts
from buildium_sync.domain.entity import ChangeSource, Entity, EntityRef
from buildium_sync.domain.entity_status import ACTIVE
from buildium_sync.domain.entity_type import BuildiumReference, EntityType, Links, Payload
from buildium_sync.domain.merge import MergeResult, Side, differs, status_changed, unresolved, won_by
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumSyncError,
    ConcurrentWrite,
    CredentialsRejected,
    ReferenceUnknown,
    RetryLater,
)
from buildium_sync.inbound.event_subjects import Subject, subjects_of
from buildium_sync.inbound.local_creator import CLOCK_SKEW_SECONDS, RECHECK_SECONDS, LocalCreator
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.linking.deleted_in_buildium import gone
from buildium_sync.linking.id_links import aligned, has_unlinked_references, resolve_all_links, resolve_links
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.events import EventStatus
from buildium_sync.store.highest_ids import HighestIds
from buildium_sync.store.writes import TableWrite

_MAX_REFERENCE_DEFERRALS = 5
"""Times that an event is put off for what its entity refers to, about a minute in all: events come in any order."""
_FRACTION = re.compile(r"(\.\d{6})\d+")


class InboundSync:
    """Brings our entities up to Buildium's; `via` is the way by which it hears of them.

    `importing` returns the names of the types that an import is still to bring.
    """

    def __init__(
        self,
        store: EntityStore,
        client: BuildiumClient,
        conflict_policy: ConflictPolicy,
        clock: Clock,
        via: ChangeSource = ChangeSource.WEBHOOK,
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
        self.creator = LocalCreator(store, auto_created, clock, via, importing)

    def process_event(self, event: Mapping[str, Any], deferrals: int = _MAX_REFERENCE_DEFERRALS) -> EventStatus:
        """Work on one stored event and return its final state, processed or ignored.

        An event may concern several entities; one that fails keeps no other from being brought up to date. An entity
        counts as deleted when a read after a `Deleted` event finds nothing. Raises RetryLater when one has to wait for
        a write of our own, for an import, or for what it refers to, unless it was put off often enough, `deferrals`
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
            raise min(errors, key=lambda error: not isinstance(error, RetryLater))
        return EventStatus.PROCESSED if EventStatus.PROCESSED in states else EventStatus.IGNORED

    def _apply_to(self, subject: Subject, event: Mapping[str, Any], deferrals: int) -> EventStatus:
        entity_type, buildium_id = subject.entity_type, subject.buildium_id
        local_id = self._store.local_ids([(entity_type.name, buildium_id)]).get((entity_type.name, buildium_id))
        about = {**event, "operation": subject.operation}
        try:
            if local_id is not None:
                return self._update_existing(
                    entity_type, EntityRef(entity_type.name, local_id), buildium_id, about, deferrals
                )
            if subject.only_known:
                return EventStatus.IGNORED
            return self._create_local(entity_type, buildium_id, about, deferrals)
        except ConcurrentWrite as error:
            raise RetryLater("Entity changed while the event was processed", RECHECK_SECONDS) from error

    def _update_existing(
        self, entity_type: EntityType, ref: EntityRef, buildium_id: int, event: Mapping[str, Any], deferrals: int
    ) -> EventStatus:
        loaded = self._store.load(ref)
        if loaded is None or loaded.entity.deleted_at:
            return EventStatus.IGNORED
        if self._consume_echo(loaded, event):
            return EventStatus.PROCESSED
        self._ensure_unleased(loaded)
        try:
            message = self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            return self._soft_delete(entity_type, loaded) if event["operation"] == "Deleted" else EventStatus.IGNORED
        if event["operation"] == "Created":
            self._resolve_or_defer(entity_type, message, deferrals)
        return self._merge_remote(entity_type, loaded, message)

    def apply_listed(
        self, entity_type: EntityType, loaded: EntityWithSync, message: Payload, links: Links, seen_at: float
    ) -> EventStatus:
        """Apply what a list showed of one of ours, and return processed or ignored.

        The list was asked for at `seen_at` (seconds since the epoch): what was written since may not be in it. Raises
        Busy and BuildiumError as `apply` does.
        """
        if loaded.entity.deleted_at:
            return EventStatus.IGNORED
        merged, settled = self._merge(entity_type, loaded, message, links)
        if not differs(entity_type, loaded.entity.fields, merged.fields) and settled == loaded.sync.is_synced:
            return EventStatus.PROCESSED
        try:
            if loaded.sync.lease_until <= self._clock() and loaded.sync.updated_at < format_iso(
                seen_at - CLOCK_SKEW_SECONDS
            ):
                return self._merge_remote(entity_type, loaded, message)
            return self._refetch_and_merge(entity_type, loaded, message)
        except ConcurrentWrite as error:
            raise RetryLater("Entity changed while it was applied", RECHECK_SECONDS) from error

    def _refetch_and_merge(self, entity_type: EntityType, loaded: EntityWithSync, listed: Payload) -> EventStatus:
        """Bring an entity up to what Buildium has now; its own events are told from others' by their content.

        The status that a list was given for it stays where the entity shows none.
        """
        found = self._store.load(loaded.entity.ref)
        if found is None or found.entity.deleted_at:
            return EventStatus.IGNORED
        self._ensure_unleased(found)
        try:
            inherited = {"IsActive": listed.get("IsActive")} if entity_type.status_source_field else {}
            message = {**inherited, **self._client.read(entity_type.read_path(loaded.sync.buildium_id or 0))}
        except BuildiumNotFound:
            return EventStatus.IGNORED
        return self._merge_remote(entity_type, found, message)

    def _ensure_unleased(self, loaded: EntityWithSync) -> None:
        """Raise Busy while a worker holds the entity. One that died holds it until the lease ends."""
        left = loaded.sync.lease_until - self._clock()
        if left > 0:
            raise RetryLater("Entity is being synced", RECHECK_SECONDS, deadline_in=left)

    def mark_deleted(self, entity_type: EntityType, ref: EntityRef) -> None:
        """Make a tombstone of one of ours that is not in Buildium any more.

        Raises RetryLater while a write of our own is under way, and ConcurrentWrite when the entity changes meanwhile.
        """
        loaded = self._store.load(ref)
        if loaded is None or loaded.entity.deleted_at:
            return
        self._ensure_unleased(loaded)
        self._soft_delete(entity_type, loaded)

    def _consume_echo(self, loaded: EntityWithSync, event: Mapping[str, Any]) -> bool:
        """Take the event for that of one of our own writes, once for each.

        A second event in the same seconds is not taken for it, so that another's edit is still read.
        """
        at = _seconds(event["eventDateTime"])
        for echo in loaded.sync.expected_echoes:
            if (
                echo["operation"] == event["operation"]
                and echo["from"] - CLOCK_SKEW_SECONDS <= at <= echo["until"] + CLOCK_SKEW_SECONDS
            ):
                self._store.write(self._store.changes.put_sync(loaded.sync.echo_consumed(echo)))
                return True
        return False

    def _soft_delete(self, entity_type: EntityType, loaded: EntityWithSync) -> EventStatus:
        """Keep the entity as a tombstone, or forget the id of one that was never synced: Buildium has it no more."""
        record, writes = gone(self._store.changes, entity_type, loaded, self._clock(), self.via)
        self._store.write(self._store.changes.put_sync(record), *writes)
        return EventStatus.PROCESSED

    def _merge_remote(self, entity_type: EntityType, loaded: EntityWithSync, message: Payload) -> EventStatus:
        """Merge what Buildium has into ours; what we have changed and not synced yet stays, unless Buildium wins."""
        entity, sync = loaded.entity, loaded.sync
        links = resolve_links(self._store, entity_type, entity.fields, message)
        merged, settled = self._merge(entity_type, loaded, message, links)
        theirs = merged.remote
        pulled = differs(entity_type, entity.fields, merged.fields)
        if not pulled and settled == sync.is_synced:
            return EventStatus.PROCESSED
        if status_changed(entity_type, sync.base, theirs) and sync.buildium_id is not None:
            self.refresh_followers(entity_type, sync.buildium_id, theirs["status"])
        base, now = sync.base or {}, self._clock()
        version = entity.version + pulled
        lost = won_by(merged.conflicts, Side.REMOTE)
        # What ours is to win is met again by the write that overwrites Buildium's value, and noted there.
        kept = unresolved(entity_type, won_by(merged.conflicts, Side.LOCAL), base)
        record = sync.merged(
            version,
            None if sync.base is None and not settled else {**base, **theirs, **kept},
            add_conflicts(sync, entity_type, lost, version, format_iso(now)),
            is_synced=settled,
            now=now,
        )
        after = entity.with_remote_fields(merged.fields, format_iso(now), self.via) if pulled else entity
        self._store.write(
            self._store.changes.put_sync(record),
            *(self._entity_writes(entity_type, entity, after, [conflict.field for conflict in lost]) if pulled else ()),
        )
        log_conflicts(entity.ref, entity_type, lost)
        logger.info("Updated from Buildium", extra={"entity": entity.ref.pk, "version": version})
        return EventStatus.PROCESSED

    def refresh_followers(self, entity_type: EntityType, buildium_id: int, status: str | None) -> None:
        """Bring the entities that change along with an entity up to what Buildium has of them.

        Called before the change is agreed on: after a crash it is called again. What Buildium refuses to list is
        left to the poll. Raises RetryLater while one of them is being written, and BuildiumError while Buildium is
        away.
        """
        followed = BuildiumReference(entity_type.name, buildium_id)
        for followers in entity_type.followers(buildium_id):
            kind, asked_at = by_name(followers.entity_type), self._clock()
            if followers.optional and not self.highest_ids.read(kind.name):
                continue
            try:
                for page in self._client.pages(followers.path, followers.query):
                    # A message without a status of its own means that of the entity it belongs to.
                    shown = {"IsActive": status == ACTIVE} if kind.status_source_field else {}
                    rows = [{**shown, **row} for row in page if followed in kind.remote_references(row)]
                    self._observe_known(kind, rows, asked_at)
            except (BuildiumRejected, CredentialsRejected) as error:
                logger.warning(
                    "Dependent entities could not be listed", extra={"entityType": kind.name, "status": error.status}
                )

    def _observe_known(self, entity_type: EntityType, messages: Sequence[Payload], seen_at: float) -> None:
        """Apply what a list showed of linked entities; the others are left to their own events and the poll."""
        local_ids = self._store.local_ids((entity_type.name, message["Id"]) for message in messages)
        refs = {buildium_id: EntityRef(kind, local_id) for (kind, buildium_id), local_id in local_ids.items()}
        loaded = self._store.load_all(refs.values())
        links = resolve_all_links(self._store, entity_type, [one.entity.fields for one in loaded.values()], messages)
        for message in messages:
            ref = refs.get(message["Id"])
            if ref in loaded:
                self.apply_listed(entity_type, loaded[ref], message, links, seen_at)

    def _merge(
        self, entity_type: EntityType, loaded: EntityWithSync, message: Payload, links: Links
    ) -> tuple[MergeResult, bool]:
        """Return what Buildium has and what both sides should have, and whether Buildium has all of that."""
        sync = loaded.sync
        theirs = entity_type.from_buildium(message, links)
        ours = aligned(entity_type, loaded.entity.fields, theirs, links)
        base = sync.base and aligned(entity_type, sync.base, theirs, links)
        merged = self._conflict_policy.merge(entity_type, base=base, local=ours, remote=theirs)
        settled = sync.is_synced or not differs(entity_type, {**(base or {}), **merged.remote}, merged.fields)
        return merged, settled

    def _entity_writes(
        self, entity_type: EntityType, before: Entity, after: Entity, conflict: Sequence[str] = ()
    ) -> list[TableWrite]:
        """Write an entity's next version, and what it overwrites into the history."""
        entry = change_record(entity_type, before, after, conflict)
        put = self._store.changes.put_entity(after)
        return [put, self._store.changes.put_history(entry)] if entry else [put]

    def _create_local(
        self, entity_type: EntityType, buildium_id: int, event: Mapping[str, Any], deferrals: int
    ) -> EventStatus:
        """Take over an entity that somebody made in Buildium, unless it is what a create of ours made."""
        if self._is_auto_created(entity_type, buildium_id, event):
            return EventStatus.IGNORED
        intents = self.creator.pending_intents(entity_type, _seconds(event["receivedAt"]))
        try:
            message = self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            self._forget_spare(entity_type, buildium_id)
            return EventStatus.IGNORED
        # Only now: an id that Buildium does not know would hide what later creates make.
        self.highest_ids.note(entity_type.name, [buildium_id])
        if event["operation"] == "Deleted":
            return EventStatus.IGNORED
        links = self._resolve_or_defer(entity_type, message, deferrals)
        # Once edited by somebody, it is no spare any more.
        auto_created_before = 0.0 if event["operation"] == "Created" else math.inf
        return self.creator.create(
            entity_type, message, intents, event["correlationId"], auto_created_before=auto_created_before, links=links
        )

    def _resolve_or_defer(self, entity_type: EntityType, message: Payload, deferrals: int) -> Links:
        """Resolve what a new entity refers to.

        Raises RetryLater while not all of it is ours and there is patience left.
        """
        links = resolve_links(self._store, entity_type, {}, message)
        if deferrals < _MAX_REFERENCE_DEFERRALS and has_unlinked_references(entity_type, message, links):
            raise ReferenceUnknown("Referenced entity is not imported yet", RECHECK_SECONDS * 2.0**deferrals)
        return links

    def _is_auto_created(self, entity_type: EntityType, buildium_id: int, event: Mapping[str, Any]) -> bool:
        """Tell whether the event is that of what Buildium made along with one of ours, which nobody has to read."""
        if entity_type.auto_created_by_field is None or event["operation"] != "Created":
            return False
        return self._store.auto_created_unit_of(entity_type.name, buildium_id) is not None

    def _forget_spare(self, entity_type: EntityType, buildium_id: int) -> None:
        """Forget an entity that Buildium created beside another one and that is gone: no local entity may take it."""
        beside = (
            self._store.auto_created_unit_of(entity_type.name, buildium_id)
            if entity_type.auto_created_by_field
            else None
        )
        if beside is not None:
            self._store.write(self._store.changes.delete_auto_created_unit(beside, entity_type.name))


def _seconds(text: str) -> float:
    """Return a time in seconds since the epoch; one that cannot be read is long ago.

    Buildium: seven fractional digits, of which Python reads six.
    """
    try:
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
