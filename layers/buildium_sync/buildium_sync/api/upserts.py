"""Creates or updates entities by their external id: one at a time, or several in one request."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from buildium_sync.api import parsing
from buildium_sync.api.client_request import Author, Precondition
from buildium_sync.api.entity_body import EntityBody
from buildium_sync.api.entity_service import EntityService
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID
from buildium_sync.errors import (
    ClientError,
    ConcurrentWrite,
    ExternalIdTaken,
    FieldError,
    InvalidFields,
    NotFound,
    PreconditionFailed,
    Scope,
    scope_of,
)
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS


class EntityUpserts:
    """Creates and updates of the entities of all types by their external id."""

    def __init__(self, entities: EntityService, store: EntityStore) -> None:
        self._entities = entities
        self._store = store

    def put(
        self,
        entity_type: EntityType,
        external_id: str,
        body: Mapping[str, Any],
        author: Author,
        precondition: Precondition | None = None,
    ) -> tuple[StoredEntity, bool]:
        """Create the entity with an external id, or update it. Return it, and whether it existed before.

        Concurrent calls create one entity. Raises what a create and an update raise, and NotFound for an unknown entity
        of a read-only type.
        """
        request = EntityBody.read(entity_type, body)
        if request.external_id_after(external_id) != external_id:
            raise InvalidFields([FieldError(EXTERNAL_ID, "must be omitted, or be the one of the path")])
        named = {**request.fields, EXTERNAL_ID: external_id}
        for _ in range(MAX_WRITE_CONFLICTS):
            ref = self._store.with_external_id(entity_type.name, external_id)
            try:
                if ref is None:
                    return self._create(entity_type, named, author, precondition)
                return self._update(entity_type, ref.entity_id, named, author, precondition), True
            except (ExternalIdTaken, _ExternalIdMoved):
                continue
        raise ConcurrentWrite(f"Concurrent writes of {entity_type.name} with one external id")

    def _create(
        self, entity_type: EntityType, body: Mapping[str, Any], author: Author, precondition: Precondition | None
    ) -> tuple[StoredEntity, bool]:
        if entity_type.is_read_only:
            raise NotFound(f"No {entity_type.name} has this externalId, and only Buildium creates one.")
        if precondition is not None:
            raise PreconditionFailed(f"No {entity_type.name} has this externalId.")
        return self.create(entity_type, body, author)

    def create(self, entity_type: EntityType, body: Mapping[str, Any], author: Author) -> tuple[StoredEntity, bool]:
        """Create an entity. Return it, and whether it existed before, as one with a `unique_field` may."""
        return self._entities.create_by_type(entity_type, body, author)

    def _update(
        self,
        entity_type: EntityType,
        entity_id: str,
        body: Mapping[str, Any],
        author: Author,
        precondition: Precondition | None,
    ) -> StoredEntity:
        def check(stored: StoredEntity) -> None:
            if stored.entity.external_id != body[EXTERNAL_ID]:
                raise _ExternalIdMoved

        return self._entities.update(
            entity_type,
            entity_id,
            body,
            author,
            precondition.versions if precondition else None,
            check=check,
        )


class _ExternalIdMoved(Exception):
    """The entity has another external id by now."""


class EntityBatches:
    """Several creates and updates in one request. Each item has a result of its own."""

    def __init__(self, upserts: EntityUpserts, has_time: Callable[[], bool]) -> None:
        self._upserts = upserts
        self._has_time = has_time

    def write(self, entity_type: EntityType, items: Sequence[Any], author: Author) -> list[dict[str, Any]]:
        """Create or update the items in order, and return their results in the same order.

        When the time is used up, the remaining items are not written. Their results have the status 503.
        """
        return [self._result(entity_type, item, author) for item in items]

    def _result(self, entity_type: EntityType, item: Any, author: Author) -> dict[str, Any]:
        try:
            if not self._has_time():
                return _rejected(entity_type, item, parsing.unavailable())
            stored, exists = self._write(entity_type, item, author)
        except ClientError as error:
            return _rejected(entity_type, item, parsing.problem(error))
        except Exception as error:  # noqa: BLE001 -- one item must not affect the others
            return _rejected(entity_type, item, _unexpected(error, author))
        entity = stored.entity
        written = {"id": entity.ref.entity_id, "externalId": entity.external_id, "version": entity.version}
        return {"status": 200 if exists else 201, **written}

    def _write(self, entity_type: EntityType, item: Any, author: Author) -> tuple[StoredEntity, bool]:
        if not isinstance(item, Mapping):
            raise InvalidFields([FieldError("", "an item must be a JSON object")])
        external_id = EntityBody.read(entity_type, item).external_id
        if external_id is not None:
            return self._upserts.put(entity_type, external_id, item, author)
        if entity_type.requires_idempotency_key:
            message = "is required in a batch: a repeated request must not post the entry twice"
            raise InvalidFields([FieldError(EXTERNAL_ID, message)])
        return self._upserts.create(entity_type, item, author)


def _unexpected(error: Exception, author: Author) -> dict[str, Any]:
    if isinstance(error, ConcurrentWrite) or scope_of(error) is Scope.SYSTEM:
        logger.warning("Item of a batch was not written; returned 503", extra={"reason": str(error)})
        return parsing.unavailable()
    logger.error("Unexpected error of an item of a batch", exc_info=error)
    return parsing.internal_error(author.correlation_id)


def _rejected(entity_type: EntityType, item: Any, problem: dict[str, Any]) -> dict[str, Any]:
    names = (EXTERNAL_ID, entity_type.external_id_name)
    found = [item.get(name) for name in names] if isinstance(item, Mapping) else []
    shown = next((each for each in found if isinstance(each, str)), None)
    return {"status": problem["status"], "externalId": shown, "problem": problem}
