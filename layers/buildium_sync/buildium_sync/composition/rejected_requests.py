"""Counts the rejected requests of the webhook function. Imported at the first one."""

from buildium_sync.composition.metrics import MetricFlusher
from buildium_sync.composition.runtime import runtime

from buildium_sync.domain.metric_counts import REQUESTS_REJECTED, MetricCounts


class RejectedRequests:
    """The rejected requests of this process, stored by one write in five seconds."""

    def __init__(self, control_table: str) -> None:
        self._counts = MetricCounts(runtime.clock)
        self._flusher = MetricFlusher(self._counts, lambda: runtime.clients.best_effort_dynamodb, control_table)

    def add_rejection(self) -> None:
        """Count a request, and store the number if it is due."""
        self._counts.add(REQUESTS_REJECTED)
        self._flusher.flush()
