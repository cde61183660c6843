"""The nouns every part of the simulator shares."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

CREATED = "Created"
UPDATED = "Updated"
DELETED = "Deleted"


@dataclass
class Record:
    """One stored entity.

    `public` is what reading gives (without `Id`), `private` what was written and is never given back.
    `visible_from` is when lists begin to show it; times are UNIX seconds.
    """

    type_name: str
    id: int
    public: Json
    private: Json
    created_at: float
    updated_at: float
    visible_from: float = 0.0


@dataclass(frozen=True)
class Change:
    """Something that happened to an entity: `operation` is Created, Updated or Deleted.

    `public` is what the entity says after it, or said before it was deleted.
    """

    type_name: str
    id: int
    operation: str
    public: Json


@dataclass(frozen=True)
class Request:
    """One HTTP request: `path` begins with /v1 or /_control, `query` is the raw string after the `?`."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """The header's value, or the empty string; names are compared without case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Response:
    """What to send back.

    `raw` replaces the JSON of `body`; `abort` closes the connection without an answer; `delay` is how many
    seconds to wait before sending.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    abort: bool = False
    delay: float = 0.0
