"""Events for the application match the published schema."""

import itertools
import json
import re
from typing import Any
from unittest.mock import Mock

import pytest
from jsonschema import Draft202012Validator, ValidationError

from buildium_sync.app_webhook.receiver_check import ReceiverCheck
from buildium_sync.domain.app_webhook import Outcome
from buildium_sync.domain.change_event import ChangeDetail, EventType, KnownState, import_event
from buildium_sync.domain.entity import ChangeSource, EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import TYPE_NAMES
from buildium_sync.store.stream_records import EntityChange
from buildium_sync.timeline.events_from_changes import change_events
from tests.unit.timeline.stream import life
from tools.docs import event_schemas
from tools.local_cloud.paths import ROOT

_SCHEMA: dict[str, Any] = json.loads(event_schemas.PATH.read_text())
_VALIDATOR = Draft202012Validator(_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
_PAGE = (ROOT / "docs/subscribers.md").read_text()
STATES = (Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW, Status.SYNCED)
IMPORT: Any = import_event(
    "2026-11-22T14:00:00.000Z",
    "2026-11-22T14:10:00.000Z",
    {"owner": {"total": 3, "done": 2, "failed": 1, "needsReview": 0}},
)


def details(entity_type: str) -> list[ChangeDetail]:
    """The events of an entity of a type: each kind of change, from each source."""
    changes = life(EntityRef(entity_type, "7"), *STATES)
    created = changes[0]
    assert isinstance(created, EntityChange)
    events, _ = change_events(KnownState(), changes)
    for source in ChangeSource:
        after = created.after.with_remote_fields({"name": "b"}, created.after.updated_at, source)
        edits = [EntityChange(created.after, after), EntityChange(after, after._replace(version=3, deleted_at="x"))]
        events += change_events(KnownState("crm-1", 501, Status.SYNCED), edits)[0]
    return [event.to_detail() for event in events]


def test_the_schema_file_is_current() -> None:
    Draft202012Validator.check_schema(_SCHEMA)
    assert event_schemas.PATH.read_text() == event_schemas.text()


@pytest.mark.parametrize("entity_type", TYPE_NAMES)
def test_every_event_of_a_type_matches_the_schema(entity_type: str) -> None:
    found = details(entity_type)
    for detail in found:
        _VALIDATOR.validate(json.loads(json.dumps(detail)))
    assert {detail["type"] for detail in found} == set(EventType)


def test_a_finished_import_matches_the_schema() -> None:
    _VALIDATOR.validate(IMPORT)


def test_the_test_of_the_app_webhook_matches_the_schema() -> None:
    receiver = Mock()
    receiver.send.return_value = Outcome(500, "HTTP status 500")
    ReceiverCheck(receiver, Mock(), lambda: 0.0).run()
    [event] = receiver.send.call_args.args
    _VALIDATOR.validate(event)
    assert _SCHEMA["$defs"]["WebhookTest"]["properties"].keys() == event.keys()


def test_the_schema_has_every_event() -> None:
    assert _SCHEMA["$defs"].keys() == {*EventType, "ImportFinished", "WebhookTest"}
    for detail in itertools.chain(details("owner"), [IMPORT]):
        assert _SCHEMA["$defs"][detail["type"]]["properties"].keys() == detail.keys()


@pytest.mark.parametrize(
    "change", [{"type": "Other"}, {"schemaVersion": 2}, {"source": "other"}, {"version": "2"}, {"syncStatus": "done"}]
)
def test_a_wrong_value_violates_the_schema(change: dict[str, Any]) -> None:
    for detail in details("owner"):
        with pytest.raises(ValidationError):
            _VALIDATOR.validate({**detail, **change})


def test_a_missing_member_violates_the_schema() -> None:
    for detail in itertools.chain(details("owner"), [IMPORT]):
        for name in detail:
            with pytest.raises(ValidationError):
                _VALIDATOR.validate({each: value for each, value in detail.items() if each != name})


def test_the_events_page_has_a_valid_example() -> None:
    assert f"schemas/{event_schemas.PATH.name}" in _PAGE
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", _PAGE, flags=re.DOTALL)]
    [example] = [example for example in examples if "type" in example]
    _VALIDATOR.validate(example)
