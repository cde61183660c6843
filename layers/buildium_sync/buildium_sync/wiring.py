"""The one place that builds clients and puts the parts together, each on first use.

Imports stand inside the functions: each Lambda function wants some of the parts, and importing all of them would
make every cold start pay for the slowest.
"""

# ruff: noqa: PLC0415 -- see above

import os
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from buildium_sync.settings import Credentials, settings

if TYPE_CHECKING:
    import requests
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

    from buildium_sync.buildium.client import BuildiumClient
    from buildium_sync.inbound.processing import EventQueue, EventRetry, Processing
    from buildium_sync.inbound.publisher import Publisher
    from buildium_sync.inbound.reception import Reception
    from buildium_sync.outbound.account import AccountCache
    from buildium_sync.outbound.sync import Outbound
    from buildium_sync.outbound.writer import BuildiumWriter
    from buildium_sync.queues import RetryPolicy, SyncQueue
    from buildium_sync.records import Records
    from buildium_sync.retry import Retry
    from buildium_sync.store.entities import EntityStore
    from buildium_sync.store.events import EventStore
    from buildium_sync.sweep import Sweep

TimeLeft = Callable[[], float]
"""Gives the seconds before the running function is ended."""
WORKERS = 10
"""Entities of a batch that are worked on at once."""
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=WORKERS,
)


def records() -> "Records":
    """Return what the API does with entities."""
    from buildium_sync.records import Records

    return Records(_entities(), time.time, time.sleep)


def retry(time_left: TimeLeft) -> "Retry":
    """Return what the API does with failed syncs."""
    from buildium_sync.retry import Retry

    return Retry(_entities(), _sync_queue(), time.time, time_left)


def event_retry() -> "EventRetry":
    """Return what the API does with stored events."""
    from buildium_sync.inbound.processing import EventRetry

    return EventRetry(_events(), _event_queue())


def outbound(time_left: TimeLeft) -> "Outbound":
    """Return the flow to Buildium, for one invocation."""
    from buildium_sync.outbound.conclusion import Conclusion
    from buildium_sync.outbound.sync import Outbound

    return Outbound(
        _entities(),
        _writer(time_left),
        _sync_queue(),
        Conclusion(_entities(), _sync_queue(), _policy(), settling=_settling(), clock=time.time),
        settling=_settling(),
        enabled=settings().sync_enabled,
        clock=time.time,
        time_left=time_left,
    )


def processing(time_left: TimeLeft) -> "Processing":
    """Return the flow from Buildium, for one invocation."""
    from buildium_sync.inbound.processing import Processing
    from buildium_sync.inbound.pull import Inbound

    inbound = Inbound(_entities(), _client(time_left), time.time)
    return Processing(inbound, _events(), _event_queue(), _policy())


@cache
def reception() -> "Reception":
    """Return what receives webhooks."""
    from buildium_sync.inbound.reception import Reception

    tolerance = settings().webhook_tolerance_seconds
    return Reception(_events(), _publisher(), credentials, tolerance_seconds=tolerance)


def sweep() -> "Sweep":
    """Return what takes up whatever got stuck."""
    from buildium_sync.sweep import Sweep

    enabled = settings().sync_enabled
    return Sweep(_entities(), _events(), _sync_queue(), _publisher(), enabled=enabled, clock=time.time)


def credentials() -> Credentials:
    """Return the secrets: from Secrets Manager, kept for a while, or from the environment where no secret is named."""
    if not settings().secret_id:
        return Credentials.from_mapping(os.environ)
    text = _secrets().get(settings().secret_id, max_age=settings().secret_cache_seconds)
    return Credentials.from_json(str(text))


@cache
def _secrets() -> "SecretsProvider":
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return SecretsProvider(boto3_client=boto3.client("secretsmanager", config=_CONFIG))


@cache
def _dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CONFIG)


@cache
def _sqs() -> "SQSClient":
    return boto3.client("sqs", config=_CONFIG)


@cache
def _eventbridge() -> "EventBridgeClient":
    return boto3.client("events", config=_CONFIG)


@cache
def _entities() -> "EntityStore":
    from buildium_sync.store.entities import EntityStore

    return EntityStore(_dynamodb(), settings().entities_table)


@cache
def _events() -> "EventStore":
    from buildium_sync.store.events import EventStore

    return EventStore(_dynamodb(), settings().events_table)


@cache
def _sync_queue() -> "SyncQueue":
    from buildium_sync.queues import SyncQueue

    return SyncQueue(_sqs(), settings().retry_queue_url, settings().dead_letter_queue_url)


@cache
def _event_queue() -> "EventQueue":
    from buildium_sync.inbound.processing import EventQueue

    return EventQueue(_sqs(), settings().process_queue_url)


@cache
def _publisher() -> "Publisher":
    from buildium_sync.inbound.publisher import Publisher

    return Publisher(_eventbridge(), settings().event_bus_name)


@cache
def _policy() -> "RetryPolicy":
    from buildium_sync.queues import RetryPolicy

    return RetryPolicy(settings().retry_attempts, settings().retry_delay)


@cache
def _session() -> "requests.Session":
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=WORKERS))
    session.mount("http://", HTTPAdapter(pool_maxsize=WORKERS))
    return session


@cache
def _account_cache() -> "AccountCache":
    from buildium_sync.outbound.account import AccountCache

    return AccountCache(time.time)


def _settling() -> float:
    """A create may be committed until its call has timed out, and is listed within the settling time after that."""
    return settings().timeout + settings().settling_seconds


def _writer(time_left: TimeLeft) -> "BuildiumWriter":
    from buildium_sync.outbound.account import Account
    from buildium_sync.outbound.writer import BuildiumWriter

    client = _client(time_left)
    return BuildiumWriter(client, _entities(), Account(client, settings(), _account_cache()), time.time)


def _client(time_left: TimeLeft) -> "BuildiumClient":
    from buildium_sync.buildium.client import BuildiumClient
    from buildium_sync.buildium.rate_limit import RateLimit

    limit = RateLimit(
        _dynamodb(), settings().control_table, rate=settings().rate_limit, clock=time.time, sleep=time.sleep
    )
    return BuildiumClient(
        _session(),
        base_url=settings().base_url,
        credentials=credentials,
        rate_limit=limit,
        timeout=settings().timeout,
        time_left=time_left,
    )
