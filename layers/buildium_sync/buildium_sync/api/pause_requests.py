"""Models of the request bodies that pause and resume the sync."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.api.request_bodies import MAX_REASON_LENGTH, STRICT, EntityTypeName

DirectionName = Literal["outbound", "inbound"]
_Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON_LENGTH)]


class PauseRequest(TypedDict):
    """A pause of one direction or both, of one entity type or of all, and why."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    direction: NotRequired[DirectionName]
    entityType: NotRequired[EntityTypeName]
    reason: _Reason


class ResumeRequest(TypedDict, total=False):
    """The end of the pauses of one direction or both, of one entity type or of all."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    direction: DirectionName
    entityType: EntityTypeName
    reason: _Reason
