"""A call to Buildium that failed, as it is stored for an operator."""

from typing import NamedTuple

from buildium_sync.domain.entity import EntityRef


class FailedCall(NamedTuple):
    """The request and the response, without secret values, and with bounded sizes.

    `ref` is the local entity that the call was made for, None if there is none. `query` and the bodies are JSON or
    plain text. `status` and `request_id` are None without a response. `error_code` is an `ErrorCode`.
    """

    ref: EntityRef | None
    method: str
    path: str
    query: str | None
    request_body: str | None
    status: int | None
    response_body: str | None
    request_id: str | None
    duration_ms: int
    error_code: str
    error: str
