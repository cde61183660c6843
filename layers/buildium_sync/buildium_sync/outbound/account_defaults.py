"""What an entity needs from the Buildium account and the caller left out."""

from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock
from buildium_sync.domain.entity_type import Default, EntityType, Fields
from buildium_sync.errors import Blocked
from buildium_sync.settings import Settings
from buildium_sync.store.cached_defaults import DefaultStore, Found

_CACHED_SECONDS = 300


class AccountCache:
    """What was found in the account, for five minutes, so that a new bank account is noticed.

    A process keeps what it has found or read. What one has found is stored, so that the first create of the next one
    does not wait for one more call of Buildium.
    """

    def __init__(self, store: DefaultStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._found: dict[str, Found] = {}

    def get(self, field: str) -> int | None:
        """Return the Buildium id kept for a field, while it is fresh."""
        return self._fresh(self._found.get(field)) or self._stored(field)

    def put(self, field: str, buildium_id: int) -> None:
        """Keep a Buildium id for a field."""
        self._found[field] = Found(buildium_id, int(self._clock()) + _CACHED_SECONDS)
        self._store.write(field, self._found[field])

    def forget(self, field: str) -> None:
        """Keep nothing for a field: what was found is gone."""
        found = Found(0, 0)
        self._found[field] = found
        self._store.write(field, found)

    def _stored(self, field: str) -> int | None:
        found = self._store.read(field)
        if found is not None:
            self._found[field] = found
        return self._fresh(found)

    def _fresh(self, found: Found | None) -> int | None:
        return found.buildium_id if found and found.expires_at > self._clock() else None


class Account:
    """Fills in an entity type's defaults: the setting, else the only one that Buildium has."""

    def __init__(self, client: BuildiumClient, settings: Settings, cache: AccountCache) -> None:
        self._client = client
        self._settings = settings
        self._cache = cache

    def fill(self, entity_type: EntityType, fields: Fields) -> Fields:
        """Return the fields with every default that is left out. Raises Blocked where there is none to take."""
        missing = entity_type.needed_defaults(fields)
        return {**fields, **{default.field: self.value_of(default) for default in missing}}

    def value_of(self, default: Default) -> Any:
        """Return the value of a default. Raises Blocked where there is none to take."""
        return self._configured(default) or self._cache.get(default.field) or self._only_one(default)

    def has_changed(self, entity_type: EntityType, fields: Fields) -> bool:
        """Find the defaults of these fields again, and tell whether one is not what it was.

        A create that Buildium rejects may name what was deleted since it was found. Raises BuildiumError.
        """
        found = [default for default in entity_type.needed_defaults(fields) if not self._configured(default)]
        return any(self._is_another(default) for default in found)

    def _is_another(self, default: Default) -> bool:
        before = self._cache.get(default.field)
        try:
            return self._only_one(default) != before
        except Blocked:
            self._cache.forget(default.field)
            return True

    def _configured(self, default: Default) -> Any:
        return getattr(self._settings, default.setting)

    def _only_one(self, default: Default) -> int:
        query = {**default.query, "orderby": "Id", "limit": "2"}
        listed = self._client.get(default.path, query).content
        if len(listed) != 1:
            raise Blocked(default.missing)
        buildium_id = int(listed[0]["Id"])
        self._cache.put(default.field, buildium_id)
        return buildium_id
