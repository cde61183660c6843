"""Responses about operators."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12


class Caller(TypedDict):
    """The permissions of an API key."""

    name: str | None
    role: Literal["read", "operate", "application"]
    canWrite: bool
    canOperate: bool


class CallerResponse(TypedDict):
    """The permissions of the API key of the request."""

    operator: Caller
