"""What is wrong with an entity, and what a repair would write. It reads our tables and writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, Links, Payload
from buildium_sync.domain.merge import Side
from buildium_sync.domain.review_candidates import candidate_fields
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.linking.auto_created import is_unclaimed
from buildium_sync.linking.id_links import aligned, resolve_all_links
from buildium_sync.linking.lost_creates import Verdict, judge
from buildium_sync.reconcile.drift.report import DriftEntry, DriftKind, PlannedWrite, RepairAction, differing
from buildium_sync.reconcile.imports.matcher import NaturalKeyIndex
from buildium_sync.store.entities import EntityStore, EntityWithSync

_ON_ITS_WAY = "The sync is in progress."


@dataclass(frozen=True, slots=True)
class _Known:
    """What our side knows of a part of a list, by Buildium's ids."""

    entities: Mapping[int, EntityWithSync]
    links: Links
    intents: Sequence[CreateIntent]


class Differ:
    """Judges what lists show, and what they do not."""

    def __init__(self, store: EntityStore, conflict_policy: ConflictPolicy) -> None:
        self._store = store
        self._conflict_policy = conflict_policy

    def of_listed(
        self, entity_type: EntityType, messages: Sequence[Payload], unlinked: NaturalKeyIndex
    ) -> Iterator[DriftEntry]:
        """Return the entries for those of Buildium's entities that ours do not agree with.

        `unlinked` are those of ours that are not in Buildium, each of which one of these may be.
        """
        known = self._known(entity_type, messages)
        for message in messages:
            loaded = known.entities.get(int(message["Id"]))
            if loaded is None:
                yield self._only_theirs(entity_type, message, known, unlinked)
            elif loaded.entity.deleted_at:
                note = f"The local entity was deleted at {loaded.entity.deleted_at}, but Buildium still lists it."
                yield _entry(entity_type, DriftKind.REMOTE_ONLY, loaded.sync, note=note)
            else:
                yield from self.of_linked(entity_type, loaded, message, known.links)

    def of_linked(
        self, entity_type: EntityType, loaded: EntityWithSync, message: Payload, links: Links
    ) -> Iterator[DriftEntry]:
        """Return the entry for an entity that is on both sides, if they differ."""
        entity, sync = loaded.entity, loaded.sync
        theirs = entity_type.from_buildium(message, links)
        fields = differing(entity_type, entity.fields, theirs)
        if not fields:
            return
        ours = aligned(entity_type, entity.fields, theirs, links)
        base = sync.base and aligned(entity_type, sync.base, theirs, links)
        merged = self._conflict_policy.merge(entity_type, base=base, local=ours, remote=theirs).fields
        names = [each["field"] for each in fields]
        pulled = tuple(
            name for name in names if not entity_type.values_equal(name, merged[name], entity.fields.get(name))
        )
        pushed = tuple(name for name in names if not entity_type.values_equal(name, merged[name], theirs[name]))
        writes = [PlannedWrite(Side.LOCAL, RepairAction.UPDATE, pulled)] if pulled else []
        if pushed and sync.status is Status.FAILED:
            writes.append(PlannedWrite(Side.REMOTE, RepairAction.UPDATE, pushed))
        note = _note(sync) if pushed else None
        yield _entry(entity_type, DriftKind.DIFFERENT, sync, fields=fields, writes=tuple(writes), note=note)

    def of_unlisted(self, entity_type: EntityType, sync: SyncRecord) -> DriftEntry:
        """Return the entry for one of ours that is not in Buildium any more, or never was.

        One that was only linked with what is gone is created by its sync.
        """
        if sync.buildium_id is not None and sync.was_agreed:
            return _entry(
                entity_type, DriftKind.LOCAL_ONLY, sync, writes=(PlannedWrite(Side.LOCAL, RepairAction.DELETE),)
            )
        writes = (PlannedWrite(Side.REMOTE, RepairAction.CREATE),) if sync.status is Status.FAILED else ()
        return _entry(entity_type, DriftKind.LOCAL_ONLY, sync, writes=writes, note=_note(sync))

    def _only_theirs(
        self, entity_type: EntityType, message: Payload, known: _Known, unlinked: NaturalKeyIndex
    ) -> DriftEntry:
        buildium_id = int(message["Id"])
        candidates = tuple(unlinked.matches(message))
        writes: tuple[PlannedWrite, ...] = ()
        if any(judge(entity_type, intent, message, known.links) is not Verdict.UNRELATED for intent in known.intents):
            note: str | None = "An unconfirmed create may have made it."
        elif is_unclaimed(self._store, entity_type, message):
            note = "Buildium created it automatically; the first matching local entity claims it."
        elif candidates:
            note = "It may be a local entity: a single match is linked, several need a review."
            writes = (PlannedWrite(Side.LOCAL, RepairAction.LINK),)
        else:
            note, writes = None, (PlannedWrite(Side.LOCAL, RepairAction.CREATE),)
        return DriftEntry(
            entity_type.name,
            DriftKind.REMOTE_ONLY,
            buildium_id=buildium_id,
            writes=writes,
            candidates=candidates,
            candidate_fields=candidate_fields(entity_type, message) if candidates else None,
            note=note,
        )

    def _known(self, entity_type: EntityType, messages: Sequence[Payload]) -> _Known:
        name = entity_type.name
        local_ids = self._store.local_ids((name, int(message["Id"])) for message in messages)
        refs = {buildium_id: EntityRef(name, local_id) for (_, buildium_id), local_id in local_ids.items()}
        loaded = self._store.load_all(refs.values())
        entities = {buildium_id: loaded[ref] for buildium_id, ref in refs.items() if ref in loaded}
        links = resolve_all_links(self._store, entity_type, [e.entity.fields for e in entities.values()], messages)
        return _Known(entities, links, self._store.intents(name) if len(entities) < len(messages) else [])


def _entry(
    entity_type: EntityType,
    kind: DriftKind,
    sync: SyncRecord,
    *,
    fields: tuple[dict[str, object], ...] = (),
    writes: tuple[PlannedWrite, ...] = (),
    note: str | None = None,
) -> DriftEntry:
    return DriftEntry(
        entity_type.name, kind, sync.ref.entity_id, sync.buildium_id, sync.status.value, fields, writes, note=note
    )


def _note(sync: SyncRecord) -> str:
    """Return why ours is not in Buildium as it stands."""
    return sync.error_message or _ON_ITS_WAY
