"""The functions as they are deployed, in one process: real compositions, moto's AWS, the simulated Buildium, a meter.

Unlike the tests' own, a process here goes on from one invocation to the next, as a warm function does, and the
stream brings what was really written.
"""

import base64
import copy
import hashlib
import hmac
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from secrets import token_hex
from types import ModuleType
from typing import Any

from buildium_sync.composition.runtime import runtime

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table as MotoTable

from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.entity_types.registry import by_name
from buildium_sync.observability import metrics
from tests.aws import ENTITIES, REGION, create_tables
from tests.flows.system import PROPERTY
from tests.functions.api import Api, Response, deployed, request
from tests.functions.workers import Context, load
from tests.simulator import Simulator
from tools.bench.aws_call_meter import Change, Meter
from tools.bench.dynamodb_units import Item

_SIGNING_KEY = token_hex(16)
_CREATED = "2026-01-01T00:00:00.000Z"


@dataclass
class System:
    """What is driven, and what it costs."""

    api: Api
    buildium: Simulator
    meter: Meter
    _loaded: dict[str, ModuleType] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Response:
        """Send a request to the api function; raises RuntimeError unless it succeeds."""
        response = self.api.send(request(method, path, body, **more))
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {response.text}")
        return response

    def spread(self) -> None:
        """Deliver what was written to the functions on the stream, until they write nothing more that concerns them.

        The observe function gets all of it in one batch: its window is longer than a sync.
        """
        observed: list[dict[str, Any]] = []
        while changes := self._take_stream():
            observed += [_record(after, before) for before, after in changes if after and _is_for_observe(after)]
            if records := [_record(after) for _, after in changes if after and _is_for_sync(after)]:
                self.invoke("sync", {"Records": records})
        if observed:
            self.invoke("timeline", {"Records": observed})

    def webhook(self, payload: dict[str, Any]) -> None:
        """Send a webhook of Buildium's, and its events to the process function."""
        body, sent = json.dumps(payload, separators=(",", ":")), str(int(time.time()))
        signature = base64.b64encode(hmac.digest(_SIGNING_KEY.encode(), f"{sent}.{body}".encode(), hashlib.sha256))
        headers = {"buildium-webhook-signature": signature.decode(), "buildium-webhook-timestamp": sent}
        response = self.invoke("webhook", request("POST", "/api/webhooks/buildium", body, headers=headers))
        if response["statusCode"] != 200:
            raise RuntimeError(f"the webhook was answered {response}")

    def process(self) -> None:
        """Bring what was published to the process function, ten messages at most in a batch."""
        entries, self.meter.published = self.meter.published, []
        for start in range(0, len(entries), 10):
            self.invoke("event_processor", {"Records": [_message(entry) for entry in entries[start : start + 10]]})

    def schedule(self) -> dict[str, Any]:
        """Do one run of the schedule."""
        return self.invoke("reconcile", {})

    def run_pending_jobs(self) -> int:
        """Work on what the reconcile function's queue holds, and return how much that was."""
        jobs = self.api.queued(self.api.reconcile_url)
        for job in jobs:
            self.invoke("reconcile", {"Records": [{"messageId": "1", "body": json.dumps(job)}]})
        return len(jobs)

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a function whose process is there already."""
        if function not in self._loaded:
            self._loaded[function] = load(function)
        response = dict(self._loaded[function].lambda_handler(event, Context()))
        # Switched off, they are gathered all the same, and printed once there are a hundred.
        metrics.clear_metrics()
        return response

    def calls(self) -> int:
        """Return how many calls Buildium has got since the last time."""
        calls = len(self.buildium.requests())
        self.buildium.clear_requests()
        return calls

    def fill(self, entities: range, failed: int = 0) -> None:
        """Put synced entities straight into the emulator's table, and `failed` failed ones."""
        fields = by_name("property").validate(PROPERTY)
        backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
        for number in entities:
            ref = EntityRef("property", f"filled-{number:08}")
            entity = Entity(ref, 1, {**fields, "name": f"House {number}"}, Origin.API, _CREATED, _CREATED, "fill")
            status = Status.FAILED if number < failed else Status.SYNCED
            sync = SyncRecord(ref, 1, status, _CREATED, _CREATED, "fill", requested_at=_CREATED)
            sync = replace(sync, buildium_id=1_000_000 + number, error_message="refused" if number < failed else None)
            for change in (self.api.store.changes.put_entity(entity), self.api.store.changes.put_sync(sync)):
                backend.put_item(ENTITIES, dict(change["Put"]["Item"]))

    def _take_stream(self) -> list[Change]:
        changes, self.meter.used.stream = self.meter.used.stream, []
        return [(old, new) for old, new in changes if new and (_is_for_sync(new) or _is_for_observe(new))]


def _snapshot(table: MotoTable, _memo: object) -> MotoTable:
    """Copy a table as far as a transaction that fails needs it: moto copies every item, for each that it writes."""
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {key: _parts(items) for key, items in table.items.items()})
    return copied


def _parts(items: Any) -> Any:
    """A partition's items, or the one item where the key has no second part."""
    return dict(items) if isinstance(items, dict) else items


@contextmanager
def system() -> Iterator[System]:
    """Set it up on tables, queues, a bus and a secret of its own."""
    with Simulator(rate_limit=0) as buildium, mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        environment = {
            "AWS_DEFAULT_REGION": REGION,
            "BUILDIUM_BASE_URL": buildium.base_url,
            "BUILDIUM_SECRET_ID": "buildium",
            "BUILDIUM_POLL_SECONDS": "1",
            "EVENT_BUS_NAME": "bus",
            "NO_PROXY": "127.0.0.1",
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(MotoTable, "__deepcopy__", _snapshot, raising=False)
        dynamodb = runtime.clients.dynamodb
        create_tables(dynamodb)
        secret = {"BUILDIUM_CLIENT_ID": buildium.client_id, "BUILDIUM_API_KEY": buildium.api_key}
        text = json.dumps(secret | {"BUILDIUM_WEBHOOK_SECRET": _SIGNING_KEY})
        boto3.client("secretsmanager").create_secret(Name="buildium", SecretString=text)
        boto3.client("events").create_event_bus(Name="bus")
        with deployed(dynamodb, patch, **environment) as api, Meter().on() as meter:
            yield System(api, buildium, meter)


def _is_for_sync(image: Item) -> bool:
    """The filter of the sync function's stream."""
    return bool(image["sk"]["S"] == "entity" and image["origin"]["S"] == "api")


def _is_for_observe(image: Item) -> bool:
    """The filter of the observe function's stream."""
    return image["sk"]["S"] in ("entity", "sync")


def _record(after: Item, before: Item | None = None) -> dict[str, Any]:
    change = {
        "SequenceNumber": "1",
        "ApproximateCreationDateTime": int(time.time()),
        "Keys": {name: after[name] for name in ("pk", "sk")},
        "NewImage": after,
    }
    if before is not None:
        change["OldImage"] = before
    return {"eventName": "MODIFY" if before else "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}


def _message(entry: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])})
    return {"messageId": entry["DetailType"], "receiptHandle": "r", "body": body, "eventSource": "aws:sqs"}
