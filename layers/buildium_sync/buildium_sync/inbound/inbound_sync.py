"""Inbound sync: an event says that an entity changed, and the entity is read from Buildium.

It only reads Buildium. Its writes have the origin `buildium`, which starts no outbound sync.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from buildium_sync.backoff import backoff
from buildium_sync.buildium.call_description import calls_for
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.conflicts import ConflictPolicy, add_conflicts, log_conflicts
from buildium_sync.domain.entity import ChangeSource, Entity, EntityRef
from buildium_sync.domain.entity_status import ACTIVE
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.freshness import inbound_freshness_seconds
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.merge import MergeResult, Side, differs, followed_changed, unresolved, won_by
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.domain.pauses import Direction
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import (
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumSyncError,
    ConcurrentWrite,
    CredentialsRejected,
    OutOfScope,
    ReferenceUnknown,
    RetryLater,
    Scope,
)
from buildium_sync.inbound.event_subjects import Subject, subjects_of
from buildium_sync.inbound.inbound_result import InboundResult
from buildium_sync.inbound.local_creator import CLOCK_SKEW_SECONDS, RECHECK_SECONDS, LocalCreator
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.linking.deleted_in_buildium import gone
from buildium_sync.linking.id_links import aligned, aligned_base, parent_id, resolve_links, unlinked_references
from buildium_sync.linking.local_snapshot import LocalSnapshot
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.linking.restored import restored
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.highest_ids import HighestIds
from buildium_sync.store.writes import TableWrite

_MAX_REFERENCE_DEFERRALS = 5
"""Deferrals of an event until a referenced entity exists locally, about a minute in total. Events have no order."""
_MAX_REFERENCE_DEFERRAL_SECONDS = 32.0
_FRACTION = re.compile(r"(\.\d{6})\d+")


class InboundSync:
    """Updates local entities from Buildium. `via` is the source of the changes.

    `importing` returns the types that a running import has not finished.
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
        refresh_balances: Callable[[Collection[int]], None],
        scope: PropertyScope,
        check_paused: Callable[[EntityType], None],
        counts: MetricCounts,
    ) -> None:
        self._counts = counts
        self._refresh_balances = refresh_balances
        self.via = via
        self._store = store
        self._client = client
        self._conflict_policy = conflict_policy
        self._clock = clock
        self.highest_ids = highest_ids
        self._scope = scope
        self._check_paused = check_paused
        self.creator = LocalCreator(store, auto_created, clock, via, importing, scope)

    def process_event(self, event: Mapping[str, Any], deferrals: int = _MAX_REFERENCE_DEFERRALS) -> EventStatus:
        """Process one stored event and return its final status, processed or ignored.

        An event may concern several entities. If one fails, the others are still updated. An entity is deleted if a
        read after a `Deleted` event does not find it. Raises OutOfScope if none is applied for that reason. Raises
        RetryLater if an entity has to wait for an outbound sync, an import or a referenced entity; for the latter only
        while `deferrals` is small. Raises BuildiumError if Buildium cannot be read, and InboundPaused.
        """
        results, errors, outside = set(), [], None
        for subject in subjects_of(event, self._client):
            try:
                results.add(self._apply_to(subject, event, deferrals))
                self._refresh_balance(subject)
            except OutOfScope as excluded:
                outside = excluded
            except BuildiumSyncError as error:
                if error.scope is Scope.SYSTEM:
                    raise
                errors.append(error)
        if InboundResult.CHANGED in results:
            self._counts.add_freshness(Direction.INBOUND, inbound_freshness_seconds(event, self._clock()))
        if errors:
            # RetryLater comes first: the retry of the event also retries the entities that failed.
            raise min(errors, key=lambda error: not isinstance(error, RetryLater))
        if results - {InboundResult.IGNORED}:
            return EventStatus.PROCESSED
        if outside is not None:
            raise outside
        return EventStatus.IGNORED

    def _refresh_balance(self, subject: Subject) -> None:
        """Refresh the balance that changes with an entity. It is repeated with the event if Buildium cannot be read."""
        entity_type, key = subject.entity_type, (subject.entity_type.name, subject.buildium_id)
        if entity_type.balance_field is None or (local_id := self._store.local_ids([key]).get(key)) is None:
            return
        loaded = self._store.load(EntityRef(entity_type.name, local_id))
        if loaded is not None:
            links = resolve_links(self._store, entity_type, loaded.entity.fields)
            value = loaded.entity.fields[entity_type.balance_field]
            lease = links.buildium_ids.get((entity_type.reference_fields[entity_type.balance_field], value), value)
            try:
                self._refresh_balances([lease] if isinstance(lease, int) else [])
            except (BuildiumRejected, CredentialsRejected) as error:
                # The permission for balances is one of its own. Polls report the rejection.
                logger.warning("Balance could not be refreshed", extra={"status": error.status})

    def refresh_known(self, reference: BuildiumReference, seen_at: float, correlation_id: str) -> None:
        """Read an entity that changed in Buildium at `seen_at` (epoch seconds), if there is a local one.

        Raises RetryLater and BuildiumError as `process_event` does.
        """
        at = format_iso(seen_at)
        event = {"operation": "", "eventDateTime": at, "receivedAt": at, "correlationId": correlation_id}
        subject = Subject(by_name(reference.entity_type), reference.buildium_id, only_known=True)
        self._apply_to(subject, event, _MAX_REFERENCE_DEFERRALS)

    def _apply_to(self, subject: Subject, event: Mapping[str, Any], deferrals: int) -> InboundResult:
        entity_type, buildium_id = subject.entity_type, subject.buildium_id
        local_id = self._store.local_ids([(entity_type.name, buildium_id)]).get((entity_type.name, buildium_id))
        about = {**event, "operation": subject.operation}
        try:
            if local_id is not None:
                return self._update_existing(
                    entity_type, EntityRef(entity_type.name, local_id), buildium_id, about, deferrals
                )
            if subject.only_known:
                if subject.operation not in ("", "Created"):
                    # The create that made it may still run. It is linked afterwards, with the values of the response.
                    self.creator.pending_intents(entity_type, _seconds(event["receivedAt"]))
                return InboundResult.IGNORED
            return self._create_local(entity_type, buildium_id, about, deferrals)
        except ConcurrentWrite as error:
            raise RetryLater("Entity changed while the event was processed", RECHECK_SECONDS) from error

    def _update_existing(
        self, entity_type: EntityType, ref: EntityRef, buildium_id: int, event: Mapping[str, Any], deferrals: int
    ) -> InboundResult:
        loaded = self._store.load(ref)
        if loaded is None:
            return InboundResult.IGNORED
        if loaded.entity.deleted_at:
            return self._restore(entity_type, loaded, buildium_id)
        if self._consume_echo(loaded, event):
            return InboundResult.UNCHANGED
        self._ensure_unleased(loaded)
        try:
            payload = self._read(entity_type, loaded, buildium_id)
        except BuildiumNotFound:
            if event["operation"] != "Deleted":
                return InboundResult.IGNORED
            self._check_paused(entity_type)
            return self._soft_delete(entity_type, loaded)
        # The read may take long, and a pause is effective within ten seconds.
        self._check_paused(entity_type)
        self._check_scope(entity_type, loaded, payload)
        if event["operation"] == "Created":
            self._resolve_or_defer(entity_type, payload, deferrals)
        return self._merge_remote(entity_type, loaded, payload)

    def excludes(self, entity_type: EntityType, loaded: EntityWithSync | None, payload: Payload) -> bool:
        """Return whether this stack does not sync a listed entity. `loaded` is the local entity if it is linked."""
        fields = loaded.entity.fields if loaded else None
        return self._scope.outside_inbound(entity_type, int(payload["Id"]), payload, fields) is not None

    def _check_scope(self, entity_type: EntityType, loaded: EntityWithSync, payload: Payload | None) -> None:
        """Raise OutOfScope if this stack does not sync a linked entity. `payload` is None if Buildium lacks it."""
        self._scope.check_inbound(entity_type, loaded.sync.buildium_id, payload, loaded.entity.fields)

    def apply_listed(
        self, entity_type: EntityType, loaded: EntityWithSync, payload: Payload, links: Links, seen_at: float
    ) -> InboundResult:
        """Apply what a list shows of a linked entity.

        The list was requested at `seen_at` (epoch seconds), so it may lack later writes. Raises RetryLater and
        BuildiumError as `process_event` does.
        """
        if loaded.entity.deleted_at:
            # A poll runs unasked, and its list may lag behind the deletion.
            is_requested = self.via in (ChangeSource.IMPORT, ChangeSource.REPAIR)
            return self._restore(entity_type, loaded, int(payload["Id"])) if is_requested else InboundResult.IGNORED
        merged, in_sync = self._merge(entity_type, loaded, payload, links)
        if not differs(entity_type, loaded.entity.fields, merged.fields) and in_sync == loaded.sync.is_synced:
            return InboundResult.UNCHANGED
        try:
            if loaded.sync.lease_until <= self._clock() and loaded.sync.updated_at < format_iso(
                seen_at - CLOCK_SKEW_SECONDS
            ):
                return self._merge_remote(entity_type, loaded, payload)
            return self._refetch_and_merge(entity_type, loaded, payload)
        except ConcurrentWrite as error:
            raise RetryLater("Entity changed while it was applied", RECHECK_SECONDS) from error

    def _refetch_and_merge(self, entity_type: EntityType, loaded: EntityWithSync, listed: Payload) -> InboundResult:
        """Read an entity again, and merge what Buildium has now.

        If it shows no status of its own, the status of the list is kept.
        """
        found = self._store.load(loaded.entity.ref)
        if found is None or found.entity.deleted_at:
            return InboundResult.IGNORED
        self._ensure_unleased(found)
        try:
            inherited = {"IsActive": listed.get("IsActive")} if entity_type.status_source_field else {}
            payload = {**inherited, **self._read(entity_type, found, loaded.sync.buildium_id or 0)}
        except BuildiumNotFound:
            return InboundResult.IGNORED
        return self._merge_remote(entity_type, found, payload)

    def _read(self, entity_type: EntityType, loaded: EntityWithSync, buildium_id: int) -> Payload:
        with calls_for(loaded.entity.ref):
            return self._client.read(
                entity_type.read_path(buildium_id, parent_id(self._store, entity_type, loaded.entity.fields))
            )

    def _ensure_unleased(self, loaded: EntityWithSync) -> None:
        """Raise RetryLater while a worker holds the entity's lease."""
        left = loaded.sync.lease_until - self._clock()
        if left > 0:
            raise RetryLater("Entity is being synced", RECHECK_SECONDS, deadline_in=left)

    def mark_deleted(self, entity_type: EntityType, ref: EntityRef) -> None:
        """Soft-delete a local entity that Buildium no longer has.

        Raises RetryLater during an outbound sync, ConcurrentWrite if the entity changes at the same time, and
        OutOfScope.
        """
        loaded = self._store.load(ref)
        if loaded is None or loaded.entity.deleted_at:
            return
        self._ensure_unleased(loaded)
        self._soft_delete(entity_type, loaded)

    def _consume_echo(self, loaded: EntityWithSync, event: Mapping[str, Any]) -> bool:
        """Return whether the event is the echo of an outbound write, and remove that echo from the expected ones.

        Each write has one echo. So a second event at the same time is still processed as another edit.
        """
        at = _seconds(event["eventDateTime"])
        for echo in loaded.sync.expected_echoes:
            if (
                echo["operation"] == event["operation"]
                and echo["from"] - CLOCK_SKEW_SECONDS <= at <= echo["until"] + CLOCK_SKEW_SECONDS
            ):
                self._store.write(self._store.writes.put_sync(loaded.sync.echo_consumed(echo)))
                return True
        return False

    def _soft_delete(self, entity_type: EntityType, loaded: EntityWithSync) -> InboundResult:
        """Soft-delete the entity, or remove the Buildium id of one that was only linked (see `deleted_in_buildium`).

        Raises OutOfScope: what this stack does not sync is never deleted.
        """
        self._check_scope(entity_type, loaded, None)
        record, writes = gone(self._store.writes, entity_type, loaded, self._clock(), self.via)
        self._store.write(self._store.writes.put_sync(record), *writes)
        return InboundResult.CHANGED if record.status is Status.DELETED else InboundResult.UNCHANGED

    def _restore(self, entity_type: EntityType, loaded: EntityWithSync, buildium_id: int) -> InboundResult:
        """Restore a soft-deleted entity if Buildium still has it. One that a client deleted or erased stays deleted."""
        if not loaded.entity.is_restorable:
            return InboundResult.IGNORED
        try:
            payload = self._read(entity_type, loaded, buildium_id)
        except BuildiumNotFound:
            return InboundResult.IGNORED
        self._check_scope(entity_type, loaded, payload)
        links = resolve_links(self._store, entity_type, loaded.entity.fields, payload)
        read = entity_type.from_buildium(payload, links)
        remote = {**self.creator.inherited(entity_type, read), **read}
        record, writes = restored(self._store.writes, entity_type, loaded, remote, self._clock(), self.via)
        self._store.write(self._store.writes.put_sync(record), *writes)
        logger.warning("Deleted entity restored from Buildium", extra={"entity": loaded.entity.ref.pk})
        return InboundResult.CHANGED

    def _merge_remote(self, entity_type: EntityType, loaded: EntityWithSync, payload: Payload) -> InboundResult:
        """Merge what Buildium has into the local entity. Unsynced local changes stay unless Buildium wins."""
        entity, sync = loaded.entity, loaded.sync
        links = resolve_links(self._store, entity_type, entity.fields, payload)
        merged, in_sync = self._merge(entity_type, loaded, payload, links)
        remote = merged.remote
        pulled = differs(entity_type, entity.fields, merged.fields)
        if not pulled and in_sync == sync.is_synced:
            return InboundResult.UNCHANGED
        # A repair writes only what is selected: the followers have entries of their own.
        has_followers = self.via is not ChangeSource.REPAIR and followed_changed(entity_type, sync.base, remote)
        if has_followers and sync.buildium_id is not None:
            self.refresh_followers(entity_type, sync.buildium_id, remote)
        base, now = sync.base or {}, self._clock()
        version = entity.version + pulled
        lost = won_by(merged.conflicts, Side.REMOTE)
        # A conflict that the local value wins is recorded by the outbound write that overwrites Buildium's value.
        kept = unresolved(entity_type, won_by(merged.conflicts, Side.LOCAL), base)
        record = sync.merged(
            version,
            None if sync.base is None and not in_sync else {**base, **remote, **kept},
            add_conflicts(sync, entity_type, lost, version, format_iso(now)),
            is_synced=in_sync,
            now=now,
        )
        after = entity.with_remote_fields(merged.fields, format_iso(now), self.via) if pulled else entity
        self._store.write(
            self._store.writes.put_sync(record),
            *(self._entity_writes(entity_type, entity, after, [conflict.field for conflict in lost]) if pulled else ()),
        )
        log_conflicts(entity.ref, entity_type, lost)
        logger.info("Updated from Buildium", extra={"entity": entity.ref.pk, "version": version})
        return InboundResult.CHANGED if pulled else InboundResult.UNCHANGED

    def refresh_followers(self, entity_type: EntityType, buildium_id: int, fields: Fields) -> None:
        """Update the entities that follow an entity. `fields` are those of the entity in Buildium.

        It runs before the change is recorded, so it is repeated after a crash. If Buildium rejects a list, the poll
        updates its entities. Raises RetryLater during an outbound sync of one of them, and BuildiumError during an
        outage.
        """
        followed, status = BuildiumReference(entity_type.name, buildium_id), fields.get("status")
        for followers in entity_type.followers(buildium_id, fields):
            kind, asked_at = by_name(followers.entity_type), self._clock()
            if followers.optional and not self.highest_ids.read(kind.highest_id_name):
                continue
            try:
                for page in self._client.pages(followers.path, followers.query):
                    # An entity without a status of its own has that of the entity it belongs to.
                    shown = {"IsActive": status == ACTIVE} if kind.status_source_field else {}
                    rows = [{**shown, **row} for row in page if followed in kind.remote_references(row)]
                    self._apply_linked(kind, rows, asked_at)
            except (BuildiumRejected, CredentialsRejected) as error:
                logger.warning("Followers could not be listed", extra={"entityType": kind.name, "status": error.status})

    def _apply_linked(self, entity_type: EntityType, payloads: Sequence[Payload], seen_at: float) -> None:
        """Apply what a list shows of linked entities. The others have events and polls of their own."""
        local = LocalSnapshot.read(self._store, entity_type, payloads)
        for payload in payloads:
            loaded = local.entities.get(payload["Id"])
            if loaded is not None:
                self.apply_listed(entity_type, loaded, payload, local.links, seen_at)

    def _merge(
        self, entity_type: EntityType, loaded: EntityWithSync, payload: Payload, links: Links
    ) -> tuple[MergeResult, bool]:
        """Return the result of the merge, and whether Buildium already has all of it."""
        sync = loaded.sync
        remote = entity_type.from_buildium(payload, links)
        local = aligned(entity_type, loaded.entity.fields, remote, links)
        base = aligned_base(entity_type, sync, remote, links)
        merged = self._conflict_policy.merge(entity_type, base=base, local=local, remote=remote)
        in_sync = sync.is_synced or not differs(entity_type, {**(base or {}), **merged.remote}, merged.fields)
        return merged, in_sync

    def _entity_writes(
        self, entity_type: EntityType, before: Entity, after: Entity, conflict: Sequence[str] = ()
    ) -> list[TableWrite]:
        """Return the writes of an entity's next version and of its change record."""
        entry = change_record(entity_type, before, after, conflict)
        put = self._store.writes.put_entity(after)
        return [put, self._store.writes.put_history(entry)] if entry else [put]

    def _create_local(
        self, entity_type: EntityType, buildium_id: int, event: Mapping[str, Any], deferrals: int
    ) -> InboundResult:
        """Create an unknown Buildium entity locally, unless an outbound create may have made it."""
        if self._is_auto_created(entity_type, buildium_id, event):
            return InboundResult.IGNORED
        intents = self.creator.pending_intents(entity_type, _seconds(event["receivedAt"]))
        try:
            payload = self._client.read(entity_type.read_path(buildium_id))
        except BuildiumNotFound:
            self._remove_auto_created(entity_type, buildium_id)
            return InboundResult.IGNORED
        # Only after the read: an id that Buildium does not have must not count as the highest.
        self.highest_ids.note(entity_type.highest_id_name, [buildium_id])
        if event["operation"] == "Deleted":
            return InboundResult.IGNORED
        links = self._resolve_or_defer(entity_type, payload, deferrals)
        self._check_paused(entity_type)
        # An edited unit is no longer an auto-created one.
        auto_created_before = 0.0 if event["operation"] == "Created" else math.inf
        return self.creator.create(
            entity_type, payload, intents, event["correlationId"], auto_created_before=auto_created_before, links=links
        )

    def _resolve_or_defer(self, entity_type: EntityType, payload: Payload, deferrals: int) -> Links:
        """Return the links of what a new entity refers to.

        Raises ReferenceUnknown while an entity of them is not linked, up to a number of deferrals. What is out of scope
        will not be linked.
        """
        links = resolve_links(self._store, entity_type, {}, payload)
        if deferrals < _MAX_REFERENCE_DEFERRALS and self._waits_for_references(entity_type, payload, links):
            delay = backoff(deferrals + 1, RECHECK_SECONDS, _MAX_REFERENCE_DEFERRAL_SECONDS)
            raise ReferenceUnknown("Referenced entity is not imported yet", delay)
        return links

    def _waits_for_references(self, entity_type: EntityType, payload: Payload, links: Links) -> bool:
        unlinked = unlinked_references(entity_type, payload, links)
        if not any(self._scope.may_be_local(each) for each in unlinked):
            return False
        return self._scope.outside_inbound(entity_type, int(payload["Id"]), payload) is None

    def _is_auto_created(self, entity_type: EntityType, buildium_id: int, event: Mapping[str, Any]) -> bool:
        """Return whether the event is about an auto-created entity, which needs no read."""
        if entity_type.auto_created_by_field is None or event["operation"] != "Created":
            return False
        return self._store.auto_created_unit_of(entity_type.name, buildium_id) is not None

    def _remove_auto_created(self, entity_type: EntityType, buildium_id: int) -> None:
        """Remove the record of an auto-created entity that Buildium no longer has. No local entity may claim it."""
        parent = (
            self._store.auto_created_unit_of(entity_type.name, buildium_id)
            if entity_type.auto_created_by_field
            else None
        )
        if parent is not None:
            self._store.write(self._store.writes.delete_auto_created_unit(parent, entity_type.name))


def _seconds(text: str) -> float:
    """Return an ISO 8601 time in epoch seconds, 0 for an invalid one.

    Buildium writes seven fractional digits. Python reads six.
    """
    try:
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
