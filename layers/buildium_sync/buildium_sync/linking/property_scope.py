"""The rule which entities a stack syncs that is limited to some properties (BUILDIUM_PROPERTY_IDS).

In scope are the properties with a listed Buildium id, those that this stack created, and everything of them. An entity
without a property is in scope too. An entity of several properties is read if one of them is in scope.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import BuildiumReference
from buildium_sync.domain.scope_contract import ASSOCIATION, ScopeReference
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import BuildiumNotFound, OutOfScope
from buildium_sync.store.entities import EntityStore, EntityWithSync

_CACHE_SECONDS = 5.0
"""Seconds for which a property is known to be created by another stack or not, and for which a read is kept."""


class _Named(NamedTuple):
    """A property or an association that an entity leads to, and the field that begins the way, empty for itself."""

    field: str
    entity_type: str
    buildium_id: int


class PropertyScope:
    """Decides whether entities are in scope. Without `property_ids` every entity is, and nothing is read."""

    def __init__(self, property_ids: frozenset[int], store: EntityStore, client: BuildiumClient, clock: Clock) -> None:
        self._property_ids = property_ids
        self._store = store
        self._client = client
        self._clock = clock
        self._cache: dict[object, tuple[float, Any]] = {}

    def outside_outbound(self, entity_type: EntityType, loaded: EntityWithSync) -> OutOfScope | None:
        """Return why a local entity is not sent to Buildium, None if it is in scope. Raises BuildiumError."""
        if not self._property_ids:
            return None
        named = list(self._of_local(entity_type, loaded.sync.buildium_id, loaded.entity.fields))
        outside = [each for each in named if not self._includes(each)]
        is_outside = bool(outside) and (entity_type.needs_every_property or len(outside) == len(named))
        return _error(outside[0]) if is_outside else None

    def outside_inbound(
        self, entity_type: EntityType, buildium_id: int | None, payload: Payload | None, fields: Fields | None = None
    ) -> OutOfScope | None:
        """Return why a Buildium entity is not applied, None if it is in scope. Raises BuildiumError.

        `payload` is None if Buildium does not have it. `fields` of the local entity count if the payload names nothing.
        """
        if not self._property_ids:
            return None
        named = list(self._of_payload(entity_type, buildium_id, payload)) if payload is not None else []
        if not named and fields is not None:
            named = list(self._of_local(entity_type, buildium_id, fields))
        is_outside = bool(named) and not any(self._includes(each) for each in named)
        return _error(named[0]) if is_outside else None

    def check_inbound(
        self, entity_type: EntityType, buildium_id: int | None, payload: Payload | None, fields: Fields | None = None
    ) -> None:
        """Raise what `outside_inbound` returns."""
        if (outside := self.outside_inbound(entity_type, buildium_id, payload, fields)) is not None:
            raise outside

    def is_foreign(self, entity_type: EntityType, buildium_id: int, payload: Payload) -> bool:
        """Return whether a Buildium entity is out of scope and has no local one. Raises BuildiumError."""
        is_outside = self.outside_inbound(entity_type, buildium_id, payload) is not None
        return is_outside and self._local_id(entity_type.name, buildium_id) is None

    def may_be_local(self, reference: BuildiumReference) -> bool:
        """Return whether a Buildium entity that another one refers to may be created locally."""
        is_root = bool(self._property_ids) and by_name(reference.entity_type).is_scope_root
        return not is_root or self._includes(_Named("", reference.entity_type, reference.buildium_id))

    def _of_local(self, entity_type: EntityType, buildium_id: int | None, fields: Fields) -> Iterator[_Named]:
        yield from _itself(entity_type, buildium_id)
        for reference in entity_type.scope_references(fields):
            yield from self._properties(reference)

    def _of_payload(self, entity_type: EntityType, buildium_id: int | None, payload: Payload) -> Iterator[_Named]:
        yield from _itself(entity_type, buildium_id)
        for each in entity_type.remote_scope_references(payload):
            yield from self._properties(ScopeReference("", each.entity_type, each.buildium_id))

    def _properties(self, reference: ScopeReference) -> list[_Named]:
        """Return the properties that a reference leads to. A local property without a Buildium id is new."""
        field, name, target = reference.field, reference.entity_type, reference.entity_id
        if name == ASSOCIATION:
            return [_Named(field, name, int(target))]
        entity_type = by_name(name)
        if entity_type.is_scope_root:
            buildium_id = self._buildium_id(name, target)
            return [] if buildium_id is None else [_Named(field, name, buildium_id)]
        loaded = self._load(name, target)
        if loaded is not None:
            found = self._of_local(entity_type, loaded.sync.buildium_id, loaded.entity.fields)
        elif isinstance(target, int):
            found = self._of_payload(entity_type, target, self._read(entity_type, target))
        else:
            return []
        return [_Named(field or each.field, each.entity_type, each.buildium_id) for each in found]

    def _buildium_id(self, entity_type: str, target: str | int) -> int | None:
        if isinstance(target, int):
            return target
        record = self._store.sync_record(EntityRef(entity_type, target))
        return record.buildium_id if record else None

    def _load(self, entity_type: str, target: str | int) -> EntityWithSync | None:
        """Return the local entity of a local id or a Buildium id."""
        local_id = target if isinstance(target, str) else self._local_id(entity_type, target)
        return self._store.load(EntityRef(entity_type, local_id)) if local_id is not None else None

    def _local_id(self, entity_type: str, buildium_id: int) -> str | None:
        key = (entity_type, buildium_id)
        return self._store.local_ids([key]).get(key)

    def _read(self, entity_type: EntityType, buildium_id: int) -> Payload:
        """Read an entity that has no local one. Returns an empty payload if Buildium does not have it."""

        def read() -> Payload:
            try:
                return self._client.read(entity_type.read_path(buildium_id))
            except BuildiumNotFound:
                return {}

        payload: Payload = self._cached((entity_type.name, buildium_id), read)
        return payload

    def _includes(self, named: _Named) -> bool:
        if named.entity_type == ASSOCIATION:
            return False
        return named.buildium_id in self._property_ids or self._is_created_here(named)

    def _is_created_here(self, named: _Named) -> bool:
        """Return whether a create of this stack made a property. Then its id could not be listed before."""

        def read() -> bool:
            local_id = self._local_id(named.entity_type, named.buildium_id)
            record = self._store.sync_record(EntityRef(named.entity_type, local_id)) if local_id else None
            return record is not None and record.created_buildium_id == named.buildium_id

        return bool(self._cached(named.buildium_id, read))

    def _cached(self, key: object, read: Callable[[], Any]) -> Any:
        found = self._cache.get(key)
        if found is None or found[0] <= self._clock():
            found = (self._clock() + _CACHE_SECONDS, read())
            self._cache[key] = found
        return found[1]


def _itself(entity_type: EntityType, buildium_id: int | None) -> Iterator[_Named]:
    """Yield an entity that is a property and has a Buildium id."""
    if entity_type.is_scope_root and buildium_id is not None:
        yield _Named("", entity_type.name, buildium_id)


def _error(named: _Named) -> OutOfScope:
    can_be_listed = named.entity_type != ASSOCIATION
    return OutOfScope(named.field, named.entity_type, named.buildium_id, can_be_listed=can_be_listed)
