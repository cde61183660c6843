"""Responses about the control state."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.domain.pauses import Direction


class SyncPause(TypedDict):
    """A paused direction of the sync."""

    direction: Direction
    entityType: str | None
    since: str | None
    by: str | None
    reason: str


class ControlChange(TypedDict):
    """A pause or resume."""

    at: str
    action: Literal["pause", "resume"]
    direction: Direction
    entityType: str | None
    by: str | None
    reason: str | None


class Control(TypedDict):
    """What is paused."""

    startMode: Literal["normal", "observe-only"]
    pauses: list[SyncPause]
    changes: list[ControlChange]


class ControlResponse(TypedDict):
    """The control state."""

    control: Control
