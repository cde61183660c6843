"""The process's AWS clients: low-level clients of one boto3 session, each created at its first use."""

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import get_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from buildium_sync.store.alarm_topics import SnsClient

WORKERS = 10
"""Threads that process the entities of one batch."""
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=WORKERS,
    # botocore builds its own value twice for each call, which takes as long as signing the call.
    user_agent=f"buildium-sync Boto3/{boto3.__version__}",
)
_BEST_EFFORT_CONFIG = _CONFIG.merge(Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1}))
# botocore's validation of parameters takes a sixth of a create. Tests validate each call, and so does DynamoDB.
_DYNAMODB_CONFIG = _CONFIG.merge(Config(parameter_validation=False))


class _KnownServicesLoader(Loader):
    """A loader that knows the used services. botocore's loader lists the directories of all 440 services."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 -- each has a file of every type
        return ["dynamodb", "events", "secretsmanager", "sns", "sqs"]


class Clients:
    """AWS clients with the same timeouts and retries."""

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Return the client for tables that a result depends on."""
        return self._session.client("dynamodb", config=_DYNAMODB_CONFIG)

    @cached_property
    def best_effort_dynamodb(self) -> "DynamoDBClient":
        """Return a client that tries once and briefly, for writes that must not delay a response."""
        return self._session.client("dynamodb", config=_BEST_EFFORT_CONFIG)

    @cached_property
    def eventbridge(self) -> "EventBridgeClient":
        """Return the client of the event bus."""
        return self._session.client("events", config=_CONFIG)

    @cached_property
    def secrets_manager(self) -> "SecretsManagerClient":
        """Return the client of the credentials."""
        return self._session.client("secretsmanager", config=_CONFIG)

    @cached_property
    def sns(self) -> "SnsClient":
        """Return the client of the alarm topics."""
        # The types of SNS are not installed.
        client: SnsClient = self._session.client("sns", config=_CONFIG)
        return client

    @cached_property
    def sqs(self) -> "SQSClient":
        """Return the client of the queues."""
        return self._session.client("sqs", config=_CONFIG)

    @cached_property
    def _session(self) -> boto3.session.Session:
        session = get_session()
        session.register_component("data_loader", _KnownServicesLoader())
        return boto3.session.Session(botocore_session=session)
