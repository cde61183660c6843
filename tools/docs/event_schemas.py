"""The JSON schema of the events for the application, from their types and the texts of the API's document."""

import json
from typing import Any

from pydantic import TypeAdapter

from buildium_sync.app_webhook.receiver_check import CheckEvent
from buildium_sync.domain.change_event import BUS_SOURCE, SCHEMA_VERSION, ChangeDetail, EventType, ImportDetail
from buildium_sync.domain.sync_status import Status
from tools.local_cloud.paths import ROOT
from tools.openapi.generators import RequestSchema
from tools.openapi.texts import changes

PATH = ROOT / f"docs/schemas/application-event-{SCHEMA_VERSION}.json"
IMPORT_FINISHED = "ImportFinished"
WEBHOOK_TEST = "WebhookTest"
_STATUSES = {
    EventType.SUCCEEDED: Status.SYNCED,
    EventType.FAILED: Status.FAILED,
    EventType.BLOCKED: Status.BLOCKED,
    EventType.REVIEW_NEEDED: Status.NEEDS_REVIEW,
}
_FORMATS = {"id": "uuid", "at": "date-time"}
_IMPORT_TEXTS = {
    "id": "The id of the event. It is derived from the start of the import.",
    "type": "What happened.",
    "schemaVersion": "The version of the schema of this object.",
    "at": "The time of the end.",
    "entityTypes": "The entity types of the import.",
    "counts": "By entity type: the Buildium entities, and the local entities that need a review.",
}
_TEST_TEXTS = {
    "id": "The id of the test event: `test-` and a UUID.",
    "type": "A test of the app webhook. No other receiver gets it.",
    "schemaVersion": "The version of the schema of this object.",
    "at": "The time of the test.",
}

Json = dict[str, Any]


def text() -> str:
    """Return the schema as it is checked in."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def document() -> Json:
    """Return the schema: one definition per event."""
    definitions = {event.value: _of_change(event) for event in EventType}
    definitions |= {IMPORT_FINISHED: _of_import(), WEBHOOK_TEST: _of_test()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The detail of an event whose source is {BUS_SOURCE}, version {SCHEMA_VERSION}",
        "description": "New members may appear at any time, so ignore unknown ones.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": definitions,
    }


def _of_change(event: EventType) -> Json:
    schema = _of_type(ChangeDetail)
    texts = {name: changes.TEXTS[f"Change.{name}"].description for name in schema["properties"] if _has_text(name)}
    fixed: Json = {"type": event.value, "schemaVersion": SCHEMA_VERSION}
    if event in _STATUSES:
        fixed |= {"source": "sync", "syncStatus": _STATUSES[event].value}
    return _object(schema, texts, fixed)


def _has_text(name: str) -> bool:
    return f"Change.{name}" in changes.TEXTS


def _of_import() -> Json:
    return _object(_of_type(ImportDetail), _IMPORT_TEXTS, {"type": IMPORT_FINISHED, "schemaVersion": SCHEMA_VERSION})


def _of_test() -> Json:
    schema = _object(_of_type(CheckEvent), _TEST_TEXTS, {"type": WEBHOOK_TEST, "schemaVersion": SCHEMA_VERSION})
    del schema["properties"]["id"]["format"]
    return schema


def _of_type(of: Any) -> Json:
    schema = TypeAdapter(of).json_schema(schema_generator=RequestSchema)
    inlined: Json = _inlined(schema, schema.get("$defs", {}))
    return inlined


def _inlined(schema: Any, definitions: Json) -> Any:
    """Return a schema with its definitions in place of the references."""
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(each, definitions) for name, each in schema.items() if name not in ("$defs", "title")}


def _object(schema: Json, texts: dict[str, str], fixed: Json) -> Json:
    properties = {
        name: {
            **({"description": texts[name]} if name in texts else {}),
            **({"const": fixed[name]} if name in fixed else _without_description(of)),
            **({"format": _FORMATS[name]} if name in _FORMATS else {}),
        }
        for name, of in schema["properties"].items()
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def _without_description(schema: Json) -> Json:
    return {name: each for name, each in schema.items() if name != "description"}
