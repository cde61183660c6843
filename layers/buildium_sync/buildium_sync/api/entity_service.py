"""Create, read, list and update entities for the API. Nothing here calls Buildium."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from buildium_sync.api.client_request import Author
from buildium_sync.api.entity_body import EntityBody, check_unchanged
from buildium_sync.api.stored_entity import StoredEntity, with_links
from buildium_sync.api.unique_writes import write_with_external_id
from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.change_record import ChangeRecord, change_record
from buildium_sync.domain.entity import Entity, EntityRef, Origin, is_valid_id
from buildium_sync.domain.entity_model import identical
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.reference_contract import Reference
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import FINAL, STOPPED, Status
from buildium_sync.errors import (
    ConcurrentWrite,
    ContentTooLarge,
    EntityDeleted,
    EntityExists,
    FieldError,
    IdempotencyKeyReused,
    InvalidFields,
    NotFound,
    PreconditionFailed,
)
from buildium_sync.linking.id_links import with_local_ids
from buildium_sync.store.dynamodb import size_of
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.idempotency_keys import RETENTION_SECONDS, IdempotencyKey, IdempotencyRecord
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS, TableWrite

_MAX_FIELDS_BYTES = 320 * 1024
"""Bytes. DynamoDB: an item has 400 KB. The sync record has a copy of the fields, and the conflicts."""
_KEY_EXISTS = frozenset({0})
"""The idempotency record is the first write of its transaction."""
_INITIAL_POLL_SECONDS = 0.1
"""No sync finishes earlier, because Buildium has to respond."""
_POLL_BACKOFF_FACTOR = 1 / 8
_MIN_POLL_SECONDS, _MAX_POLL_SECONDS = 0.03, 0.5
"""The delay between two polls grows with the elapsed time, within these limits. Each poll is a read."""


class EntityService:
    """The entities of all types, for the API.

    `on_corrected` is called after an update of an entity whose sync had failed, with the entity's new version.
    """

    def __init__(
        self,
        store: EntityStore,
        clock: Clock,
        sleep: Callable[[float], None],
        *,
        on_corrected: Callable[[EntityRef, int], None] = lambda _ref, _version: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._on_corrected = on_corrected

    def create(self, entity_type: EntityType, body: Mapping[str, Any], author: Author) -> StoredEntity:
        """Store a new entity, which triggers its sync.

        Raises InvalidFields, ContentTooLarge or ExternalIdTaken. Then nothing is written.
        """
        return self._create(entity_type, str(uuid.uuid4()), body, author)

    def create_by_type(
        self, entity_type: EntityType, body: Mapping[str, Any], author: Author
    ) -> tuple[StoredEntity, bool]:
        """Create an entity. Return it, and whether it existed before, as one with a `unique_field` may."""
        if entity_type.unique_field is not None:
            return self.create_once(entity_type, body, author)
        return self.create(entity_type, body, author), False

    def create_idempotent(
        self, entity_type: EntityType, body: Mapping[str, Any], author: Author, key: IdempotencyKey
    ) -> tuple[StoredEntity, bool]:
        """Store a new entity unless the key has created one. Return the entity, and whether it existed before.

        Raises IdempotencyKeyReused if the key was used with another body. After InvalidFields the key is still unused.
        """
        for _ in range(MAX_WRITE_CONFLICTS):
            if existing := self._store.idempotency_record(key, self._clock()):
                if existing.key != key:
                    raise IdempotencyKeyReused
                return self.read(entity_type, existing.entity_id), True
            try:
                return self._create_with_key(key, entity_type, body, author), False
            except ConcurrentWrite as lost:
                if not lost.failed & _KEY_EXISTS:
                    raise
        raise ConcurrentWrite("Idempotency-Key contention")

    def create_once(
        self, entity_type: EntityType, body: Mapping[str, Any], author: Author
    ) -> tuple[StoredEntity, bool]:
        """Store a new entity of a type with a `unique_field`. Return it, and whether it existed before.

        Raises EntityExists if it exists with other values, EntityDeleted if it was deleted in Buildium, and
        InvalidFields.
        """
        for _ in range(MAX_WRITE_CONFLICTS):
            request = EntityBody.read(entity_type, body)
            fields = self._new_fields(entity_type, request.fields)
            entity_id = str(fields[entity_type.unique_field or ""])
            if self._store.load(EntityRef(entity_type.name, entity_id)):
                return self._existing(entity_type, entity_id, request._replace(fields=fields)), True
            try:
                return self._insert(entity_type, entity_id, fields, request.external_id, author), False
            except ConcurrentWrite:
                continue
        raise ConcurrentWrite(f"Concurrent creates of {entity_type.name} {entity_id}")

    def _existing(self, entity_type: EntityType, entity_id: str, request: EntityBody) -> StoredEntity:
        """Return an entity that a repeated create would create again."""
        stored = self.read(entity_type, entity_id)
        if stored.entity.deleted_at:
            raise EntityDeleted(f"Entity was deleted in Buildium at {stored.entity.deleted_at}.")
        compared = entity_type.model.model_fields.keys() - entity_type.copied_fields
        different = [
            name for name in compared if not entity_type.values_equal(name, request.fields[name], stored.fields[name])
        ]
        if stored.entity.external_id != request.external_id_after(stored.entity.external_id):
            different.append(EXTERNAL_ID)
        if different:
            names = sorted(different)
            raise EntityExists(
                f"The {entity_type.name} exists with another value of {', '.join(names)}.",
                [FieldError(name, "exists with another value") for name in names],
            )
        return stored

    def _create_with_key(
        self, key: IdempotencyKey, entity_type: EntityType, body: Mapping[str, Any], author: Author
    ) -> StoredEntity:
        now, entity_id = self._clock(), str(uuid.uuid4())
        created = self._store.writes.put_idempotency_record(
            IdempotencyRecord(key, entity_id, int(now) + RETENTION_SECONDS), now
        )
        return self._create(entity_type, entity_id, body, author, created)

    def _create(
        self,
        entity_type: EntityType,
        entity_id: str,
        body: Mapping[str, Any],
        author: Author,
        *first: TableWrite,
    ) -> StoredEntity:
        request = EntityBody.read(entity_type, body)
        fields = self._new_fields(entity_type, request.fields)
        return self._insert(entity_type, entity_id, fields, request.external_id, author, *first)

    def _new_fields(self, entity_type: EntityType, body: Mapping[str, Any]) -> Fields:
        """Return the valid fields of a new entity. Raises InvalidFields and ContentTooLarge."""
        provided = with_local_ids(self._store, entity_type, entity_type.provided(body))
        fields = entity_type.validate(self._with_copied_fields(entity_type, provided))
        _check_size(fields)
        self._check_references(entity_type, fields, {})
        return fields

    def _with_copied_fields(self, entity_type: EntityType, provided: Fields) -> Fields:
        """Return the fields of a body with the `copied_fields`. Raises InvalidFields for another value of one."""
        route = entity_type.nested_route
        named = provided.get(route.field) if route and entity_type.copied_fields else None
        if route is None or not isinstance(named, str) or not is_valid_id(named):
            return provided
        source = self._store.load(EntityRef(entity_type.reference_fields[route.field], named))
        if source is None:
            return provided
        copied = with_local_ids(self._store, entity_type, entity_type.copy_fields(source.entity.fields))
        errors = [
            FieldError(name, f"must be omitted, or be that of {route.field}")
            for name, value in copied.items()
            if provided.get(name) is not None and not identical(provided[name], value)
        ]
        if errors:
            raise InvalidFields(errors)
        return {**provided, **copied}

    def _insert(
        self,
        entity_type: EntityType,
        entity_id: str,
        fields: Fields,
        external_id: str | None,
        author: Author,
        *first: TableWrite,
    ) -> StoredEntity:
        ref = EntityRef(entity_type.name, entity_id)
        now = self._clock()
        at = format_iso(now)
        entity = Entity(
            ref,
            1,
            fields,
            Origin.API,
            at,
            at,
            author.correlation_id,
            api_key_id=author.api_key_id,
            external_id=external_id,
        )
        sync = SyncRecord.created_by_client(ref, author.correlation_id, now)
        items = self._store.writes
        write_with_external_id(self._store, entity, None, [*first, items.put_entity(entity), items.put_sync(sync)])
        return StoredEntity(entity_type, entity, sync)

    def update(
        self,
        entity_type: EntityType,
        entity_id: str,
        body: Mapping[str, Any],
        author: Author,
        expected: Collection[int] | None = None,
        *,
        check: Callable[[StoredEntity], None] = lambda _: None,
    ) -> StoredEntity:
        """Update the fields of an entity. Fields that `body` leaves out keep their values; null empties a field.

        `check` gets the entity that the update is based on, and may raise an error.

        A body without changes writes nothing. A change of the external id only starts no sync. Raises NotFound,
        InvalidFields, ContentTooLarge, EntityDeleted, ExternalIdTaken, PreconditionFailed if the current version is not
        one of `expected`, and ConcurrentWrite after repeated conflicts.
        """
        request = EntityBody.read(entity_type, body)
        for _ in range(MAX_WRITE_CONFLICTS):
            stored = self.read(entity_type, entity_id)
            check(stored)
            if expected is not None and stored.entity.version not in expected:
                raise PreconditionFailed(f"The current version is {stored.entity.version}.")
            fields = self._changed_fields(stored, request)
            external_id = request.external_id_after(stored.entity.external_id)
            if fields == stored.entity.fields and external_id == stored.entity.external_id:
                return stored
            try:
                return self._write(stored, fields, external_id, author)
            except ConcurrentWrite:
                continue
        raise ConcurrentWrite(f"Concurrent updates to {stored.entity.ref.pk}")

    def _changed_fields(self, stored: StoredEntity, request: EntityBody) -> Fields:
        """Return the valid fields of an entity after an update. Only the external id of some entities can change."""
        entity_type, current = stored.entity_type, stored.fields
        provided = entity_type.provided(request.fields)
        if stored.entity.erased_at:
            raise EntityDeleted(f"The personal data of the entity was erased at {stored.entity.erased_at}.")
        if stored.entity.is_deleted and (provided or not request.sets_external_id):
            raise EntityDeleted(_deletion(stored.entity))
        if entity_type.is_read_only:
            check_unchanged(stored, provided)
        if entity_type.is_read_only or stored.entity.is_deleted:
            return stored.entity.fields
        provided = self._resolved(entity_type, provided, current)
        fields = entity_type.validate(provided, current, in_buildium=stored.sync.may_be_in_buildium)
        fields = stored.to_stored(fields)
        if fields != stored.entity.fields:
            _check_size(fields)
            self._check_references(entity_type, fields, current)
        return fields

    def delete(self, stored: StoredEntity, author: Author) -> StoredEntity:
        """Request the deletion of an entity, and return it. The sync deletes it in Buildium.

        A repeated request writes nothing, unless the sync of the deletion has stopped: then it is tried again. Raises
        NotFound, and ConcurrentWrite after repeated conflicts.
        """
        for _ in range(MAX_WRITE_CONFLICTS):
            entity = stored.entity
            is_requested = entity.deletion_requested_at is not None and stored.sync.status not in STOPPED
            if entity.deleted_at or is_requested:
                return stored
            requested_at = entity.deletion_requested_at or format_iso(self._clock())
            marked = replace(stored, entity=entity._replace(deletion_requested_at=requested_at))
            try:
                return self._write(marked, entity.fields, entity.external_id, author)
            except ConcurrentWrite:
                stored = self.read(stored.entity_type, entity.ref.entity_id)
        raise ConcurrentWrite(f"Concurrent updates to {stored.entity.ref.pk}")

    def read_below(self, entity_type: EntityType, entity_id: str, parent: StoredEntity) -> StoredEntity:
        """Return an entity that belongs to the one in the path of its nested route. Raises NotFound."""
        stored, route = self.read(entity_type, entity_id), entity_type.nested_route
        if route is None or stored.entity.fields[route.field] not in (
            parent.entity.ref.entity_id,
            parent.sync.buildium_id,
        ):
            raise NotFound(f"{entity_type.name.capitalize()} {entity_id!r} not found.")
        return stored

    def read(self, entity_type: EntityType, entity_id: str) -> StoredEntity:
        """Return an entity. Raises NotFound."""
        loaded = self._store.load(EntityRef(entity_type.name, entity_id)) if is_valid_id(entity_id) else None
        if loaded is None:
            raise NotFound(f"{entity_type.name.capitalize()} {entity_id!r} not found.")
        return with_links(self._store, [StoredEntity(entity_type, loaded.entity, loaded.sync)])[0]

    def page(self, entity_type: EntityType, *, limit: int, cursor: str | None) -> tuple[list[StoredEntity], str | None]:
        """Return one page of a type's entities in order of creation, and the cursor of the next page."""
        entities, next_cursor = self._store.page(entity_type.name, limit=limit, cursor=cursor)
        syncs = self._store.sync_records(entity.ref for entity in entities)
        found = [StoredEntity(entity_type, entity, syncs[entity.ref]) for entity in entities if entity.ref in syncs]
        return with_links(self._store, found), next_cursor

    def history(
        self, entity_type: EntityType, entity_id: str, *, limit: int, cursor: str | None
    ) -> tuple[list[ChangeRecord], str | None]:
        """Return one page of an entity's change history, newest first, and the next cursor. Raises NotFound."""
        ref = self.read(entity_type, entity_id).entity.ref
        return self._store.history(ref, limit=limit, cursor=cursor)

    def wait_for_sync(self, stored: StoredEntity, seconds: float) -> StoredEntity:
        """Wait at most `seconds` for the result of this version's sync, and return the current entity."""
        started, pause = self._clock(), _INITIAL_POLL_SECONDS
        while (stored.sync.status not in FINAL) and self._clock() - started + pause < seconds:
            self._sleep(pause)
            sync = self._store.sync_record(stored.entity.ref)
            stored = replace(stored, sync=sync) if sync else stored
            pause = min(max((self._clock() - started) * _POLL_BACKOFF_FACTOR, _MIN_POLL_SECONDS), _MAX_POLL_SECONDS)
        if stored.sync.version != stored.entity.version:
            # The sync has merged a change of Buildium, or another client has written.
            return self.read(stored.entity_type, stored.entity.ref.entity_id)
        return stored

    def _write(self, stored: StoredEntity, fields: Fields, external_id: str | None, author: Author) -> StoredEntity:
        now = self._clock()
        entity = stored.entity._replace(
            version=stored.entity.version + 1,
            fields=fields,
            origin=Origin.API,
            updated_at=format_iso(now),
            correlation_id=author.correlation_id,
            api_key_id=author.api_key_id,
            via=None,
            external_id=external_id,
        )
        if fields == stored.entity.fields and external_id != stored.entity.external_id:
            sync = stored.sync.with_external_id_changed(entity.version)
        else:
            sync = stored.sync.edited(entity.version, author.correlation_id, now)
        entry = change_record(stored.entity_type, stored.entity, entity)
        items = self._store.writes
        history = [items.put_history(entry)] if entry else []
        writes = [items.put_entity(entity), items.put_sync(sync), *history]
        write_with_external_id(self._store, entity, stored.entity.external_id, writes)
        if stored.sync.status is Status.FAILED and sync.status is not Status.FAILED:
            self._on_corrected(entity.ref, entity.version)
        return replace(stored, entity=entity, sync=sync)

    def _resolved(self, entity_type: EntityType, provided: Fields, current: Fields) -> Fields:
        """Return the fields of a body with local ids. An equivalent reference keeps its stored form."""
        found = with_local_ids(self._store, entity_type, provided)
        known = with_local_ids(self._store, entity_type, current)
        stored = {
            name: current[name]
            for name in found.keys() & current.keys()
            if identical(provided[name], current[name]) or identical(found[name], known[name])
        }
        return {**found, **stored}

    def _check_references(self, entity_type: EntityType, fields: Fields, before: Fields) -> None:
        """Raise InvalidFields for a new reference to an entity that does not exist or was deleted in Buildium."""
        known = set(entity_type.local_references(before))
        references = [reference for reference in entity_type.local_references(fields) if reference not in known]
        syncs = self._store.sync_records(
            EntityRef(*reference.target) for reference in references if is_valid_id(reference.entity_id)
        )
        found = [(reference, syncs.get(EntityRef(*reference.target))) for reference in references]
        errors = [FieldError(reference.field, error) for reference, each in found if (error := _error(reference, each))]
        if errors:
            raise InvalidFields(errors)


def _deletion(entity: Entity) -> str:
    if entity.deleted_at:
        return f"Entity was deleted in Buildium at {entity.deleted_at}."
    return f"A client deleted the entity at {entity.deletion_requested_at}."


def _error(reference: Reference, named: SyncRecord | None) -> str | None:
    if named is None:
        return f"{reference.entity_type} {reference.entity_id!r} not found"
    if named.status is Status.DELETED:
        return f"{reference.entity_type} {reference.entity_id!r} was deleted in Buildium"
    return None


def _check_size(fields: Fields) -> None:
    size = size_of(fields)
    if size > _MAX_FIELDS_BYTES:
        raise ContentTooLarge(f"The entity has {size} bytes; at most {_MAX_FIELDS_BYTES} can be stored.")
