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

    from buildium_sync.api.entity_service import Records
    from buildium_sync.api.event_service import EventRetry
    from buildium_sync.api.overview import Overview
    from buildium_sync.api.review_service import Review
    from buildium_sync.buildium.call_counter import CallCount
    from buildium_sync.buildium.circuit_breaker import Circuits
    from buildium_sync.buildium.client import BuildiumClient
    from buildium_sync.buildium.list_reader import Listing
    from buildium_sync.buildium.rate_limiter.limiter import RateLimit
    from buildium_sync.buildium.rate_limiter.priority import Lane
    from buildium_sync.domain.conflicts import ConflictPolicy
    from buildium_sync.domain.entity import Via
    from buildium_sync.domain.entity_type import EntityType
    from buildium_sync.domain.failure_policy import RetryPolicy
    from buildium_sync.inbound.batch_applier import Observation
    from buildium_sync.inbound.event_processor import EventQueue, Processing
    from buildium_sync.inbound.inbound_sync import Inbound
    from buildium_sync.linking.auto_created import AutoCreated
    from buildium_sync.outbound.account_defaults import AccountCache
    from buildium_sync.outbound.buildium_writer import BuildiumWriter
    from buildium_sync.outbound.outbound_sync import Outbound
    from buildium_sync.outbound.retry import Retry
    from buildium_sync.outbound.sync_batch import Batch
    from buildium_sync.reconcile.drift.repair_worker import Repair
    from buildium_sync.reconcile.drift.service import Drifts
    from buildium_sync.reconcile.drift.worker import Comparison
    from buildium_sync.reconcile.imports.service import Imports
    from buildium_sync.reconcile.imports.worker import Importer
    from buildium_sync.reconcile.jobs.runner import Slices
    from buildium_sync.reconcile.jobs.time_budget import Timing
    from buildium_sync.reconcile.poller import Poll
    from buildium_sync.reconcile.sweeper import Sweep
    from buildium_sync.store.entities import EntityStore
    from buildium_sync.store.events import EventStore
    from buildium_sync.store.highest_ids import HighestIds
    from buildium_sync.store.jobs import JobStore
    from buildium_sync.store.queues import SyncMessage, SyncQueue, WakeQueue
    from buildium_sync.store.secrets import StoredCredentials
    from buildium_sync.store.timeline_pages import ActivityStore
    from buildium_sync.timeline.reader import Timeline
    from buildium_sync.timeline.recorder import Recorder
    from buildium_sync.webhooks.publisher import Publisher
    from buildium_sync.webhooks.receiver import Reception
    from buildium_sync.webhooks.rejection_monitor import Guard, RefusalCount

TimeLeft = Callable[[], float]
"""Gives the seconds before the running function is ended."""
clock: Clock = time.time
sleep: Callable[[float], None] = time.sleep
"""The time, and the waiting, of all that is put together here."""
WORKERS = 10
"""Entities of a batch that are worked on at once."""
_TAKEN_WITH = 10.0
"""Seconds beside a call's own time that an invocation must have left to take an entity that waits for its end."""
PROBE = 60.0
"""Seconds beside its own time that the one call may take which tries an open circuit: it may wait for its slot."""
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=WORKERS,
    # The SDK puts its own together anew, twice for each call, which takes as long as signing it.
    user_agent=f"buildium-sync Botocore/{botocore.__version__}",
)
_HASTY = _CONFIG.merge(Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1}))


def telling_of_calls(handler: Callable[[dict[str, Any], Any], Any]) -> Callable[[dict[str, Any], Any], Any]:
    """Let a handler write down, however it ends, how many calls to Buildium it made, and the highest ids it has seen.

    Once, after all else. Best effort: without them figures are too low, and a lost create has more candidates.
    """

    @wraps(handler)
    def wrapper(event: dict[str, Any], context: Any) -> Any:
        try:
            return handler(event, context)
        finally:
            _tell_of_calls()
            _store_highest_ids()

    return wrapper


def _tell_of_calls() -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    from buildium_sync.observability import logger
    from buildium_sync.store.call_counts import CallLog

    calls = _call_count().take()
    if not calls:
        return
    try:
        CallLog(_hasty_dynamodb(), settings().control_table).add(calls)
    except (BotoCoreError, ClientError) as error:
        logger.warning("Calls are not counted", extra={"calls": calls, "error": type(error).__name__})


def _store_highest_ids() -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    from buildium_sync.observability import logger

    try:
        _highest_ids().flush()
    except (BotoCoreError, ClientError) as error:
        logger.warning("The highest Buildium ids are not stored", extra={"error": type(error).__name__})


def meet_the_rate_limit() -> None:
    """Have a new process look at the slots that others have, so that they pass while it imports the rest and reads."""
    _rate_limit().meet()


def recorder() -> "Recorder":
    """Return what takes changes into the timelines and counts."""
    from buildium_sync.timeline.recorder import Recorder

    return Recorder(_activity(), clock)


def timeline() -> "Timeline":
    """Return what the API does with timelines."""
    from buildium_sync.timeline.reader import Timeline

    return Timeline(_activity(), clock)


def overview() -> "Overview":
    """Return what gathers the overview."""
    from buildium_sync.api.overview import Overview
    from buildium_sync.store.call_counts import CallLog
    from buildium_sync.store.queues import DeadLetterQueues
    from buildium_sync.store.webhook_rejections import Refusals

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
        CallLog(_dynamodb(), control),
        Refusals(_dynamodb(), control),
        imports(),
        DeadLetterQueues(_sqs(), urls),
        circuits(),
        rate_limit=settings().rate_limit,
        clock=clock,
    )


def records() -> "Records":
    """Return what the API does with entities."""
    from buildium_sync.api.entity_service import Records

    return Records(_entities(), clock, sleep)


def retry(time_left: TimeLeft) -> "Retry":
    """Return what the API does with failed syncs."""
    from buildium_sync.outbound.retry import Retry

    return Retry(_entities(), _sync_queue(), clock, time_left)


def event_retry() -> "EventRetry":
    """Return what the API does with stored events."""
    from buildium_sync.api.event_service import EventRetry

    return EventRetry(_events(), _event_queue(), clock)


def outbound(time_left: TimeLeft, lane: "Lane") -> "Outbound":
    """Return the flow to Buildium, for one invocation whose calls go in a lane."""
    from buildium_sync.outbound.adoption import Adoption
    from buildium_sync.outbound.attempt_recorder import Conclusion
    from buildium_sync.outbound.outbound_sync import Outbound

    client = _client(time_left, lane)

    def followers(entity_type: "EntityType", buildium_id: int, status: str | None) -> None:
        # The flow from Buildium is imported by the few syncs that need it.
        from buildium_sync.domain.entity import Via

        _inbound(client, Via.SYNC).refresh_followers(entity_type, buildium_id, status)

    return Outbound(
        _entities(),
        _writer(client),
        Adoption(client, _entities(), _highest_ids(), clock),
        _auto_created(client),
        _sync_queue(),
        Conclusion(_entities(), _sync_queue(), _policy(), settling=_settling(), clock=clock),
        _jobs(),
        followers=followers,
        settling=_settling(),
        enabled=settings().sync_enabled,
        clock=clock,
        time_left=time_left,
    )


def batch(time_left: TimeLeft, lane: "Lane") -> "Batch":
    """Return what works on the entities of one invocation of the sync function."""
    from buildium_sync.outbound.sync_batch import Batch

    needed = settings().timeout + _TAKEN_WITH
    return Batch(outbound(time_left, lane), _waiting_syncs, lambda: time_left() > needed)


def _waiting_syncs() -> "list[SyncMessage]":
    """Return entities whose turn has come, and whose message or stream record has not been worked on yet."""
    from buildium_sync.clock import iso
    from buildium_sync.domain.delivery import GRACE
    from buildium_sync.domain.sync_record import Status
    from buildium_sync.outbound.sync_batch import MOST_AT_ONCE
    from buildium_sync.store.queues import SyncMessage

    # A record is due its grace after its turn.
    now = clock()
    found = _entities().due(Status.PENDING, iso(now + GRACE), since=iso(now), limit=3 * MOST_AT_ONCE)
    return [SyncMessage.of(record) for record in found]


def processing(time_left: TimeLeft) -> "Processing":
    """Return the flow from Buildium, for one invocation."""
    from buildium_sync.buildium.rate_limiter.priority import Lane
    from buildium_sync.domain.entity import Via
    from buildium_sync.inbound.event_processor import Processing

    inbound = _inbound(_client(time_left, Lane.RETRY), Via.WEBHOOK)
    return Processing(inbound, _events(), _event_queue(), _policy(), clock)


def review() -> "Review":
    """Return what carries out a person's decisions."""
    from buildium_sync.api.review_service import Review

    return Review(_entities(), _jobs(), _sync_queue(), clock)


def imports() -> "Imports":
    """Return what begins imports and tells how far they are."""
    from buildium_sync.reconcile.imports.service import Imports

    return Imports(_jobs(), _wake_queue(), clock)


def importer(time_left: TimeLeft) -> "Importer":
    """Return what works on an import, for one invocation."""
    from buildium_sync.domain.entity import Via
    from buildium_sync.reconcile.imports.matcher import Matching
    from buildium_sync.reconcile.imports.worker import Importer

    listing, observation = _lists(time_left, Via.IMPORT)
    matching = Matching(_entities(), _sync_queue(), clock)
    return Importer(_types(), listing, observation, matching, _slices(time_left))


def drifts() -> "Drifts":
    """Return what begins comparisons and repairs and tells what they come to."""
    from buildium_sync.reconcile.drift.service import Drifts

    return Drifts(_jobs(), _wake_queue(), clock)


def comparison(time_left: TimeLeft) -> "Comparison":
    """Return what works on a comparison of both sides, for one invocation."""
    from buildium_sync.buildium.rate_limiter.priority import Lane
    from buildium_sync.reconcile.drift.differ import Judgement
    from buildium_sync.reconcile.drift.worker import Comparison, Reading
    from buildium_sync.reconcile.imports.matcher import Matching

    client = _client(time_left, Lane.RECONCILE)
    matching = Matching(_entities(), _sync_queue(), clock)
    judgement = Judgement(_entities(), _conflict_policy())
    reading = Reading(_entities(), client, _listing(client), matching, judgement)
    return Comparison(_types(), reading, _slices(time_left))


def repair(time_left: TimeLeft) -> "Repair":
    """Return what works on a repair, for one invocation."""
    from buildium_sync.buildium.rate_limiter.priority import Lane
    from buildium_sync.domain.entity import Via
    from buildium_sync.reconcile.drift.repair_worker import Means, Repair
    from buildium_sync.reconcile.imports.matcher import Matching

    client = _client(time_left, Lane.RECONCILE)
    inbound = _inbound(client, Via.REPAIR)
    matching = Matching(_entities(), _sync_queue(), clock)
    means = Means(_entities(), client, inbound, _observation(inbound), matching, retry(time_left))
    return Repair(_types(), means, _slices(time_left))


def poll(time_left: TimeLeft) -> "Poll":
    """Return what asks Buildium for changes, for one invocation."""
    from buildium_sync.domain.entity import Via
    from buildium_sync.entity_types.registry import ENTITY_TYPES
    from buildium_sync.reconcile.poller import Poll

    return Poll(ENTITY_TYPES, *_lists(time_left, Via.POLL), _jobs(), _timing(time_left))


@cache
def reception() -> "Reception":
    """Return what receives webhooks."""
    from buildium_sync.webhooks.receiver import Reception

    tolerance = settings().webhook_tolerance_seconds
    return Reception(_events(), _publisher(), credentials, _refusal_count(), tolerance_seconds=tolerance, clock=clock)


def sweep() -> "Sweep":
    """Return what takes up whatever got stuck."""
    from buildium_sync.reconcile.sweeper import Sweep

    enabled = settings().sync_enabled
    return Sweep(_entities(), _events(), _sync_queue(), _publisher(), enabled=enabled, clock=clock)


def guard() -> "Guard":
    """Return what looks after the webhook subscription."""
    from buildium_sync.store.webhook_rejections import Refusals
    from buildium_sync.webhooks.rejection_monitor import Guard

    return Guard(Refusals(_dynamodb(), settings().control_table), _events())


@cache
def circuits() -> "Circuits":
    """Return the circuits of the calls to Buildium."""
    from buildium_sync.buildium.circuit_breaker import Circuits

    return Circuits(_dynamodb(), settings().control_table, clock=clock, probe=settings().timeout + PROBE)


def credentials() -> Credentials:
    """Return the secrets: from Secrets Manager, kept for a while, or from the environment where no secret is named."""
    return _stored_credentials().current() if settings().secret_id else Credentials.from_mapping(os.environ)


def fresh_credentials() -> Credentials:
    """Return the secrets as they are now, and keep them."""
    return _stored_credentials().fresh() if settings().secret_id else Credentials.from_mapping(os.environ)


@cache
def _stored_credentials() -> "StoredCredentials":
    from buildium_sync.store.secrets import StoredCredentials

    return StoredCredentials(
        _secrets_manager, settings().secret_id, seconds=settings().secret_cache_seconds, clock=clock
    )


class _Loader(Loader):
    """Knows the services that clients are made for: the SDK's goes through the directories of all 440 to find them."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 -- each has a file of every type
        return ["dynamodb", "events", "secretsmanager", "sqs"]


@cache
def _aws() -> Session:
    """Return botocore's session: boto3's only adds resources and transfers, which nobody here wants, to each import."""
    session = get_session()
    session.register_component("data_loader", _Loader())
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
def _hasty_dynamodb() -> "DynamoDBClient":
    """Return a client for what an answer must not wait for."""
    return cast("DynamoDBClient", _aws().create_client("dynamodb", config=_HASTY))


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

    return AutoCreated(_entities(), client, settling=_settling(), clock=clock)


@cache
def _events() -> "EventStore":
    from buildium_sync.store.events import EventStore

    return EventStore(_dynamodb(), settings().events_table, clock=clock)


def _refusal_count() -> "RefusalCount":
    from buildium_sync.store.webhook_rejections import Refusals
    from buildium_sync.webhooks.rejection_monitor import RefusalCount

    return RefusalCount(lambda: Refusals(_hasty_dynamodb(), settings().control_table), clock)


@cache
def _activity() -> "ActivityStore":
    from buildium_sync.store.timeline_pages import ActivityStore

    return ActivityStore(_dynamodb(), settings().timeline_table)


@cache
def _sync_queue() -> "SyncQueue":
    from buildium_sync.store.queues import SyncQueue

    return SyncQueue(_sqs(), settings().sync_retry_queue_url, settings().sync_dead_letter_queue_url)


@cache
def _event_queue() -> "EventQueue":
    from buildium_sync.inbound.event_processor import EventQueue

    return EventQueue(_sqs(), settings().event_queue_url)


@cache
def _wake_queue() -> "WakeQueue":
    from buildium_sync.store.queues import WakeQueue

    return WakeQueue(_sqs(), settings().job_queue_url)


@cache
def _jobs() -> "JobStore":
    from buildium_sync.store.jobs import JobStore

    return JobStore(_dynamodb(), settings().control_table)


@cache
def _publisher() -> "Publisher":
    from buildium_sync.webhooks.publisher import Publisher

    return Publisher(_eventbridge(), settings().event_bus_name)


@cache
def _policy() -> "RetryPolicy":
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
def _call_count() -> "CallCount":
    from buildium_sync.buildium.call_counter import CallCount

    return CallCount(clock)


@cache
def _account_cache() -> "AccountCache":
    from buildium_sync.outbound.account_defaults import AccountCache
    from buildium_sync.store.cached_defaults import DefaultStore

    return AccountCache(DefaultStore(_dynamodb(), settings().control_table), clock)


def _settling() -> float:
    """A create may be committed until its call has timed out, and is listed within the settling time after that."""
    return settings().timeout + settings().settling_seconds


def _writer(client: "BuildiumClient") -> "BuildiumWriter":
    from buildium_sync.outbound.account_defaults import Account
    from buildium_sync.outbound.buildium_writer import BuildiumWriter

    account = Account(client, settings(), _account_cache())
    return BuildiumWriter(client, _entities(), account, _conflict_policy(), clock)


def _inbound(client: "BuildiumClient", via: "Via") -> "Inbound":
    from buildium_sync.inbound.inbound_sync import Inbound
    from buildium_sync.reconcile.imports.state import importing

    return Inbound(
        _entities(),
        client,
        _conflict_policy(),
        clock,
        via,
        auto_created=_auto_created(client),
        highest_ids=_highest_ids(),
        importing=lambda: importing(_jobs()),
    )


def _lists(time_left: TimeLeft, via: "Via") -> "tuple[Listing, Observation]":
    from buildium_sync.buildium.rate_limiter.priority import Lane

    client = _client(time_left, Lane.RECONCILE)
    return _listing(client), _observation(_inbound(client, via))


def _listing(client: "BuildiumClient") -> "Listing":
    from buildium_sync.buildium.list_reader import Listing

    return Listing(client)


def _observation(inbound: "Inbound") -> "Observation":
    from buildium_sync.inbound.batch_applier import Observation

    return Observation(_entities(), inbound, workers=WORKERS)


def _types() -> "dict[str, EntityType]":
    from buildium_sync.entity_types.registry import ENTITY_TYPES

    return {entity_type.name: entity_type for entity_type in ENTITY_TYPES}


def _slices(time_left: TimeLeft) -> "Slices":
    from buildium_sync.reconcile.jobs.runner import Slices

    return Slices(_jobs(), _wake_queue(), _timing(time_left))


def _timing(time_left: TimeLeft) -> "Timing":
    from buildium_sync.reconcile.jobs.time_budget import Timing

    every = settings().poll_seconds if settings().sync_enabled else 0
    return Timing(every, clock, time_left)


def _client(time_left: TimeLeft, lane: "Lane") -> "BuildiumClient":
    from buildium_sync.buildium.client import BuildiumClient

    return BuildiumClient(
        _session(),
        base_url=settings().base_url,
        credentials=credentials,
        fresh_credentials=fresh_credentials,
        rate_limit=_rate_limit(),
        circuits=circuits(),
        timeout=settings().timeout,
        time_left=time_left,
        lane=lane,
    )


@cache
def _rate_limit() -> "RateLimit":
    """Return the process's one, which keeps what it has learned from one invocation to the next."""
    from buildium_sync.buildium.rate_limiter.limiter import RateLimit

    return RateLimit(_dynamodb(), settings().control_table, rate=settings().rate_limit, clock=clock, sleep=sleep)
