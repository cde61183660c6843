"""The response to a batch of creates and updates."""

from typing import NotRequired

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from tools.openapi.responses.problem import Problem


class BatchResult(TypedDict):
    """The result of one item: the written entity, or a problem."""

    status: int
    externalId: str | None
    id: NotRequired[str]
    version: NotRequired[int]
    problem: NotRequired[Problem]


class BatchResults(TypedDict):
    """The results of a batch."""

    results: list[BatchResult]
