"""A local entity and its reference."""

from enum import StrEnum
from typing import Any, NamedTuple, Self


class Origin(StrEnum):
    """Who wrote a version of an entity. Only versions of the API trigger an outbound sync."""

    API = "api"
    BUILDIUM = "buildium"


class ChangeSource(StrEnum):
    """How a version from Buildium reached the local entity.

    `sync`: an outbound sync received it with a response. `repair`: a repair of drift wrote it. `drift`:
    nightly drift checks confirmed a deletion.
    """

    WEBHOOK = "webhook"
    POLL = "poll"
    IMPORT = "import"
    REPAIR = "repair"
    DRIFT = "drift"
    SYNC = "sync"


class EntityRef(NamedTuple):
    """The type and the local id of an entity."""

    entity_type: str
    entity_id: str

    @property
    def pk(self) -> str:
        """The partition key of the entity and of all items that belong to it."""
        return f"{self.entity_type}#{self.entity_id}"

    @classmethod
    def from_pk(cls, pk: str) -> Self:
        """Parse a partition key."""
        entity_type, _, entity_id = pk.partition("#")
        return cls(entity_type, entity_id)


class Entity(NamedTuple):
    """One version of an entity. Times are in ISO 8601.

    `api_key_id` identifies the client that wrote the version. `via` is how a version came from Buildium.
    `deletion_requested_at` is when a client asked to delete the entity; the sync then deletes it in Buildium.
    `external_id` is the key that the client's application has for the entity. `erased_at` is when its personal data was
    erased: the entity then stays deleted, and nothing writes its fields again.
    """

    ref: EntityRef
    version: int
    fields: dict[str, Any]
    origin: Origin
    created_at: str
    updated_at: str
    correlation_id: str
    deleted_at: str | None = None
    deletion_requested_at: str | None = None
    api_key_id: str | None = None
    via: ChangeSource | None = None
    external_id: str | None = None
    erased_at: str | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether the entity was deleted in Buildium, or a client requested it."""
        return bool(self.deleted_at or self.deletion_requested_at)

    @property
    def is_restorable(self) -> bool:
        """Whether a soft deletion ends when Buildium has the entity: no client requested it, and nothing was erased."""
        return self.deletion_requested_at is None and self.erased_at is None

    def with_remote_fields(self, fields: dict[str, Any], now: str, via: ChangeSource) -> Self:
        """Return the next version, with fields from Buildium. It triggers no outbound sync. `now` is in ISO 8601."""
        written = self._replace(version=self.version + 1, fields=fields, updated_at=now)
        return written._replace(origin=Origin.BUILDIUM, api_key_id=None, via=via)


_MAX_ID_LENGTH = 64


def is_valid_id(text: str) -> bool:
    """Return whether a string can be a local id. The limit keeps keys within DynamoDB's size."""
    return 0 < len(text) <= _MAX_ID_LENGTH and text.isascii()
