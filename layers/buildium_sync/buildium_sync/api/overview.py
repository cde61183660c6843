"""How everything stands, on one page: what the console shows first. None of it grows with the tables."""

from collections.abc import Callable
from typing import Any

from typing_extensions import TypedDict  # as in activity.entry

from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.clock import Clock, format_iso, parse_iso
from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.entity_types.registry import ENTITY_TYPES
from buildium_sync.reconcile.imports.service import ImportService
from buildium_sync.store.call_counts import CallCountStore
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import DeadLetterQueues
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.store.webhook_rejections import RejectionStore

_UNDER_WAY = (Status.PENDING, Status.SYNCING)
_OLDEST_SAMPLE_SIZE = 100
"""Syncs in each of these states among which the oldest is looked for: those that are due first."""
_LOOKAHEAD_SECONDS = 86_400
"""Seconds from now in which every unfinished sync is due: waits and leases are minutes."""
_NOW_MINUTES = 5
_BUCKET_MINUTES = 15
_BUCKETS = 96
_MAX_PARALLEL_READS = 8
"""Parts of the overview that are asked for at once."""


class RecentUsage(TypedDict):
    """The calls of the last `seconds`; `share` is their part of what the limit allows, 0 to 1."""

    seconds: int
    calls: int
    share: float


class DailyUsage(TypedDict):
    """The calls of the last day, in steps of `bucketSeconds` from `begin` (ISO 8601) on, the last one unfinished."""

    begin: str
    bucketSeconds: int
    calls: list[int]


class RateLimitUsage(TypedDict):
    """The use of Buildium's limit, which is in calls a second."""

    limit: float
    now: RecentUsage
    day: DailyUsage


class OldestPendingSync(TypedDict):
    """The sync that has been wanted for the longest, and what its last attempt met."""

    entityType: str
    entityId: str
    syncStatus: str
    errorMessage: str | None
    requestedAt: str
    ageSeconds: int


class OpenCircuit(TypedDict):
    """Calls that are not made: all of them (`outage`, `key`), or of one kind (`GET /rentals`, `WRITE /leases`).

    `status` is that of the answer that opened the circuit, if there was one. At `nextProbeAt` one call probes it.
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
        # What `GET /api/buildium/import` answers.
        "import": dict[str, Any],
    },
)
"""The answer: `entities` counts by type and state, `deadLetters` by the function that gave up."""


class Overview:
    """Gathers the figures. `rate_limit` is in calls a second."""

    def __init__(
        self,
        activity: TimelineStore,
        entities: EntityStore,
        calls: CallCountStore,
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
        self._calls = calls
        self._rejections = rejections
        self._imports = imports
        self._queues = queues
        self._circuits = circuits
        self._rate_limit = rate_limit
        self._clock = clock

    def read(self) -> OverviewBody:
        """Return the overview as the API shows it."""
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
        told = parallel_map(lambda part: part(), parts.values(), most=_MAX_PARALLEL_READS)
        return {"at": format_iso(now), **dict(zip(parts, told, strict=True))}  # type: ignore[typeddict-item]

    def _counts(self) -> dict[str, dict[str, int]]:
        found = self._activity.counts()
        none = dict.fromkeys((status.value for status in Status), 0)
        return {each.name: {**none, **found.get(each.name, {})} for each in ENTITY_TYPES}

    def _rate_limit_usage(self, now: float) -> RateLimitUsage:
        minute = int(now // 60)
        begin = (minute // _BUCKET_MINUTES - _BUCKETS + 1) * _BUCKET_MINUTES
        by_minute = self._calls.read(begin, minute)
        buckets = [0] * _BUCKETS
        for each, calls in by_minute.items():
            buckets[(each - begin) // _BUCKET_MINUTES] += calls
        lasting = now - (minute - _NOW_MINUTES + 1) * 60
        calls = sum(by_minute.get(minute - ago, 0) for ago in range(_NOW_MINUTES))
        return {
            "limit": self._rate_limit,
            "now": {
                "seconds": round(lasting),
                "calls": calls,
                "share": min(round(calls / (lasting * self._rate_limit), 3), 1.0),
            },
            "day": {"begin": format_iso(begin * 60), "bucketSeconds": _BUCKET_MINUTES * 60, "calls": buckets},
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
            record for status in _UNDER_WAY for record in self._entities.due(status, until, limit=_OLDEST_SAMPLE_SIZE)
        ]
        return _pending(min(found, key=lambda record: record.requested_at), now) if found else None

    def _webhook_rejections(self) -> WebhookRejections:
        refused = self._rejections.read()
        return {"consecutive": refused.count, "lastAt": refused.last_at}


def _pending(record: SyncRecord, now: float) -> OldestPendingSync:
    return {
        "entityType": record.ref.entity_type,
        "entityId": record.ref.entity_id,
        "syncStatus": record.status.value,
        "errorMessage": record.error_message,
        "requestedAt": record.requested_at,
        "ageSeconds": max(0, round(now - parse_iso(record.requested_at))),
    }
