"""What a route accepts and returns."""

from dataclasses import dataclass
from typing import Any

from tools.openapi.headers import Parameter


@dataclass(frozen=True, slots=True)
class Response:
    """A successful response: its description, the type of its body (None for no body) and its headers."""

    description: str
    body: Any = None
    headers: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One route: `responses` are the successful ones by status, `problems` the statuses of its own problems."""

    id: str
    summary: str
    description: str
    tag: str
    responses: dict[int, Response]
    problems: frozenset[int] = frozenset()
    query: Any = None
    body: Any = None
    is_body_required: bool = True
    headers: tuple[Parameter, ...] = ()
    needs_key: bool = True
    media_types: tuple[str, ...] = ("application/json",)


Routes = dict[tuple[str, str], Operation]
