"""Starts a drift check of all types every night, and reports what it found."""

from collections.abc import Sequence

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.observability import logger, record_metric
from buildium_sync.reconcile.drift.report import DriftState
from buildium_sync.reconcile.drift.service import DriftService
from buildium_sync.reconcile.imports.service import ImportService
from buildium_sync.reconcile.recurrence import Recurrence, Recurring

_AT_HOUR = 8
"""08:00 UTC is the night in the United States, where Buildium's customers are."""


class NightlyDrift:
    """Starts drift checks every `every_hours`; 0 turns them off."""

    def __init__(
        self,
        drift: DriftService,
        imports: ImportService,
        recurring: Recurring,
        entity_types: Sequence[str],
        *,
        every_hours: int,
    ) -> None:
        self._drift = drift
        self._imports = imports
        self._recurring = recurring
        self._entity_types = entity_types
        self._every_hours = every_hours

    def start_if_due(self) -> bool:
        """Start the drift check of this interval if it has not started yet, and return whether it started."""
        if not self._every_hours:
            return False
        return self._recurring.run_if_due(Recurrence("nightly-drift", self._every_hours, _AT_HOUR), self._start)

    def _start(self) -> bool:
        """Start the drift check. Return False while an import or another drift check runs: it starts afterwards."""
        if self._imports.current().unfinished or not self._drift.start_nightly(self._entity_types):
            return False
        logger.info("Nightly drift check started")
        return True


def report_finished(drift: DriftState, entity_types: Sequence[str]) -> None:
    """Record the number of differences as a metric, unless the drift check left out a type."""
    if set(entity_types) <= drift.types.keys():
        record_metric("DriftedEntities", drift.differences, MetricUnit.Count)
