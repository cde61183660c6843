"""Stores the numbers of a process for the charts of the console."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from buildium_sync.composition.runtime import runtime

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.domain.metric_counts import CALLS, MetricCounts
from buildium_sync.observability import logger
from buildium_sync.store.metric_buckets import MetricBuckets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INTERVAL_SECONDS = 5.0


class MetricFlusher:
    """Stores the numbers of a process at the end of an invocation.

    Calls to Buildium are stored at once, because the use of the rate limit is shown. Without a call there is at most
    one write in five seconds: the numbers of the last seconds wait for the next invocation, and end with the process.
    """

    def __init__(self, counts: MetricCounts, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._counts = counts
        self._client = client
        self._table = table
        self._stored_at = 0.0

    def flush(self) -> None:
        """Store the numbers if they are due. A failure is logged, and the numbers are too low."""
        now, names = runtime.clock(), self._counts.names()
        if not names or not (CALLS in names or now - self._stored_at >= _INTERVAL_SECONDS):
            return
        self._stored_at = now
        counts = self._counts.take()
        try:
            MetricBuckets(self._client(), self._table).add(counts)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Metrics could not be saved", extra={"counts": counts, "error": type(error).__name__})
