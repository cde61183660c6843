"""What clients do with entities: create, read, list, update. None of it calls Buildium."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.change_record import ChangeRecord, change_record
from buildium_sync.domain.entity import Entity, EntityRef, Origin, is_valid_id
from buildium_sync.domain.entity_model import identical
from buildium_sync.domain.entity_type import EntityType, Fields, Reference
from buildium_sync.domain.sync_record import FINAL, Status, SyncRecord
from buildium_sync.errors import (
    ConcurrentWrite,
    ContentTooLarge,
    EntityDeleted,
    FieldError,
    IdempotencyKeyReused,
    InvalidFields,
    NotFound,
    PreconditionFailed,
)
from buildium_sync.linking.id_links import with_local_ids
from buildium_sync.store.dynamodb import size_of
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.idempotency_keys import KEPT_SECONDS, IdempotencyKey, IdempotencyRecord
from buildium_sync.store.writes import TableWrite

_MAX_WRITE_CONFLICTS = 5
_LARGEST_FIELDS = 320 * 1024
"""Bytes of an entity's fields. DynamoDB: an item has 400 KB; its sync record has the fields and conflicts beside."""
_KEY_EXISTS = frozenset({0})
"""The key's write stands first in its transaction."""
_INITIAL_POLL_SECONDS = 0.1
"""Seconds before which no sync has brought anything to Buildium: it calls, and Buildium has to answer."""
_POLL_BACKOFF_FACTOR = 1 / 8
_MIN_POLL_SECONDS, _MAX_POLL_SECONDS = 0.03, 0.5
"""Of the time that was waited for an outcome, and in seconds: by how much it may be seen late. Each look is a read."""


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """An entity as it is kept, with its sync record."""

    entity_type: EntityType
    entity: Entity
    sync: SyncRecord

    def representation(self) -> dict[str, Any]:
        """Return the entity as the API shows it."""
        entity = self.entity
        times = {"createdAt": entity.created_at, "updatedAt": entity.updated_at, "deletedAt": entity.deleted_at}
        return self.entity_type.to_response(entity.ref.entity_id, entity.fields, times)

    def to_response(self, message: str = "") -> dict[str, Any]:
        """Return the body that answers a request for this one entity."""
        return self.entity_type.wrap_response(self.representation(), buildium_sync(self.sync), message)

    def to_list_item(self) -> dict[str, Any]:
        """Return the entity as a list shows it."""
        return {**self.representation(), "buildiumSync": buildium_sync(self.sync)}


def buildium_sync(sync: SyncRecord) -> dict[str, Any]:
    """Return the `buildiumSync` object; `success` and `error` are null while the outcome is not known."""
    known = sync.status in FINAL
    return {
        "success": sync.status is Status.SYNCED if known else None,
        "buildiumId": sync.buildium_id,
        "error": sync.error_message if known else None,
        "status": sync.status.value,
    }


class EntityService:
    """The entities of every type, as clients of the API see them."""

    def __init__(self, store: EntityStore, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep

    def create(
        self,
        entity_type: EntityType,
        body: Mapping[str, Any],
        correlation_id: str,
        *,
        api_key_id: str | None = None,
    ) -> StoredEntity:
        """Keep a new entity, wanted in Buildium from now on; `api_key_id` says by whom.

        Raises InvalidFields, and ContentTooLarge before anything is written.
        """
        return self._create(entity_type, str(uuid.uuid4()), body, correlation_id, api_key_id)

    def create_idempotent(
        self,
        entity_type: EntityType,
        body: Mapping[str, Any],
        correlation_id: str,
        key: IdempotencyKey,
        *,
        api_key_id: str | None = None,
    ) -> tuple[StoredEntity, bool]:
        """Keep a new entity unless the key has made one; return it as it stands, and whether it was there before.

        Raises IdempotencyKeyReused when what the key has made came of another body, and InvalidFields, which uses no
        key up.
        """
        for _ in range(_MAX_WRITE_CONFLICTS):
            if made := self._store.idempotency_record(key, self._clock()):
                if made.key != key:
                    raise IdempotencyKeyReused("This Idempotency-Key was already used with a different request body.")
                return self.read(entity_type, made.entity_id), True
            try:
                return self._create_with_key(key, entity_type, body, correlation_id, api_key_id), False
            except ConcurrentWrite as lost:
                if lost.failed != _KEY_EXISTS:
                    raise
        raise ConcurrentWrite("Idempotency-Key contention")

    def _create_with_key(
        self,
        key: IdempotencyKey,
        entity_type: EntityType,
        body: Mapping[str, Any],
        correlation_id: str,
        api_key_id: str | None,
    ) -> StoredEntity:
        now, entity_id = self._clock(), str(uuid.uuid4())
        created = self._store.changes.put_idempotency_record(
            IdempotencyRecord(key, entity_id, int(now) + KEPT_SECONDS), now
        )
        return self._create(entity_type, entity_id, body, correlation_id, api_key_id, created)

    def _create(
        self,
        entity_type: EntityType,
        entity_id: str,
        body: Mapping[str, Any],
        correlation_id: str,
        api_key_id: str | None,
        *first: TableWrite,
    ) -> StoredEntity:
        fields = entity_type.validate(with_local_ids(self._store, entity_type, entity_type.provided(body)))
        _check_size(fields)
        ref = EntityRef(entity_type.name, entity_id)
        self._check_references(entity_type, fields, {})
        now = self._clock()
        at = format_iso(now)
        entity = Entity(ref, 1, fields, Origin.API, at, at, correlation_id, api_key_id=api_key_id)
        sync = SyncRecord.created_by_client(ref, correlation_id, now)
        self._store.write(*first, self._store.changes.put_entity(entity), self._store.changes.put_sync(sync))
        return StoredEntity(entity_type, entity, sync)

    def update(
        self,
        entity_type: EntityType,
        entity_id: str,
        body: Mapping[str, Any],
        correlation_id: str,
        expected: Collection[int] | None = None,
        *,
        api_key_id: str | None = None,
    ) -> StoredEntity:
        """Lay the fields of `body` over an entity's; fields left out keep their values, null empties one.

        A body that changes nothing writes nothing. Raises NotFound, InvalidFields, ContentTooLarge, EntityDeleted,
        PreconditionFailed when the current version is not among `expected`, and ConcurrentWrite when others keep
        winning.
        """
        for _ in range(_MAX_WRITE_CONFLICTS):
            kept = self.read(entity_type, entity_id)
            if expected is not None and kept.entity.version not in expected:
                raise PreconditionFailed(f"The current version is {kept.entity.version}.")
            if kept.entity.deleted_at:
                raise EntityDeleted(f"Entity was deleted in Buildium at {kept.entity.deleted_at}.")
            current = kept.entity.fields
            given = self._resolved(entity_type, entity_type.provided(body), current)
            fields = entity_type.validate(given, current, in_buildium=_may_be_in_buildium(kept.sync))
            if fields == current:
                return kept
            _check_size(fields)
            self._check_references(entity_type, fields, current)
            try:
                return self._write(kept, fields, correlation_id, api_key_id)
            except ConcurrentWrite:
                continue
        raise ConcurrentWrite(f"Concurrent updates to {kept.entity.ref.pk}")

    def read(self, entity_type: EntityType, entity_id: str) -> StoredEntity:
        """Return an entity. Raises NotFound."""
        loaded = self._store.load(EntityRef(entity_type.name, entity_id)) if is_valid_id(entity_id) else None
        if loaded is None:
            raise NotFound(f"{entity_type.name.capitalize()} {entity_id!r} not found.")
        return StoredEntity(entity_type, loaded.entity, loaded.sync)

    def page(self, entity_type: EntityType, *, limit: int, cursor: str | None) -> tuple[list[StoredEntity], str | None]:
        """Return one page of a type's entities in order of creation, and the cursor of the next page."""
        entities, next_cursor = self._store.page(entity_type.name, limit=limit, cursor=cursor)
        syncs = self._store.sync_records(entity.ref for entity in entities)
        return [
            StoredEntity(entity_type, entity, syncs[entity.ref]) for entity in entities if entity.ref in syncs
        ], next_cursor

    def history(
        self, entity_type: EntityType, entity_id: str, *, limit: int, cursor: str | None
    ) -> tuple[list[ChangeRecord], str | None]:
        """Return one page of what was overwritten in an entity, newest first, and the next cursor. Raises NotFound."""
        ref = self.read(entity_type, entity_id).entity.ref
        return self._store.history(ref, limit=limit, cursor=cursor)

    def wait_for_sync(self, kept: StoredEntity, seconds: float) -> StoredEntity:
        """Wait until the sync of this version has an outcome, `seconds` at most, and return it as it stands then."""
        began, pause = self._clock(), _INITIAL_POLL_SECONDS
        while (kept.sync.status not in FINAL) and self._clock() - began + pause < seconds:
            self._sleep(pause)
            sync = self._store.sync_record(kept.entity.ref)
            kept = replace(kept, sync=sync) if sync else kept
            pause = min(max((self._clock() - began) * _POLL_BACKOFF_FACTOR, _MIN_POLL_SECONDS), _MAX_POLL_SECONDS)
        if kept.sync.version != kept.entity.version:
            # The sync has brought something of Buildium's along, or another client was here.
            return self.read(kept.entity_type, kept.entity.ref.entity_id)
        return kept

    def _write(self, kept: StoredEntity, fields: Fields, correlation_id: str, api_key_id: str | None) -> StoredEntity:
        now = self._clock()
        entity = replace(
            kept.entity,
            version=kept.entity.version + 1,
            fields=fields,
            origin=Origin.API,
            updated_at=format_iso(now),
            correlation_id=correlation_id,
            api_key_id=api_key_id,
            via=None,
        )
        sync = kept.sync.edited(entity.version, correlation_id, now)
        entry = change_record(kept.entity_type, kept.entity, entity)
        changes = self._store.changes
        self._store.write(
            changes.put_entity(entity), changes.put_sync(sync), *([changes.put_history(entry)] if entry else [])
        )
        return replace(kept, entity=entity, sync=sync)

    def _resolved(self, entity_type: EntityType, given: Fields, current: Fields) -> Fields:
        """Return what a body gives, with local ids, and a reference as it is stored where both mean the same entity."""
        found = with_local_ids(self._store, entity_type, given)
        known = with_local_ids(self._store, entity_type, current)
        stored = {
            name: current[name]
            for name in found.keys() & current.keys()
            if identical(given[name], current[name]) or identical(found[name], known[name])
        }
        return {**found, **stored}

    def _check_references(self, entity_type: EntityType, fields: Fields, before: Fields) -> None:
        """Raise InvalidFields for a new reference to an entity that there is not, or that was deleted in Buildium."""
        known = set(entity_type.local_references(before))
        references = [reference for reference in entity_type.local_references(fields) if reference not in known]
        syncs = self._store.sync_records(
            EntityRef(*reference.target) for reference in references if is_valid_id(reference.entity_id)
        )
        found = [(reference, syncs.get(EntityRef(*reference.target))) for reference in references]
        errors = [FieldError(reference.field, fault) for reference, each in found if (fault := _fault(reference, each))]
        if errors:
            raise InvalidFields(errors)


def _fault(reference: Reference, named: SyncRecord | None) -> str | None:
    if named is None:
        return f"{reference.entity_type} {reference.entity_id!r} not found"
    if named.status is Status.DELETED:
        return f"{reference.entity_type} {reference.entity_id!r} was deleted in Buildium"
    return None


def _may_be_in_buildium(sync: SyncRecord) -> bool:
    """Tell whether Buildium has the entity, or may have it from a create whose outcome is not known."""
    return sync.buildium_id is not None or sync.intent_at is not None


def _check_size(fields: Fields) -> None:
    size = size_of(fields)
    if size > _LARGEST_FIELDS:
        raise ContentTooLarge(f"The entity has {size} bytes; at most {_LARGEST_FIELDS} can be stored.")
