"""Responses about the Buildium account."""

from typing import NotRequired

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.account.check import CheckStatus


class Reference(TypedDict):
    """An item of a list in Buildium that can be chosen."""

    id: int
    name: str
    number: NotRequired[str | None]
    type: NotRequired[str | None]


class References(TypedDict):
    """A list of the Buildium account."""

    items: list[Reference]
    readAt: str


class ConnectionFinding(TypedDict):
    """The result of one check."""

    name: str
    status: CheckStatus
    detail: str
    remedy: str | None


class Connection(TypedDict):
    """Whether the connection to Buildium is ready."""

    ready: bool
    calls: int
    checks: list[ConnectionFinding]
