"""Finds how an entity differs between the two sides, and plans its repair. It writes nothing."""

from collections.abc import Iterator, Sequence

from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.labels import name_of
from buildium_sync.domain.merge import Side
from buildium_sync.domain.reference_contract import NO_LINKS, Links
from buildium_sync.domain.review_candidates import candidate_fields
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.linking.auto_created import is_unclaimed
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.linking.local_snapshot import LocalSnapshot
from buildium_sync.linking.lost_creates import Verdict, judge
from buildium_sync.reconcile.drift.comparison import DifferingFields, compare, differing
from buildium_sync.reconcile.drift.report import DriftEntry, DriftKind, PlannedWrite, RepairAction
from buildium_sync.reconcile.imports.natural_key_index import NaturalKeyIndex
from buildium_sync.store.entities import EntityStore, EntityWithSync

_IN_PROGRESS = "The sync is in progress."


class Differ:
    """Compares Buildium entities with local ones."""

    def __init__(self, store: EntityStore, conflict_policy: ConflictPolicy) -> None:
        self._store = store
        self._conflict_policy = conflict_policy

    def of_listed(
        self,
        entity_type: EntityType,
        payloads: Sequence[Payload],
        unlinked: NaturalKeyIndex,
        not_compared: set[str],
    ) -> Iterator[DriftEntry]:
        """Return the entries for those of the listed Buildium entities that differ.

        `unlinked` are the local entities without a Buildium id. A listed entity may match one of them. `not_compared`
        gets the names of the fields that Buildium did not show.
        """
        local = LocalSnapshot.read(self._store, entity_type, payloads)
        intents = [] if local.is_complete else self._store.intents(entity_type.name)
        for payload in payloads:
            loaded = local.entities.get(int(payload["Id"]))
            if loaded is None:
                has_open_create = any(_may_have_created(entity_type, each, payload, local.links) for each in intents)
                yield self._remote_only(entity_type, payload, local.links, unlinked, has_open_create=has_open_create)
            elif loaded.entity.deleted_at:
                note = f"The local entity was deleted at {loaded.entity.deleted_at}, but Buildium still lists it."
                restore = PlannedWrite(Side.LOCAL, RepairAction.CREATE)
                writes = (restore,) if loaded.entity.is_restorable else ()
                yield _entry(
                    entity_type, DriftKind.REMOTE_ONLY, loaded.sync, loaded.entity.fields, writes=writes, note=note
                )
            else:
                yield from self.of_linked(entity_type, loaded, payload, local.links, not_compared)

    def of_linked(
        self,
        entity_type: EntityType,
        loaded: EntityWithSync,
        payload: Payload,
        links: Links,
        not_compared: set[str],
    ) -> Iterator[DriftEntry]:
        """Return the entry for a linked entity, if it differs. `not_compared` is filled as by `of_listed`."""
        sync = loaded.sync
        compared = compare(entity_type, loaded, payload, links, self._conflict_policy)
        not_compared.update(compared.hidden)
        if not compared.fields:
            return
        pulled, pushed = compared.pulled, compared.pushed
        writes = [PlannedWrite(Side.LOCAL, RepairAction.UPDATE, pulled)] if pulled else []
        if pushed and sync.status is Status.FAILED:
            writes.append(PlannedWrite(Side.REMOTE, RepairAction.UPDATE, pushed))
        note = _note(sync) if pushed else None
        yield _entry(
            entity_type,
            DriftKind.DIFFERENT,
            sync,
            loaded.entity.fields,
            differing=compared.fields,
            hidden=compared.hidden,
            writes=tuple(writes),
            note=note,
        )

    def of_unlisted(self, entity_type: EntityType, sync: SyncRecord, fields: Fields) -> DriftEntry:
        """Return the entry for a local entity that Buildium does not have. `fields` are those of the entity.

        Its sync creates it, unless both sides had it: then it was deleted in Buildium.
        """
        only = differing(entity_type, fields, dict.fromkeys(fields))
        if sync.buildium_id is not None and sync.was_agreed:
            deletion = PlannedWrite(Side.LOCAL, RepairAction.DELETE)
            return _entry(entity_type, DriftKind.LOCAL_ONLY, sync, fields, differing=only, writes=(deletion,))
        writes = (PlannedWrite(Side.REMOTE, RepairAction.CREATE),) if sync.status is Status.FAILED else ()
        note = _note(sync)
        return _entry(entity_type, DriftKind.LOCAL_ONLY, sync, fields, differing=only, writes=writes, note=note)

    def _remote_only(
        self,
        entity_type: EntityType,
        payload: Payload,
        links: Links,
        unlinked: NaturalKeyIndex,
        *,
        has_open_create: bool,
    ) -> DriftEntry:
        candidates = tuple(unlinked.matches(payload))
        fields = differing(entity_type, {}, entity_type.from_buildium(payload, links))
        writes: tuple[PlannedWrite, ...] = ()
        if has_open_create:
            note: str | None = "An unconfirmed create may have made it."
        elif is_unclaimed(self._store, entity_type, payload):
            note = "Buildium created it automatically; the first matching local entity claims it."
        elif candidates:
            note = "It may be a local entity: a single match is linked, several need a review."
            fields, writes = self._link(entity_type, payload, candidates, fields)
        else:
            note, writes = None, (PlannedWrite(Side.LOCAL, RepairAction.CREATE),)
        return DriftEntry(
            entity_type.name,
            DriftKind.REMOTE_ONLY,
            buildium_id=int(payload["Id"]),
            fields=fields,
            writes=writes,
            candidates=candidates,
            candidate_fields=candidate_fields(entity_type, payload) if candidates else None,
            note=note,
            name=name_of(entity_type.from_buildium(payload, NO_LINKS)),
        )

    def _link(
        self, entity_type: EntityType, payload: Payload, candidates: Sequence[str], fields: DifferingFields
    ) -> tuple[DifferingFields, tuple[PlannedWrite, ...]]:
        """Return the differing fields and the writes of a link.

        The sync of a linked entity merges both sides. Several candidates need a review, which writes nothing else.
        """
        loaded = self._store.load(EntityRef(entity_type.name, candidates[0])) if len(candidates) == 1 else None
        if loaded is None:
            return fields, (PlannedWrite(Side.LOCAL, RepairAction.LINK),)
        links = resolve_links(self._store, entity_type, loaded.entity.fields, payload)
        compared = compare(entity_type, loaded, payload, links, self._conflict_policy)
        link = PlannedWrite(Side.LOCAL, RepairAction.LINK, compared.pulled)
        update = PlannedWrite(Side.REMOTE, RepairAction.UPDATE, compared.pushed)
        return compared.fields, (link, update) if compared.pushed else (link,)


def _entry(
    entity_type: EntityType,
    kind: DriftKind,
    sync: SyncRecord,
    fields: Fields,
    *,
    differing: DifferingFields = (),
    hidden: tuple[str, ...] = (),
    writes: tuple[PlannedWrite, ...] = (),
    note: str | None = None,
) -> DriftEntry:
    return DriftEntry(
        entity_type.name,
        kind,
        sync.ref.entity_id,
        sync.buildium_id,
        sync.status.value,
        differing,
        hidden,
        writes,
        note=note,
        name=name_of(fields),
    )


def _note(sync: SyncRecord) -> str:
    """Return why Buildium does not have the current local values."""
    return sync.error_message or _IN_PROGRESS


def _may_have_created(entity_type: EntityType, intent: CreateIntent, payload: Payload, links: Links) -> bool:
    return judge(entity_type, intent, payload, links) is not Verdict.UNRELATED
