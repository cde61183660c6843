"""The events of the benchmarks."""

import json
import time
import uuid
from typing import Any

from tests.harness.events import WEBHOOK_PATH, created_record, signed_webhook
from tools.bench.environment import SIGNING_KEY, Stage
from tools.local_cloud.paths import ROOT


def create_event() -> dict[str, Any]:
    """Return a `POST /api/properties` that does not wait, in a form that every peer accepts."""
    event: dict[str, Any] = json.loads((ROOT / "events/api-create-property.json").read_text())
    event["headers"]["Prefer"] = "respond-async"
    event["multiValueHeaders"]["Prefer"] = ["respond-async"]
    event["resource"] = event["requestContext"]["resourcePath"] = event["path"]  # Chalice routes by it
    event["pathParameters"] = None
    event["multiValueQueryStringParameters"] = event["queryStringParameters"] = {}
    return event


def stream_event(stage: Stage) -> dict[str, Any]:
    """Return the stream event of a newly stored property."""
    loaded = stage.store.load(stage.entity())
    if loaded is None:
        raise RuntimeError("the property is not there")
    return {"Records": [created_record(loaded.entity)]}


def webhook_event(events: int = 1) -> dict[str, Any]:
    """Return a signed webhook request: one event in the flat format, several in the batch format."""
    body, headers = signed_webhook(payload(events), SIGNING_KEY, time.time())
    path = {"path": WEBHOOK_PATH, "resource": WEBHOOK_PATH}
    return create_event() | path | {"headers": headers, "body": body.decode()}


def payload(events: int) -> dict[str, Any]:
    """Return a webhook's document with so many new events."""
    moment = f"2026-11-22T15:45:{time.time_ns() % 60_000_000_000 / 1e9:010.7f}Z"
    if events == 1:
        return {"EventName": "Rental.Updated", "EventDateTime": moment, "AccountId": 1, "PropertyId": 501}
    return {
        "Events": [
            {"Id": str(uuid.uuid4()), "EventType": "PropertyUpdated", "EntityType": "Property",
             "EntityId": 501 + number, "EventDate": moment, "Data": {"Name": f"House {number}", "IsActive": True}}
            for number in range(events)
        ]
    }  # fmt: skip
