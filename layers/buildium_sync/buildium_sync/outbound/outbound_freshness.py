"""The freshness of outbound syncs, as a metric."""

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.clock import parse_iso
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.observability import record_metric


def record_freshness(before: SyncRecord, after: SyncRecord, now: float) -> None:
    """Record how many seconds after its request a version is synced, if this write made it so."""
    if after.is_synced and not before.is_synced:
        record_metric("OutboundFreshness", max(0.0, now - parse_iso(before.requested_at)), MetricUnit.Seconds)
