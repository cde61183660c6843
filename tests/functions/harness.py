"""The deployed functions in one process: real compositions, moto's AWS, a simulated Buildium.

Each AWS call is recorded with its function.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.app_webhook import LOOPBACK_VARIABLE

import boto3
import pytest
from botocore.client import BaseClient

from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.items import entity_to_item, sync_record_to_item
from buildium_sync.webhooks.publisher import SOURCE as WEBHOOK_SOURCE
from tests.aws import REGION
from tests.functions.api import Api, Response, deployed
from tests.functions.workers import event, load
from tests.harness.events import (
    Context,
    api_request,
    bus_message,
    created_record,
    signed_webhook,
    sqs_batch,
    sqs_record,
    stream_record,
    webhook_request,
)
from tests.harness.runtime import clear_compositions
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUS = "bus"
WEBHOOK_SECRET = "canary-webhook-" + "9Zq4Lm7T"
APP_SECRET = "whsec_" + "Y2FuYXJ5YXBwd2ViaG9va3NlY3JldDdY"
_TRANSACTION = {
    "Put": "PutItem",
    "Delete": "DeleteItem",
    "Update": "UpdateItem",
    "ConditionCheck": "ConditionCheckItem",
}

Call = tuple[str, str, str]
"""Function, IAM action, and table, index, queue, bus or secret."""


@dataclass
class Harness:
    """The functions, their AWS calls and their messages."""

    api: Api
    buildium: Simulator
    patch: pytest.MonkeyPatch
    calls: set[Call] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    _running: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send a request to the api function."""
        with self._as("api"):
            return self.api.send(api_request(method, path, body, query=query, headers=headers or {}))

    def sync(self, ref: EntityRef) -> None:
        """Invoke the sync function with the stream record of an entity's last version."""
        loaded = self.api.store.load(ref)
        assert loaded is not None
        self._invoke("sync", {"Records": [created_record(loaded.entity)]})

    def retry(self) -> None:
        """Invoke the sync function with the messages of the retry queue."""
        for body in self._taken(self.api.retry_url):
            self._invoke("sync", sqs_batch([body]))

    def webhook(self, payload: dict[str, Any], secret: str = WEBHOOK_SECRET) -> int:
        """Deliver a Buildium webhook, and its events to the event processor."""
        response = self._invoke("webhook", webhook_request(*signed_webhook(payload, secret, time.time())))
        return int(response["statusCode"])

    def process(self) -> None:
        """Invoke the event processor with the messages of the bus and the event queue."""
        for entry in self.published:
            self._invoke("event_processor", sqs_batch([bus_message(entry)]))
        self.published.clear()
        for body in self._taken(self.api.process_url):
            self._invoke("event_processor", sqs_batch([body]))

    def observe(self, case: str) -> None:
        """Invoke the timeline function with the stream records of a case in `events/`."""
        self._invoke("timeline", event(f"timeline-{case}"))

    def record(self, ref: EntityRef) -> None:
        """Invoke the timeline function with the stream records of an entity's last version."""
        loaded = self.api.store.load(ref)
        assert loaded is not None
        items = (entity_to_item(loaded.entity), sync_record_to_item(loaded.sync))
        records = [stream_record(to_attributes(item), None, number=9, written_at=time.time()) for item in items]
        self._invoke("timeline", {"Records": records})

    def deliver(self, *events: dict[str, Any]) -> None:
        """Invoke the app webhook function with change events, as messages of its queue."""
        for event_ in events:
            self.api.sqs.send_message(QueueUrl=self.api.app_webhook_url, MessageBody=json.dumps({"detail": event_}))
        found = self.api.sqs.receive_message(QueueUrl=self.api.app_webhook_url, MaxNumberOfMessages=10)["Messages"]
        records = [sqs_record(each["Body"], each["ReceiptHandle"], sent_at=time.time()) for each in found]
        self._invoke("app_webhook", {"Records": records})

    def receive_at(self, url: str) -> None:
        """Set the address of the application's receiver."""
        self.patch.setenv("APP_WEBHOOK_URL", url)

    def send_test_event(self) -> None:
        """Ask for a test event."""
        assert self._invoke("app_webhook", event("app_webhook-test"))["statusCode"] == 200

    def read_account(self, case: str) -> None:
        """Ask the account function for what a case in `events/` reads."""
        assert self._invoke("account", event(f"account-{case}"))["statusCode"] == 200

    def reconcile(self) -> None:
        """Run the schedule once."""
        self._invoke("reconcile", {})

    def run_pending_jobs(self) -> int:
        """Run the queued jobs of the reconcile function, and return their number."""
        bodies = self._taken(self.api.reconcile_url)
        for body in bodies:
            self._invoke("reconcile", sqs_batch([body]))
        return len(bodies)

    def note(self, operation: str, arguments: dict[str, Any]) -> None:
        """Record an AWS call of a function."""
        if self._running:
            self.calls |= {(self._running, action, on) for action, on in _granted(operation, arguments)}
            self.sent += [json.dumps(arguments, default=str)] if operation in ("SendMessage", "PutEvents") else []
            entries = arguments["Entries"] if operation == "PutEvents" else []
            self.published += [entry for entry in entries if entry["Source"] == WEBHOOK_SOURCE]

    def _taken(self, url: str) -> list[str]:
        return [json.dumps(body) for body in self.api.queued(url)]

    def _invoke(self, function: str, given: dict[str, Any]) -> dict[str, Any]:
        with self._as(function):
            return dict(load(function).lambda_handler(given, Context()))

    @contextmanager
    def _as(self, function: str) -> Iterator[None]:
        clear_compositions()  # each function is a separate process
        self._running = function
        try:
            yield
        finally:
            self._running = ""


@contextmanager
def deployed_system(dynamodb: "DynamoDBClient", buildium: Simulator, patch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """The functions with their own tables, queues, bus and secret."""
    secret = {"BUILDIUM_CLIENT_ID": buildium.client_id, "BUILDIUM_API_KEY": buildium.api_key}
    webhook = {"BUILDIUM_WEBHOOK_SECRET": WEBHOOK_SECRET, "APP_WEBHOOK_SECRET": APP_SECRET}
    manager = boto3.client("secretsmanager", region_name=REGION)
    manager.create_secret(Name="buildium", SecretString=json.dumps(secret))
    manager.create_secret(Name="webhooks", SecretString=json.dumps(webhook))
    boto3.client("events", region_name=REGION).create_event_bus(Name=BUS)
    environment = {
        "BUILDIUM_BASE_URL": buildium.base_url,
        "BUILDIUM_SECRET_ID": "buildium",
        "WEBHOOK_SECRET_ID": "webhooks",
        "BUILDIUM_POLL_SECONDS": "1",
        "BUILDIUM_LEDGER_HORIZON_DAYS": "3650",
        "EVENT_BUS_NAME": BUS,
        "NO_PROXY": "127.0.0.1",
        "APP_WEBHOOK_URL": "https://127.0.0.1/",
        LOOPBACK_VARIABLE: "true",
    }
    with deployed(dynamodb, patch, **environment) as api:
        system, make = Harness(api, buildium, patch), BaseClient._make_api_call  # type: ignore[attr-defined]

        alone = threading.RLock()

        def noted(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
            with alone:  # moto is not thread-safe
                system.note(operation, arguments)
                return make(client, operation, arguments)

        patch.setattr(BaseClient, "_make_api_call", noted)
        yield system


def _granted(operation: str, arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation == "TransactWriteItems":
        for kind, action in ((k, a) for item in arguments["TransactItems"] for k, a in item.items()):
            yield f"dynamodb:{_TRANSACTION[kind]}", action["TableName"]
    elif operation == "BatchGetItem":
        yield from (("dynamodb:BatchGetItem", table) for table in arguments["RequestItems"])
    elif "TableName" in arguments:
        index = f"/{arguments['IndexName']}" if "IndexName" in arguments else ""
        yield f"dynamodb:{operation}", arguments["TableName"] + index
    elif "QueueUrl" in arguments:
        yield f"sqs:{operation.removesuffix('Batch')}", arguments["QueueUrl"].rpartition("/")[2]
    else:
        yield {"PutEvents": "events:PutEvents", "GetSecretValue": "secretsmanager:GetSecretValue"}[operation], "-"
