"""What a service needs to know of a request, besides its body."""

from collections.abc import Collection
from typing import NamedTuple


class Author(NamedTuple):
    """The request that writes an entity: its correlation id and the id of the client's API key."""

    correlation_id: str
    api_key_id: str | None = None


class Precondition(NamedTuple):
    """`If-Match` of a request: the entity must exist, with one of these versions unless they are None."""

    versions: Collection[int] | None
