"""The response about the numbers of the last day."""

from typing_extensions import TypedDict

from buildium_sync.api.metrics import MetricsBody


class MetricsResponse(TypedDict):
    """The numbers of the last day."""

    metrics: MetricsBody
