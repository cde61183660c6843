"""The functions in one process: real composition, moto's AWS, the Buildium simulator, and a meter.

Unlike in the tests, a function keeps its state between invocations like a warm one, and the stream has the real writes.
"""

import copy
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
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.lookups import changed_lookups
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.observability import metrics
from buildium_sync.store.lookup_items import lookup_writes
from tests.aws import ACTIVITY, ENTITIES, REGION, create_tables
from tests.flows.system import PROPERTY
from tests.functions.api import Api, Response, deployed
from tests.functions.workers import load
from tests.harness.events import (
    Context,
    api_request,
    bus_message,
    signed_webhook,
    sqs_batch,
    stream_record,
    webhook_request,
)
from tests.simulator import Simulator
from tools.bench.aws_call_meter import Change, Meter
from tools.bench.dynamodb_units import Item

_SIGNING_KEY = token_hex(16)
_CREATED = "2026-01-01T00:00:00.000Z"


@dataclass
class System:
    """The functions and the meter of their calls."""

    api: Api
    buildium: Simulator
    meter: Meter
    _loaded: dict[str, ModuleType] = field(default_factory=dict)

    def request_api(self, method: str, path: str, body: Any = None, **more: Any) -> Response:
        """Send a request to the api function. Raises RuntimeError unless it succeeds."""
        response = self.api.send(api_request(method, path, body, **more))
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {response.text}")
        return response

    def process_stream(self) -> None:
        """Invoke the functions of the stream with its changes, until they write nothing more for it.

        The timeline function gets all changes in one batch, because its batch window is longer than a sync.
        """
        timeline_records: list[dict[str, Any]] = []
        while changes := self._take_stream():
            timeline_records += [
                stream_record(after, before, written_at=int(time.time()))
                for before, after in changes
                if after and _is_for_timeline(after)
            ]
            if records := [stream_record(after) for _, after in changes if after and _is_for_sync(after)]:
                self.invoke("sync", {"Records": records})
        if timeline_records:
            self.invoke("timeline", {"Records": timeline_records})

    def webhook(self, payload: dict[str, Any]) -> None:
        """Send a webhook request to the webhook function."""
        response = self.invoke("webhook", webhook_request(*signed_webhook(payload, _SIGNING_KEY, time.time())))
        if response["statusCode"] != 200:
            raise RuntimeError(f"the webhook returned {response}")

    def process(self) -> None:
        """Invoke the event_processor function with the published events, in batches of ten."""
        entries, self.meter.published = self.meter.published, []
        for start in range(0, len(entries), 10):
            self.invoke("event_processor", sqs_batch(map(bus_message, entries[start : start + 10])))

    def schedule(self) -> dict[str, Any]:
        """Run the schedule once."""
        return self.invoke("reconcile", {})

    def run_pending_jobs(self) -> int:
        """Process the messages of the reconcile function's queue, and return their number."""
        jobs = self.api.queued(self.api.reconcile_url)
        for job in jobs:
            self.invoke("reconcile", sqs_batch([json.dumps(job)]))
        return len(jobs)

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a warm function."""
        if function not in self._loaded:
            self._loaded[function] = load(function)
        response = dict(self._loaded[function].lambda_handler(event, Context()))
        # Disabled metrics are still collected, and printed at a hundred.
        metrics.clear_metrics()
        return response

    def calls(self) -> int:
        """Return the number of Buildium calls since the last time."""
        calls = len(self.buildium.requests())
        self.buildium.clear_requests()
        return calls

    def fill(self, entities: range, failed: int = 0) -> None:
        """Write synced entities directly to the emulator's tables, and `failed` failed ones."""
        fields = by_name("property").validate(PROPERTY)
        for number in entities:
            status = Status.FAILED if number < failed else Status.SYNCED
            self.put("property", number, {**fields, "name": f"House {number}"}, status)

    def put(self, entity_type: str, number: int, fields: Fields, status: Status = Status.SYNCED) -> None:
        """Write an entity directly to the emulator's tables, with all items by which it is found."""
        backend, changes = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION], self.api.store.writes
        external_id, buildium_id = f"external-{number}", 1_000_000 + number
        ref = EntityRef(entity_type, f"filled-{number:08}")
        entity = Entity(ref, 1, fields, Origin.API, _CREATED, _CREATED, "fill", external_id=external_id)
        sync = SyncRecord(ref, 1, status, _CREATED, _CREATED, "fill", requested_at=_CREATED)
        error = "rejected" if status is Status.FAILED else None
        sync = replace(sync, buildium_id=buildium_id, error_message=error)
        unique = (changes.put_link(ref, buildium_id), changes.put_external_id(ref, external_id))
        for change in (changes.put_entity(entity), changes.put_sync(sync), *unique):
            backend.put_item(ENTITIES, dict(change["Put"]["Item"]))
        for write in lookup_writes(ACTIVITY, ref, {}, changed_lookups({}, by_name(entity_type), entity, sync)):
            backend.put_item(ACTIVITY, dict(write["Put"]["Item"]))

    def _take_stream(self) -> list[Change]:
        changes, self.meter.used.stream = self.meter.used.stream, []
        return [(old, new) for old, new in changes if new and (_is_for_sync(new) or _is_for_timeline(new))]


def _snapshot(table: MotoTable, _memo: object) -> MotoTable:
    """Copy what a failed transaction may change of a table: moto copies every item for each write."""
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {key: _parts(items) for key, items in table.items.items()})
    return copied


def _parts(items: Any) -> Any:
    """Copy the items of a partition, or the item of a key without a sort key."""
    return dict(items) if isinstance(items, dict) else items


@contextmanager
def system() -> Iterator[System]:
    """Yield a system with its own tables, queues, bus and secret."""
    with Simulator(rate_limit=0) as buildium, mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        environment = {
            "AWS_DEFAULT_REGION": REGION,
            "BUILDIUM_BASE_URL": buildium.base_url,
            "BUILDIUM_SECRET_ID": "buildium",
            "WEBHOOK_SECRET_ID": "webhooks",
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
        manager = boto3.client("secretsmanager")
        manager.create_secret(Name="buildium", SecretString=json.dumps(secret))
        manager.create_secret(Name="webhooks", SecretString=json.dumps({"BUILDIUM_WEBHOOK_SECRET": _SIGNING_KEY}))
        boto3.client("events").create_event_bus(Name="bus")
        with deployed(dynamodb, patch, **environment) as api, Meter().on() as meter:
            yield System(api, buildium, meter)


def _is_for_sync(image: Item) -> bool:
    """Return whether an item passes the filter of the sync function's stream."""
    return bool(image["sk"]["S"] == "entity" and image["origin"]["S"] == "api")


def _is_for_timeline(image: Item) -> bool:
    """Return whether an item passes the filter of the timeline function's stream."""
    return image["sk"]["S"] in ("entity", "sync")
