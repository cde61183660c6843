"""The functions as they are deployed, in one process: real compositions, moto's AWS, a simulated Buildium.

Each call of AWS is noted down with the function that made it.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient

from buildium_sync.domain.entity import Entity, EntityRef
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.items import entity_to_item
from tests.aws import REGION
from tests.functions.api import Api, Response, deployed, forget, request
from tests.functions.workers import Context, event, load
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUS = "bus"
WEBHOOK_SECRET = "canary-webhook-" + "9Zq4Lm7T"
_TRANSACTION = {
    "Put": "PutItem",
    "Delete": "DeleteItem",
    "Update": "UpdateItem",
    "ConditionCheck": "ConditionCheckItem",
}

Call = tuple[str, str, str]
"""Function, action as IAM names it, and table, index, queue, bus or secret."""


@dataclass
class Whole:
    """The functions, what they called and what they sent."""

    api: Api
    buildium: Simulator
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
        """One request to the api function."""
        with self._as("api"):
            return self.api.send(request(method, path, body, query=query, headers=headers or {}))

    def sync(self, ref: EntityRef) -> None:
        """What the stream brings of an entity's last version."""
        loaded = self.api.store.load(ref)
        assert loaded is not None
        self._invoke("sync", {"Records": [_stream_record(loaded.entity)]})

    def retry(self) -> None:
        """What the retry queue holds."""
        for body in self._taken(self.api.retry_url):
            self._invoke("sync", {"Records": [_message(body)]})

    def webhook(self, payload: dict[str, Any], secret: str = WEBHOOK_SECRET) -> int:
        """One webhook of Buildium's, and its events to the process function."""
        body, sent = json.dumps(payload, separators=(",", ":")), str(int(time.time()))
        signature = hmac.digest(secret.encode(), f"{sent}.{body}".encode(), hashlib.sha256)
        headers = {
            "buildium-webhook-signature": base64.b64encode(signature).decode(),
            "buildium-webhook-timestamp": sent,
        }
        response = self._invoke("webhook", request("POST", "/api/webhooks/buildium", body, headers=headers))
        return int(response["statusCode"])

    def process(self) -> None:
        """What the bus and the process queue hold."""
        for entry in self.published:
            detail = {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
            self._invoke("event_processor", {"Records": [_message(json.dumps(detail))]})
        self.published.clear()
        for body in self._taken(self.api.process_url):
            self._invoke("event_processor", {"Records": [_message(body)]})

    def observe(self, case: str) -> None:
        """What the stream brings of a case in `events/`, to the function that reads it beside the sync."""
        self._invoke("timeline", event(f"timeline-{case}"))

    def reconcile(self) -> None:
        """One run of the schedule."""
        self._invoke("reconcile", {})

    def go_on(self) -> int:
        """Work on what the reconcile function's queue holds, and return how much that was."""
        bodies = self._taken(self.api.reconcile_url)
        for body in bodies:
            self._invoke("reconcile", {"Records": [_message(body)]})
        return len(bodies)

    def note(self, operation: str, arguments: dict[str, Any]) -> None:
        """Note down a call of AWS that a function makes."""
        if self._running:
            self.calls |= {(self._running, action, on) for action, on in _granted(operation, arguments)}
            self.sent += [json.dumps(arguments, default=str)] if operation in ("SendMessage", "PutEvents") else []
            self.published += arguments["Entries"] if operation == "PutEvents" else []

    def _taken(self, url: str) -> list[str]:
        return [json.dumps(body) for body in self.api.queued(url)]

    def _invoke(self, function: str, given: dict[str, Any]) -> dict[str, Any]:
        with self._as(function):
            return dict(load(function).lambda_handler(given, Context()))

    @contextmanager
    def _as(self, function: str) -> Iterator[None]:
        forget()  # each one is a process of its own
        self._running = function
        try:
            yield
        finally:
            self._running = ""


@contextmanager
def whole(dynamodb: "DynamoDBClient", buildium: Simulator, patch: pytest.MonkeyPatch) -> Iterator[Whole]:
    """The functions on tables, queues, a bus and a secret of their own."""
    secret = {"BUILDIUM_CLIENT_ID": buildium.client_id, "BUILDIUM_API_KEY": buildium.api_key}
    text = json.dumps({**secret, "BUILDIUM_WEBHOOK_SECRET": WEBHOOK_SECRET})
    boto3.client("secretsmanager", region_name=REGION).create_secret(Name="buildium", SecretString=text)
    boto3.client("events", region_name=REGION).create_event_bus(Name=BUS)
    environment = {
        "BUILDIUM_BASE_URL": buildium.base_url,
        "BUILDIUM_SECRET_ID": "buildium",
        "BUILDIUM_POLL_SECONDS": "1",
        "EVENT_BUS_NAME": BUS,
        "NO_PROXY": "127.0.0.1",
    }
    with deployed(dynamodb, patch, **environment) as api:
        system, make = Whole(api, buildium), BaseClient._make_api_call  # type: ignore[attr-defined]

        alone = threading.RLock()

        def noted(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
            with alone:  # moto is not made for threads
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


def _stream_record(entity: Entity) -> dict[str, Any]:
    image = to_attributes({**entity_to_item(entity), "fields": entity.fields})
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "NewImage": image}}


def _message(body: str) -> dict[str, Any]:
    return {"messageId": "message-1", "receiptHandle": "receipt", "body": body, "eventSource": "aws:sqs"}
