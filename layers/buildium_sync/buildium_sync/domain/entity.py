"""A local entity and its name."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self


class Origin(StrEnum):
    """Who wrote an entity's version. The stream passes on what came from the API only."""

    API = "api"
    BUILDIUM = "buildium"


class ChangeSource(StrEnum):
    """By what way a version came to us that is Buildium's.

    `sync` is what a write of ours brought along, `repair` that of what a comparison of both sides found.
    """

    WEBHOOK = "webhook"
    POLL = "poll"
    IMPORT = "import"
    REPAIR = "repair"
    SYNC = "sync"


@dataclass(frozen=True, slots=True)
class EntityRef:
    """Names one entity of ours."""

    entity_type: str
    entity_id: str

    @property
    def pk(self) -> str:
        """The partition key of the entity and all that belongs to it."""
        return f"{self.entity_type}#{self.entity_id}"

    @classmethod
    def from_pk(cls, pk: str) -> Self:
        """Read a partition key."""
        entity_type, _, entity_id = pk.partition("#")
        return cls(entity_type, entity_id)


@dataclass(frozen=True, slots=True)
class Entity:
    """One version of an entity. Times are ISO 8601.

    `api_key_id` names the client that wrote the version, `via` the way by which it came from Buildium.
    """

    ref: EntityRef
    version: int
    fields: dict[str, Any]
    origin: Origin
    created_at: str
    updated_at: str
    correlation_id: str
    deleted_at: str | None = None
    api_key_id: str | None = None
    via: ChangeSource | None = None

    def with_remote_fields(self, fields: dict[str, Any], now: str, via: ChangeSource) -> Self:
        """Return the next version, with what came from Buildium. The stream lets it pass by."""
        written = replace(self, version=self.version + 1, fields=fields, updated_at=now)
        return replace(written, origin=Origin.BUILDIUM, api_key_id=None, via=via)


_LONGEST_ID = 64


def is_valid_id(text: str) -> bool:
    """Tell whether a text can be an id of ours; a longer one would not fit into a key."""
    return 0 < len(text) <= _LONGEST_ID and text.isascii()
