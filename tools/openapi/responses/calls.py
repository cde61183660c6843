"""Responses about failed calls to Buildium."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.errors import ErrorCode


class FailedCall(TypedDict):
    """A call to Buildium that failed."""

    at: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    query: str | None
    requestBody: str | None
    status: int | None
    responseBody: str | None
    requestId: str | None
    durationMs: int
    errorCode: ErrorCode
    error: str


class FailedCalls(TypedDict):
    """A page of failed calls, newest first."""

    items: list[FailedCall]
    nextCursor: str | None
