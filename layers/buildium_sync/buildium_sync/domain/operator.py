"""Operators: named API keys with a role. Every other key is one of the application."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

_APPLICATION_ACTIONS = frozenset({("POST", "/api/buildium/sync"), ("POST", "/api/buildium/import")})
"""Writes below `/api/buildium` that the brief gives to the application."""
_OPERATOR_PATHS = ("/api/buildium/", "/api/webhooks/")
_OPERATOR_ACTIONS = frozenset({("POST", "/api/<collection>/<entity_id>/erasure")})
"""Writes elsewhere that only operators may send."""
READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OperatorNames = Callable[[Iterable[str]], Mapping[str, str]]
"""Returns the names of operators by the ids of their API keys."""


class Role(StrEnum):
    """What an operator may do: `read` only, or also write and act on syncs."""

    READ = "read"
    OPERATE = "operate"


class Operator(NamedTuple):
    """A person with an API key of their own. `api_key_id` is API Gateway's id of the key."""

    name: str
    role: Role
    api_key_id: str


class Caller(NamedTuple):
    """Who sends a request: an operator, or None for the application.

    `application_can_operate` says whether the application's keys may do what only operators may do otherwise.
    """

    operator: Operator | None
    application_can_operate: bool

    @property
    def can_write(self) -> bool:
        """Whether the caller may write entities, retry syncs and start imports."""
        return self.operator is None or self.operator.role is Role.OPERATE

    @property
    def can_operate(self) -> bool:
        """Whether the caller may do what only operators may do."""
        return self.application_can_operate if self.operator is None else self.operator.role is Role.OPERATE

    def to_response(self) -> dict[str, str | bool | None]:
        """Return it as the API shows it."""
        role = self.operator.role.value if self.operator else "application"
        name = self.operator.name if self.operator else None
        return {"name": name, "role": role, "canWrite": self.can_write, "canOperate": self.can_operate}

    def may(self, method: str, path: str) -> bool:
        """Return whether the caller may send a request to a path. Everyone may read."""
        if method in READ_METHODS:
            return True
        return self.can_operate if is_operator_action(method, path) else self.can_write


def is_operator_action(method: str, path: str) -> bool:
    """Return whether only operators may send a request. A new route below `/api/buildium` is one, unless listed."""
    if (method, path) in _OPERATOR_ACTIONS:
        return True
    is_write = method not in READ_METHODS
    return is_write and path.startswith(_OPERATOR_PATHS) and (method, path) not in _APPLICATION_ACTIONS


def names_of(operator_names: OperatorNames, api_key_ids: Iterable[str | None]) -> Mapping[str | None, str]:
    """Return the names of operators by the ids of their API keys. None is the id of what no client wrote."""
    ids = {each for each in api_key_ids if each is not None}
    return dict[str | None, str](operator_names(ids).items())
