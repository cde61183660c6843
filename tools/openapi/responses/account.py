"""Responses about the Buildium account."""

from typing import NotRequired

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12


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
