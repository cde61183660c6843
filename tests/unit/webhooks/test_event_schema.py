"""Events on the bus match the published schema."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from buildium_sync.webhooks.event_parser import OPERATIONS, parse_events
from buildium_sync.webhooks.publisher import SCHEMA_VERSION, SOURCE, EventPublisher
from tools.local_cloud.paths import ROOT

_FILE = ROOT / f"docs/schemas/webhook-event-{SCHEMA_VERSION}.json"
_SCHEMA: dict[str, Any] = json.loads(_FILE.read_text())
_VALIDATOR = Draft202012Validator(_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
_PAGE = (ROOT / "docs/subscribers.md").read_text()

# Any value that Buildium may sign, under the names that are read.
_values = st.none() | st.booleans() | st.integers() | st.text(max_size=300) | st.lists(st.integers(), max_size=3)
_names = st.sampled_from(["EventName", "EventType", "EventDateTime", "AccountId", "PropertyId", "EntityId", "Data"])
_events = st.dictionaries(_names | st.text(max_size=10), _values, max_size=8)


class Bus:
    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - EventBridge's name
        self.entries += Entries
        return {"Entries": [{"EventId": "1"} for _ in Entries]}


def published(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    bus: Any = Bus()
    events = parse_events(document, sent=0.0, received_at="2026-11-22T14:00:00.000Z", correlation_id="request-1")
    EventPublisher(bus, "bus").publish(events)
    return (json.loads(entry["Detail"]) for entry in bus.entries)


def test_the_published_schema_is_valid() -> None:
    Draft202012Validator.check_schema(_SCHEMA)


@given(_events)
def test_every_flat_event_matches_the_schema(document: dict[str, Any]) -> None:
    for detail in published({name: value for name, value in document.items() if name != "Events"}):
        _VALIDATOR.validate(detail)


@given(st.lists(_events | _values, min_size=1, max_size=3))
def test_every_batch_event_matches_the_schema(events: list[Any]) -> None:
    details = list(published({"Events": events}))
    assert len(details) == len(events)
    for detail in details:
        _VALIDATOR.validate(detail)


def test_an_oversized_event_matches_the_schema() -> None:
    [detail] = published({"EventName": "Rental.Updated", "PropertyId": 1, "Other": "x" * 260_000})
    _VALIDATOR.validate(detail)
    assert detail["omitted"] == ["payload"]


def test_the_schema_describes_exactly_the_published_fields() -> None:
    [detail] = published({"EventName": "Rental.Updated", "PropertyId": 1})
    assert _SCHEMA["properties"].keys() == {*detail, "omitted"}
    assert {*_SCHEMA["properties"]["operation"]["enum"]} == {*OPERATIONS, ""}


@pytest.mark.parametrize("name", sorted(_SCHEMA["required"]))
def test_an_event_without_a_required_field_violates_the_schema(name: str) -> None:
    [detail] = published({"EventName": "Rental.Updated", "PropertyId": 1})
    del detail[name]
    with pytest.raises(ValidationError):
        _VALIDATOR.validate(detail)


def test_the_events_page_names_source_schema_and_a_valid_example() -> None:
    assert SOURCE in _PAGE
    assert f"schemas/{_FILE.name}" in _PAGE
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", _PAGE, flags=re.DOTALL)]
    [example] = [example for example in examples if "eventName" in example]
    _VALIDATOR.validate(example)
    assert {*example, "omitted"} == _SCHEMA["properties"].keys()
