"""The data classes of the simulator."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

CREATED = "Created"
UPDATED = "Updated"
DELETED = "Deleted"


@dataclass
class Record:
    """One stored entity.

    `public` is its response (without `Id`), `private` what is written but never returned. Lists include it from
    `visible_from`; times are UNIX seconds.
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
    """A change of an entity: `operation` is Created, Updated or Deleted.

    `public` has its fields after the change, or before a deletion.
    """

    type_name: str
    id: int
    operation: str
    public: Json


@dataclass(frozen=True)
class Request:
    """One HTTP request: `path` starts with /v1 or /_control, `query` is the raw string after the `?`."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """The header's value, or the empty string; names are case-insensitive."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Response:
    """An HTTP response.

    `raw` replaces the JSON of `body`; `abort` closes the connection without a response; `delay` is in seconds before
    sending.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    abort: bool = False
    delay: float = 0.0
