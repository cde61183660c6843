"""Responses about erasures."""

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.reconcile.erasure.state import ErasureStatus


class Erasure(TypedDict):
    """The last erasure of an entity."""

    entityType: str
    entityId: str
    status: ErasureStatus
    requestedAt: str | None
    by: str | None
    finishedAt: str | None
    error: str | None


class ErasureResponse(TypedDict):
    """An erasure of one entity."""

    erasure: Erasure
