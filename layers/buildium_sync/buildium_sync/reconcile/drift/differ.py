"""Finds how an entity differs between the two sides, and plans its repair. It writes nothing."""

from collections.abc import Iterator, Sequence

from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.labels import name_of
from buildium_sync.domain.merge import Side
from buildium_sync.domain.reference_contract import NO_LINKS, Links
from buildium_sync.domain.review_candidates import candidate_fields
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.linking.auto_created import is_unclaimed
from buildium_sync.linking.id_links import aligned, aligned_base
from buildium_sync.linking.local_snapshot import LocalSnapshot
from buildium_sync.linking.lost_creates import Verdict, judge
from buildium_sync.reconcile.drift.comparison import differing, not_shown
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
                yield self._remote_only(entity_type, payload, unlinked, has_open_create=has_open_create)
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
        entity, sync = loaded.entity, loaded.sync
        shown = entity_type.from_buildium(payload, links)
        hidden = not_shown(entity_type, shown)
        not_compared.update(hidden)
        local = aligned(entity_type, entity.fields, shown, links)
        base = aligned_base(entity_type, sync, shown, links)
        derived = entity_type.with_hidden_values(shown, base=base or {}, local=local)
        remote = {name: derived[name] for name in shown}
        fields = differing(entity_type, entity.fields, remote)
        if not fields:
            return
        merged = self._conflict_policy.merge(entity_type, base=base, local=local, remote=remote).fields
        names = [each["field"] for each in fields]
        pulled = tuple(
            name for name in names if not entity_type.values_equal(name, merged[name], entity.fields.get(name))
        )
        pushed = tuple(name for name in names if not entity_type.values_equal(name, merged[name], remote[name]))
        writes = [PlannedWrite(Side.LOCAL, RepairAction.UPDATE, pulled)] if pulled else []
        if pushed and sync.status is Status.FAILED:
            writes.append(PlannedWrite(Side.REMOTE, RepairAction.UPDATE, pushed))
        note = _note(sync) if pushed else None
        yield _entry(
            entity_type,
            DriftKind.DIFFERENT,
            sync,
            entity.fields,
            differing=fields,
            hidden=hidden,
            writes=tuple(writes),
            note=note,
        )

    def of_unlisted(self, entity_type: EntityType, sync: SyncRecord, fields: Fields) -> DriftEntry:
        """Return the entry for a local entity that Buildium does not have. `fields` are those of the entity.

        Its sync creates it, unless both sides had it: then it was deleted in Buildium.
        """
        if sync.buildium_id is not None and sync.was_agreed:
            deletion = PlannedWrite(Side.LOCAL, RepairAction.DELETE)
            return _entry(entity_type, DriftKind.LOCAL_ONLY, sync, fields, writes=(deletion,))
        writes = (PlannedWrite(Side.REMOTE, RepairAction.CREATE),) if sync.status is Status.FAILED else ()
        return _entry(entity_type, DriftKind.LOCAL_ONLY, sync, fields, writes=writes, note=_note(sync))

    def _remote_only(
        self, entity_type: EntityType, payload: Payload, unlinked: NaturalKeyIndex, *, has_open_create: bool
    ) -> DriftEntry:
        candidates = tuple(unlinked.matches(payload))
        writes: tuple[PlannedWrite, ...] = ()
        if has_open_create:
            note: str | None = "An unconfirmed create may have made it."
        elif is_unclaimed(self._store, entity_type, payload):
            note = "Buildium created it automatically; the first matching local entity claims it."
        elif candidates:
            note = "It may be a local entity: a single match is linked, several need a review."
            writes = (PlannedWrite(Side.LOCAL, RepairAction.LINK),)
        else:
            note, writes = None, (PlannedWrite(Side.LOCAL, RepairAction.CREATE),)
        return DriftEntry(
            entity_type.name,
            DriftKind.REMOTE_ONLY,
            buildium_id=int(payload["Id"]),
            writes=writes,
            candidates=candidates,
            candidate_fields=candidate_fields(entity_type, payload) if candidates else None,
            note=note,
            name=name_of(entity_type.from_buildium(payload, NO_LINKS)),
        )


def _entry(
    entity_type: EntityType,
    kind: DriftKind,
    sync: SyncRecord,
    fields: Fields,
    *,
    differing: tuple[dict[str, object], ...] = (),
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
