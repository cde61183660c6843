"""Reports how many syncs are in each state, once a minute. So an alarm lasts as long as the state that raised it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.domain.sync_status import Status
from buildium_sync.observability import record_metric
from buildium_sync.store.timeline_pages import TimelineStore


@dataclass(frozen=True, slots=True)
class SyncTotals:
    """The number of entities of all types by sync status. Entities that were deleted in Buildium are left out."""

    by_status: Mapping[str, int]

    @classmethod
    def of(cls, counts: Mapping[str, Mapping[str, int]]) -> Self:
        """Add the counts of all types, which are by type and status."""
        totals = Counter[str]()
        for by_status in counts.values():
            totals.update(by_status)
        totals.pop(Status.DELETED, None)
        return cls(totals)

    def __getitem__(self, status: Status) -> int:
        """Return the number of entities with a status."""
        return self.by_status.get(status.value, 0)

    @property
    def entities(self) -> int:
        """The number of all entities."""
        return sum(self.by_status.values())

    @property
    def in_sync_percent(self) -> float:
        """The percentage of entities that are synced; 100 without entities."""
        return 100 * self[Status.SYNCED] / self.entities if self.entities else 100.0


class SyncGauges:
    """Reports the states of all syncs from the counts of the timeline table, which cost one query."""

    def __init__(self, timelines: TimelineStore) -> None:
        self._timelines = timelines

    def report(self) -> float:
        """Record the gauges as metrics, and return the percentage of entities in sync."""
        totals = SyncTotals.of(self._timelines.counts())
        record_metric("FailedSyncs", totals[Status.FAILED], MetricUnit.Count)
        record_metric("BlockedSyncs", totals[Status.BLOCKED], MetricUnit.Count)
        record_metric("SyncsInReview", totals[Status.NEEDS_REVIEW], MetricUnit.Count)
        record_metric("InSyncPercent", totals.in_sync_percent, MetricUnit.Percent)
        return round(totals.in_sync_percent, 2)
