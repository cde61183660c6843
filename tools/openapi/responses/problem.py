"""Problems (RFC 9457)."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.errors import ErrorCode


class FieldError(TypedDict):
    """An invalid field and the reason."""

    field: str
    message: str


class Problem(TypedDict):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: NotRequired[int]
    detail: str
    errors: NotRequired[list[FieldError]]
    requestId: NotRequired[str]
    entityId: NotRequired[str]
    errorCode: NotRequired[ErrorCode | Literal["operator_required"]]
