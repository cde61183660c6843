"""What an entity needs from the Buildium account and the caller left out."""

from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock
from buildium_sync.domain.choices import MAX_CHOICES, choices_text
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.outbound_contract import AccountDefault
from buildium_sync.errors import FieldError, SyncBlocked
from buildium_sync.settings import SyncSettings
from buildium_sync.store.cached_defaults import AccountDefaultStore, CachedDefault

_CACHE_TTL_SECONDS = 300


class AccountDefaultsCache:
    """What was found in the account, for five minutes, so that a new bank account is noticed.

    A process caches what it found or read. It also stores what it found, so that the first create of the next process
    does not wait for one more call of Buildium. The local bank accounts are no source: an import may not have run.
    """

    def __init__(self, store: AccountDefaultStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._found: dict[str, CachedDefault] = {}

    def get(self, field: str) -> int | None:
        """Return the Buildium id kept for a field, while it is fresh."""
        return self._cached_unexpired(self._found.get(field)) or self._stored(field)

    def put(self, field: str, buildium_id: int) -> None:
        """Keep a Buildium id for a field."""
        self._found[field] = CachedDefault(buildium_id, int(self._clock()) + _CACHE_TTL_SECONDS)
        self._store.write(field, self._found[field])

    def forget(self, field: str) -> None:
        """Keep nothing for a field: what was found is gone."""
        found = CachedDefault(0, 0)
        self._found[field] = found
        self._store.write(field, found)

    def _stored(self, field: str) -> int | None:
        found = self._store.read(field)
        if found is not None:
            self._found[field] = found
        return self._cached_unexpired(found)

    def _cached_unexpired(self, found: CachedDefault | None) -> int | None:
        return found.buildium_id if found and found.expires_at > self._clock() else None


class AccountDefaults:
    """Fills in an entity type's defaults: the setting, else the only one that Buildium has."""

    def __init__(self, client: BuildiumClient, settings: SyncSettings, cache: AccountDefaultsCache) -> None:
        self._client = client
        self._settings = settings
        self._cache = cache

    def apply(self, entity_type: EntityType, fields: Fields) -> Fields:
        """Return the fields with every default that is left out. Raises SyncBlocked where there is none to take."""
        missing = entity_type.required_defaults(fields)
        return {**fields, **{default.field: self.value_of(default) for default in missing}}

    def value_of(self, default: AccountDefault) -> Any:
        """Return the value of a default. Raises SyncBlocked where there is none to take."""
        return self._configured(default) or self._cache.get(default.field) or self._find_unique(default)

    def refresh(self, entity_type: EntityType, fields: Fields) -> bool:
        """Read the defaults of these fields from Buildium again, and return whether one has changed.

        A create that Buildium rejects may name what was deleted since it was found. Raises BuildiumError.
        """
        found = [default for default in entity_type.required_defaults(fields) if not self._configured(default)]
        return any(self._refresh(default) for default in found)

    def _refresh(self, default: AccountDefault) -> bool:
        before = self._cache.get(default.field)
        try:
            return self._find_unique(default) != before
        except SyncBlocked:
            self._cache.forget(default.field)
            return True

    def _configured(self, default: AccountDefault) -> Any:
        return getattr(self._settings, default.setting)

    def _find_unique(self, default: AccountDefault) -> int:
        query = {**default.query, "orderby": "Id", "limit": str(MAX_CHOICES + 1)}
        listed = self._client.get(default.path, query).content
        if len(listed) != 1:
            message = f"must be one of {choices_text(listed)}" if listed else "has no choice in the account"
            raise SyncBlocked(default.missing, [FieldError(default.field, message)])
        buildium_id = int(listed[0]["Id"])
        self._cache.put(default.field, buildium_id)
        return buildium_id
