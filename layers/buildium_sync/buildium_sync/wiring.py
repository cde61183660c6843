"""The one place that builds clients and puts the parts together, each on first use.

Imports stand inside the functions: each Lambda function wants some of the parts, and importing all of them would
make every cold start pay for the slowest.
"""

# ruff: noqa: PLC0415 -- see above

import os
import time
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, cast

import botocore
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session, get_session

from buildium_sync.clock import Clock
from buildium_sync.settings import Credentials, settings

if TYPE_CHECKING:
    import requests
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from buildium_sync.api.entity_service import EntityService
    from buildium_sync.api.event_service import EventService
    from buildium_sync.api.overview import Overview
    from buildium_sync.api.review_service import ReviewService
    from buildium_sync.buildium.call_counter import CallCounter
    from buildium_sync.buildium.circuit_breaker import CircuitBreakers
    from buildium_sync.buildium.client import BuildiumClient
    from buildium_sync.buildium.list_reader import ListReader
    from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
    from buildium_sync.buildium.rate_limiter.priority import Priority
    from buildium_sync.domain.conflicts import ConflictPolicy
    from buildium_sync.domain.entity import ChangeSource
    from buildium_sync.domain.entity_type import EntityType
    from buildium_sync.domain.failure_policy import RetryPolicy
    from buildium_sync.inbound.batch_applier import BatchApplier
    from buildium_sync.inbound.event_processor import EventProcessor, EventQueue
    from buildium_sync.inbound.inbound_sync import InboundSync
    from buildium_sync.linking.auto_created import AutoCreated
    from buildium_sync.outbound.account_defaults import AccountDefaultsCache
    from buildium_sync.outbound.buildium_writer import BuildiumWriter
    from buildium_sync.outbound.outbound_sync import OutboundSync
    from buildium_sync.outbound.retry import SyncRetrier
    from buildium_sync.outbound.sync_batch import Batch
    from buildium_sync.reconcile.drift.repair_worker import RepairWorker
    from buildium_sync.reconcile.drift.service import DriftService
    from buildium_sync.reconcile.drift.worker import DriftWorker
    from buildium_sync.reconcile.imports.service import ImportService
    from buildium_sync.reconcile.imports.worker import ImportWorker
    from buildium_sync.reconcile.jobs.runner import JobRunner
    from buildium_sync.reconcile.jobs.time_budget import TimeBudget
    from buildium_sync.reconcile.poller import Poller
    from buildium_sync.reconcile.sweeper import Sweeper
    from buildium_sync.store.entities import EntityStore
    from buildium_sync.store.events import EventStore
    from buildium_sync.store.highest_ids import HighestIds
    from buildium_sync.store.jobs import JobStore
    from buildium_sync.store.queues import JobQueue, SyncMessage, SyncQueue
    from buildium_sync.store.secrets import SecretCache
    from buildium_sync.store.timeline_pages import TimelineStore
    from buildium_sync.timeline.reader import TimelineReader
    from buildium_sync.timeline.recorder import TimelineRecorder
    from buildium_sync.webhooks.publisher import EventPublisher
    from buildium_sync.webhooks.receiver import WebhookReceiver
    from buildium_sync.webhooks.rejection_monitor import RejectionCounter, RejectionMonitor

TimeLeft = Callable[[], float]
"""Gives the seconds before the running function is ended."""
clock: Clock = time.time
sleep: Callable[[float], None] = time.sleep
"""The time, and the waiting, of all that is put together here."""
WORKERS = 10
"""Entities of a batch that are worked on at once."""
_TAKEN_WITH = 10.0
"""Seconds beside a call's own time that an invocation must have left to take an entity that waits for its end."""
PROBE_MARGIN_SECONDS = 60.0
"""Seconds beside its own time that the one call may take which tries an open circuit: it may wait for its slot."""
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=WORKERS,
    # The SDK puts its own together anew, twice for each call, which takes as long as signing it.
    user_agent=f"buildium-sync Botocore/{botocore.__version__}",
)
_BEST_EFFORT_CONFIG = _CONFIG.merge(Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1}))


def flush_call_counts(handler: Callable[[dict[str, Any], Any], Any]) -> Callable[[dict[str, Any], Any], Any]:
    """Let a handler write down, however it ends, how many calls to Buildium it made, and the highest ids it has seen.

    Once, after all else. Best effort: without them figures are too low, and a lost create has more candidates.
    """

    @wraps(handler)
    def wrapper(event: dict[str, Any], context: Any) -> Any:
        try:
            return handler(event, context)
        finally:
            _flush_call_counts()
            _store_highest_ids()

    return wrapper


def _flush_call_counts() -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    from buildium_sync.observability import logger
    from buildium_sync.store.call_counts import CallCountStore

    calls = _call_count().take()
    if not calls:
        return
    try:
        CallCountStore(_best_effort_dynamodb(), settings().control_table).add(calls)
    except (BotoCoreError, ClientError) as error:
        logger.warning("Buildium call counts could not be saved", extra={"calls": calls, "error": type(error).__name__})


def _store_highest_ids() -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    from buildium_sync.observability import logger

    try:
        _highest_ids().flush()
    except (BotoCoreError, ClientError) as error:
        logger.warning("Highest Buildium ids could not be saved", extra={"error": type(error).__name__})


def warm_up_rate_limiter() -> None:
    """Have a new process look at the slots that others have, so that they pass while it imports the rest and reads."""
    _rate_limit().warm_up()


def recorder() -> "TimelineRecorder":
    """Return what takes changes into the timelines and counts."""
    from buildium_sync.timeline.recorder import TimelineRecorder

    return TimelineRecorder(_activity(), clock)


def timeline() -> "TimelineReader":
    """Return what the API does with timelines."""
    from buildium_sync.timeline.reader import TimelineReader

    return TimelineReader(_activity(), clock)


def overview() -> "Overview":
    """Return what gathers the overview."""
    from buildium_sync.api.overview import Overview
    from buildium_sync.store.call_counts import CallCountStore
    from buildium_sync.store.queues import DeadLetterQueues
    from buildium_sync.store.webhook_rejections import RejectionStore

    urls = {
        "sync": settings().sync_dead_letter_queue_url,
        "events": settings().event_dead_letter_queue_url,
        "schedule": settings().schedule_failure_queue_url,
        "jobs": settings().job_dead_letter_queue_url,
        "timeline": settings().timeline_dead_letter_queue_url,
    }
    control = settings().control_table
    return Overview(
        _activity(),
        _entities(),
        CallCountStore(_dynamodb(), control),
        RejectionStore(_dynamodb(), control),
        imports(),
        DeadLetterQueues(_sqs(), urls),
        circuits(),
        rate_limit=settings().rate_limit,
        clock=clock,
    )


def records() -> "EntityService":
    """Return what the API does with entities."""
    from buildium_sync.api.entity_service import EntityService

    return EntityService(_entities(), clock, sleep)


def retry(time_left: TimeLeft) -> "SyncRetrier":
    """Return what the API does with failed syncs."""
    from buildium_sync.outbound.retry import SyncRetrier

    return SyncRetrier(_entities(), _sync_queue(), clock, time_left)


def event_retry() -> "EventService":
    """Return what the API does with stored events."""
    from buildium_sync.api.event_service import EventService

    return EventService(_events(), _event_queue(), clock)


def outbound(time_left: TimeLeft, lane: "Priority") -> "OutboundSync":
    """Return the flow to Buildium, for one invocation whose calls go in a lane."""
    from buildium_sync.outbound.adoption import Adoption
    from buildium_sync.outbound.attempt_recorder import AttemptRecorder
    from buildium_sync.outbound.outbound_sync import OutboundSync

    client = _client(time_left, lane)

    def followers(entity_type: "EntityType", buildium_id: int, status: str | None) -> None:
        # The flow from Buildium is imported by the few syncs that need it.
        from buildium_sync.domain.entity import ChangeSource

        _inbound(client, ChangeSource.SYNC).refresh_followers(entity_type, buildium_id, status)

    return OutboundSync(
        _entities(),
        _writer(client),
        Adoption(client, _entities(), _highest_ids(), clock),
        _auto_created(client),
        _sync_queue(),
        AttemptRecorder(
            _entities(), _sync_queue(), _retry_policy(), visibility_delay=_create_visibility_delay(), clock=clock
        ),
        _jobs(),
        followers=followers,
        visibility_delay=_create_visibility_delay(),
        enabled=settings().sync_enabled,
        clock=clock,
        time_left=time_left,
    )


def batch(time_left: TimeLeft, lane: "Priority") -> "Batch":
    """Return what works on the entities of one invocation of the sync function."""
    from buildium_sync.outbound.sync_batch import Batch

    needed = settings().timeout + _TAKEN_WITH
    return Batch(outbound(time_left, lane), _waiting_syncs, lambda: time_left() > needed)


def _waiting_syncs() -> "list[SyncMessage]":
    """Return entities whose turn has come, and whose message or stream record has not been worked on yet."""
    from buildium_sync.clock import format_iso
    from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
    from buildium_sync.domain.sync_record import Status
    from buildium_sync.outbound.sync_batch import MOST_AT_ONCE
    from buildium_sync.store.queues import SyncMessage

    # A record is due its grace after its turn.
    now = clock()
    found = _entities().due(
        Status.PENDING, format_iso(now + DELIVERY_GRACE_SECONDS), since=format_iso(now), limit=3 * MOST_AT_ONCE
    )
    return [SyncMessage.of(record) for record in found]


def processing(time_left: TimeLeft) -> "EventProcessor":
    """Return the flow from Buildium, for one invocation."""
    from buildium_sync.buildium.rate_limiter.priority import Priority
    from buildium_sync.domain.entity import ChangeSource
    from buildium_sync.inbound.event_processor import EventProcessor

    inbound = _inbound(_client(time_left, Priority.RETRY), ChangeSource.WEBHOOK)
    return EventProcessor(inbound, _events(), _event_queue(), _retry_policy(), clock)


def review() -> "ReviewService":
    """Return what carries out a person's decisions."""
    from buildium_sync.api.review_service import ReviewService

    return ReviewService(_entities(), _jobs(), _sync_queue(), clock)


def imports() -> "ImportService":
    """Return what begins imports and tells how far they are."""
    from buildium_sync.reconcile.imports.service import ImportService

    return ImportService(_jobs(), _wake_queue(), clock)


def importer(time_left: TimeLeft) -> "ImportWorker":
    """Return what works on an import, for one invocation."""
    from buildium_sync.domain.entity import ChangeSource
    from buildium_sync.reconcile.imports.matcher import Matcher
    from buildium_sync.reconcile.imports.worker import ImportWorker

    listing, observation = _list_tools(time_left, ChangeSource.IMPORT)
    matching = Matcher(_entities(), _sync_queue(), clock)
    return ImportWorker(_entity_types_by_name(), listing, observation, matching, _job_runner(time_left))


def drifts() -> "DriftService":
    """Return what begins comparisons and repairs and tells what they come to."""
    from buildium_sync.reconcile.drift.service import DriftService

    return DriftService(_jobs(), _wake_queue(), clock)


def comparison(time_left: TimeLeft) -> "DriftWorker":
    """Return what works on a comparison of both sides, for one invocation."""
    from buildium_sync.buildium.rate_limiter.priority import Priority
    from buildium_sync.reconcile.drift.differ import Differ
    from buildium_sync.reconcile.drift.worker import DriftReaders, DriftWorker
    from buildium_sync.reconcile.imports.matcher import Matcher

    client = _client(time_left, Priority.BACKGROUND)
    matching = Matcher(_entities(), _sync_queue(), clock)
    judgement = Differ(_entities(), _conflict_policy())
    reading = DriftReaders(_entities(), client, _listing(client), matching, judgement)
    return DriftWorker(_entity_types_by_name(), reading, _job_runner(time_left))


def repair(time_left: TimeLeft) -> "RepairWorker":
    """Return what works on a repair, for one invocation."""
    from buildium_sync.buildium.rate_limiter.priority import Priority
    from buildium_sync.domain.entity import ChangeSource
    from buildium_sync.reconcile.drift.repair_worker import RepairTools, RepairWorker
    from buildium_sync.reconcile.imports.matcher import Matcher

    client = _client(time_left, Priority.BACKGROUND)
    inbound = _inbound(client, ChangeSource.REPAIR)
    matching = Matcher(_entities(), _sync_queue(), clock)
    means = RepairTools(_entities(), client, inbound, _observation(inbound), matching, retry(time_left))
    return RepairWorker(_entity_types_by_name(), means, _job_runner(time_left))


def poll(time_left: TimeLeft) -> "Poller":
    """Return what asks Buildium for changes, for one invocation."""
    from buildium_sync.domain.entity import ChangeSource
    from buildium_sync.entity_types.registry import ENTITY_TYPES
    from buildium_sync.reconcile.poller import Poller

    return Poller(ENTITY_TYPES, *_list_tools(time_left, ChangeSource.POLL), _jobs(), _time_budget(time_left))


@cache
def reception() -> "WebhookReceiver":
    """Return what receives webhooks."""
    from buildium_sync.webhooks.receiver import WebhookReceiver

    tolerance = settings().webhook_tolerance_seconds
    return WebhookReceiver(
        _events(), _publisher(), credentials, _refusal_count(), tolerance_seconds=tolerance, clock=clock
    )


def sweep() -> "Sweeper":
    """Return what takes up whatever got stuck."""
    from buildium_sync.reconcile.sweeper import Sweeper

    enabled = settings().sync_enabled
    return Sweeper(_entities(), _events(), _sync_queue(), _publisher(), enabled=enabled, clock=clock)


def guard() -> "RejectionMonitor":
    """Return what looks after the webhook subscription."""
    from buildium_sync.store.webhook_rejections import RejectionStore
    from buildium_sync.webhooks.rejection_monitor import RejectionMonitor

    return RejectionMonitor(RejectionStore(_dynamodb(), settings().control_table), _events())


@cache
def circuits() -> "CircuitBreakers":
    """Return the circuits of the calls to Buildium."""
    from buildium_sync.buildium.circuit_breaker import CircuitBreakers

    return CircuitBreakers(
        _dynamodb(), settings().control_table, clock=clock, probe=settings().timeout + PROBE_MARGIN_SECONDS
    )


def credentials() -> Credentials:
    """Return the secrets: from Secrets Manager, kept for a while, or from the environment where no secret is named."""
    return _stored_credentials().current() if settings().secret_id else Credentials.from_mapping(os.environ)


def reload_credentials() -> Credentials:
    """Return the secrets as they are now, and keep them."""
    return _stored_credentials().fresh() if settings().secret_id else Credentials.from_mapping(os.environ)


@cache
def _stored_credentials() -> "SecretCache":
    from buildium_sync.store.secrets import SecretCache

    return SecretCache(_secrets_manager, settings().secret_id, seconds=settings().secret_cache_seconds, clock=clock)


class _KnownServicesLoader(Loader):
    """Knows the services that clients are made for: the SDK's goes through the directories of all 440 to find them."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 -- each has a file of every type
        return ["dynamodb", "events", "secretsmanager", "sqs"]


@cache
def _aws() -> Session:
    """Return botocore's session: boto3's only adds resources and transfers, which nobody here wants, to each import."""
    session = get_session()
    session.register_component("data_loader", _KnownServicesLoader())
    return session


@cache
def _secrets_manager() -> "SecretsManagerClient":
    return cast("SecretsManagerClient", _aws().create_client("secretsmanager", config=_CONFIG))


@cache
def _dynamodb() -> "DynamoDBClient":
    # The SDK's own look at each parameter takes a sixth of a create. Tests make every call with it; DynamoDB looks too.
    config = _CONFIG.merge(Config(parameter_validation=False))
    return cast("DynamoDBClient", _aws().create_client("dynamodb", config=config))


@cache
def _best_effort_dynamodb() -> "DynamoDBClient":
    """Return a client for what an answer must not wait for."""
    return cast("DynamoDBClient", _aws().create_client("dynamodb", config=_BEST_EFFORT_CONFIG))


@cache
def _sqs() -> "SQSClient":
    return cast("SQSClient", _aws().create_client("sqs", config=_CONFIG))


@cache
def _eventbridge() -> "EventBridgeClient":
    return cast("EventBridgeClient", _aws().create_client("events", config=_CONFIG))


@cache
def _entities() -> "EntityStore":
    from buildium_sync.store.entities import EntityStore

    return EntityStore(_dynamodb(), settings().entities_table, sleep=sleep)


@cache
def _highest_ids() -> "HighestIds":
    from buildium_sync.store.highest_ids import HighestIds

    return HighestIds(_dynamodb(), settings().control_table)


def _auto_created(client: "BuildiumClient") -> "AutoCreated":
    from buildium_sync.linking.auto_created import AutoCreated

    return AutoCreated(_entities(), client, visibility_delay=_create_visibility_delay(), clock=clock)


@cache
def _events() -> "EventStore":
    from buildium_sync.store.events import EventStore

    return EventStore(_dynamodb(), settings().events_table, clock=clock)


def _refusal_count() -> "RejectionCounter":
    from buildium_sync.store.webhook_rejections import RejectionStore
    from buildium_sync.webhooks.rejection_monitor import RejectionCounter

    return RejectionCounter(lambda: RejectionStore(_best_effort_dynamodb(), settings().control_table), clock)


@cache
def _activity() -> "TimelineStore":
    from buildium_sync.store.timeline_pages import TimelineStore

    return TimelineStore(_dynamodb(), settings().timeline_table)


@cache
def _sync_queue() -> "SyncQueue":
    from buildium_sync.store.queues import SyncQueue

    return SyncQueue(_sqs(), settings().sync_retry_queue_url, settings().sync_dead_letter_queue_url)


@cache
def _event_queue() -> "EventQueue":
    from buildium_sync.inbound.event_processor import EventQueue

    return EventQueue(_sqs(), settings().event_queue_url)


@cache
def _wake_queue() -> "JobQueue":
    from buildium_sync.store.queues import JobQueue

    return JobQueue(_sqs(), settings().job_queue_url)


@cache
def _jobs() -> "JobStore":
    from buildium_sync.store.jobs import JobStore

    return JobStore(_dynamodb(), settings().control_table)


@cache
def _publisher() -> "EventPublisher":
    from buildium_sync.webhooks.publisher import EventPublisher

    return EventPublisher(_eventbridge(), settings().event_bus_name)


@cache
def _retry_policy() -> "RetryPolicy":
    from buildium_sync.domain.failure_policy import RetryPolicy

    return RetryPolicy(settings().retry_attempts, settings().retry_delay)


@cache
def _conflict_policy() -> "ConflictPolicy":
    from buildium_sync.domain.conflicts import ConflictPolicy
    from buildium_sync.entity_types.registry import ENTITY_TYPES

    return ConflictPolicy.from_text(settings().conflict_policy, [entity_type.name for entity_type in ENTITY_TYPES])


@cache
def _session() -> "requests.Session":
    from buildium_sync.buildium.transport import new_session

    return new_session(WORKERS, _call_count())


@cache
def _call_count() -> "CallCounter":
    from buildium_sync.buildium.call_counter import CallCounter

    return CallCounter(clock)


@cache
def _account_cache() -> "AccountDefaultsCache":
    from buildium_sync.outbound.account_defaults import AccountDefaultsCache
    from buildium_sync.store.cached_defaults import AccountDefaultStore

    return AccountDefaultsCache(AccountDefaultStore(_dynamodb(), settings().control_table), clock)


def _create_visibility_delay() -> float:
    """A create may be committed until its call has timed out, and is listed within the settling time after that."""
    return settings().timeout + settings().settling_seconds


def _writer(client: "BuildiumClient") -> "BuildiumWriter":
    from buildium_sync.outbound.account_defaults import AccountDefaults
    from buildium_sync.outbound.buildium_writer import BuildiumWriter

    account = AccountDefaults(client, settings(), _account_cache())
    return BuildiumWriter(client, _entities(), account, _conflict_policy(), clock)


def _inbound(client: "BuildiumClient", via: "ChangeSource") -> "InboundSync":
    from buildium_sync.inbound.inbound_sync import InboundSync
    from buildium_sync.reconcile.imports.state import types_being_imported

    return InboundSync(
        _entities(),
        client,
        _conflict_policy(),
        clock,
        via,
        auto_created=_auto_created(client),
        highest_ids=_highest_ids(),
        importing=lambda: types_being_imported(_jobs()),
    )


def _list_tools(time_left: TimeLeft, via: "ChangeSource") -> "tuple[ListReader, BatchApplier]":
    from buildium_sync.buildium.rate_limiter.priority import Priority

    client = _client(time_left, Priority.BACKGROUND)
    return _listing(client), _observation(_inbound(client, via))


def _listing(client: "BuildiumClient") -> "ListReader":
    from buildium_sync.buildium.list_reader import ListReader

    return ListReader(client)


def _observation(inbound: "InboundSync") -> "BatchApplier":
    from buildium_sync.inbound.batch_applier import BatchApplier

    return BatchApplier(_entities(), inbound, workers=WORKERS)


def _entity_types_by_name() -> "dict[str, EntityType]":
    from buildium_sync.entity_types.registry import ENTITY_TYPES

    return {entity_type.name: entity_type for entity_type in ENTITY_TYPES}


def _job_runner(time_left: TimeLeft) -> "JobRunner":
    from buildium_sync.reconcile.jobs.runner import JobRunner

    return JobRunner(_jobs(), _wake_queue(), _time_budget(time_left))


def _time_budget(time_left: TimeLeft) -> "TimeBudget":
    from buildium_sync.reconcile.jobs.time_budget import TimeBudget

    every = settings().poll_seconds if settings().sync_enabled else 0
    return TimeBudget(every, clock, time_left)


def _client(time_left: TimeLeft, lane: "Priority") -> "BuildiumClient":
    from buildium_sync.buildium.client import BuildiumClient

    return BuildiumClient(
        _session(),
        base_url=settings().base_url,
        credentials=credentials,
        reload_credentials=reload_credentials,
        rate_limit=_rate_limit(),
        circuits=circuits(),
        timeout=settings().timeout,
        time_left=time_left,
        lane=lane,
    )


@cache
def _rate_limit() -> "RateLimiter":
    """Return the process's one, which keeps what it has learned from one invocation to the next."""
    from buildium_sync.buildium.rate_limiter.limiter import RateLimiter

    return RateLimiter(_dynamodb(), settings().control_table, rate=settings().rate_limit, clock=clock, sleep=sleep)
