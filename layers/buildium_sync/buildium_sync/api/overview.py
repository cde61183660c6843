"""The overview for the console: the status of all syncs on one page. Its cost does not depend on the tables' size."""

from collections.abc import Callable
from typing import Any

from typing_extensions import TypedDict  # as in activity.entry

from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.clock import Clock, format_iso, parse_iso
from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import TYPE_NAMES
from buildium_sync.reconcile.imports.service import ImportService
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.metric_buckets import MetricBuckets
from buildium_sync.store.queues import DeadLetterQueues
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.store.webhook_rejections import RejectionStore

_UNFINISHED = (Status.PENDING, Status.SYNCING)
_OLDEST_SAMPLE_SIZE = 100
"""The syncs per status that are compared: those that are due first."""
_LOOKAHEAD_SECONDS = 86_400
"""Every unfinished sync is due within this time: delays and leases last for minutes."""
_NOW_MINUTES = 5
_MAX_PARALLEL_READS = 8


class RecentUsage(TypedDict):
    """The calls of the last `seconds`. `share` is their part of the limit, 0 to 1."""

    seconds: int
    calls: int
    share: float


class RateLimitUsage(TypedDict):
    """The use of Buildium's rate limit, which is in calls per second."""

    limit: float
    now: RecentUsage


class OldestPendingSync(TypedDict):
    """The pending sync that was requested first, and the error of its last attempt."""

    entityType: str
    entityId: str
    syncStatus: str
    errorCode: str | None
    errorMessage: str | None
    requestedAt: str
    ageSeconds: int


class OpenCircuit(TypedDict):
    """Calls that are paused: all of them (`outage`, `key`), or one kind (`GET /rentals`, `WRITE /leases`).

    `status` is that of the response that opened the circuit, null without a response. A probe call follows at
    `nextProbeAt`.
    """

    circuit: str
    status: int | None
    reason: str
    since: str
    nextProbeAt: str


class WebhookRejections(TypedDict):
    """Webhook requests rejected in a row since the last accepted one."""

    consecutive: int
    lastAt: str | None


OverviewBody = TypedDict(
    "OverviewBody",
    {
        "at": str,
        "entities": dict[str, dict[str, int]],
        "calls": RateLimitUsage,
        "openCircuits": list[OpenCircuit],
        "oldestPending": OldestPendingSync | None,
        "deadLetters": dict[str, int],
        "webhookRejections": WebhookRejections,
        # The body of `GET /api/buildium/import`.
        "import": dict[str, Any],
    },
)
"""The body. `entities` has counts by type and status, `deadLetters` by the function whose messages they are."""


class Overview:
    """Collects the overview. `rate_limit` is in calls per second."""

    def __init__(
        self,
        activity: TimelineStore,
        entities: EntityStore,
        metrics: MetricBuckets,
        rejections: RejectionStore,
        imports: ImportService,
        queues: DeadLetterQueues,
        circuits: CircuitBreakers,
        *,
        rate_limit: float,
        clock: Clock,
    ) -> None:
        self._activity = activity
        self._entities = entities
        self._metrics = metrics
        self._rejections = rejections
        self._imports = imports
        self._queues = queues
        self._circuits = circuits
        self._rate_limit = rate_limit
        self._clock = clock

    def read(self) -> OverviewBody:
        """Return the body of the overview."""
        now = self._clock()
        parts: dict[str, Callable[[], Any]] = {
            "entities": self._counts,
            "calls": lambda: self._rate_limit_usage(now),
            "openCircuits": self._open_circuits,
            "oldestPending": lambda: self._oldest_pending(now),
            "deadLetters": self._queues.counts,
            "webhookRejections": self._webhook_rejections,
            "import": self._imports.progress,
        }
        results = parallel_map(lambda part: part(), parts.values(), max_workers=_MAX_PARALLEL_READS)
        return {"at": format_iso(now), **dict(zip(parts, results, strict=True))}  # type: ignore[typeddict-item]

    def _counts(self) -> dict[str, dict[str, int]]:
        found = self._activity.counts()
        none = dict.fromkeys((status.value for status in Status), 0)
        return {name: {**none, **found.get(name, {})} for name in TYPE_NAMES}

    def _rate_limit_usage(self, now: float) -> RateLimitUsage:
        minute = int(now // 60)
        by_minute = self._metrics.calls(minute - _NOW_MINUTES + 1, minute)
        elapsed_seconds = now - (minute - _NOW_MINUTES + 1) * 60
        calls = sum(by_minute.values())
        return {
            "limit": self._rate_limit,
            "now": {
                "seconds": round(elapsed_seconds),
                "calls": calls,
                "share": min(round(calls / (elapsed_seconds * self._rate_limit), 3), 1.0),
            },
        }

    def _open_circuits(self) -> list[OpenCircuit]:
        return [
            {
                "circuit": name,
                "status": circuit.status,
                "reason": circuit.reason,
                "since": format_iso(circuit.since),
                "nextProbeAt": format_iso(circuit.until),
            }
            for name, circuit in sorted(self._circuits.open_circuits().items())
        ]

    def _oldest_pending(self, now: float) -> OldestPendingSync | None:
        until = format_iso(now + _LOOKAHEAD_SECONDS)
        found = [
            record for status in _UNFINISHED for record in self._entities.due(status, until, limit=_OLDEST_SAMPLE_SIZE)
        ]
        return _pending(min(found, key=lambda record: record.requested_at), now) if found else None

    def _webhook_rejections(self) -> WebhookRejections:
        streak = self._rejections.read()
        return {"consecutive": streak.count, "lastAt": streak.last_at}


def _pending(record: SyncRecord, now: float) -> OldestPendingSync:
    return {
        "entityType": record.ref.entity_type,
        "entityId": record.ref.entity_id,
        "syncStatus": record.status.value,
        "errorCode": record.error_code,
        "errorMessage": record.error_message,
        "requestedAt": record.requested_at,
        "ageSeconds": max(0, round(now - parse_iso(record.requested_at))),
    }
