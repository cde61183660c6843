"""Responses about the change feed."""

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.domain.change_event import Change


class Changes(TypedDict):
    """A page of changes, oldest first."""

    items: list[Change]
    nextCursor: str
    hasMore: bool
