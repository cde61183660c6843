"""Every property of the document has a description, an example, and the format or unit of its value."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from buildium_sync.domain.entity import ChangeSource
from buildium_sync.entity_types.registry import all_types, listed_types
from tests.openapi.assertions import Json, document, operations, schema_faults
from tests.openapi.components import RETURNED
from tools.openapi.generators import ADDRESSES
from tools.openapi.texts import lookup
from tools.openapi.texts.components import DESCRIPTIONS

COMPONENTS: dict[str, Json] = document()["components"]["schemas"]
PROPERTIES = {component: of["properties"] for component, of in COMPONENTS.items() if "properties" in of}
AS_WRITTEN = {("StoredEvent", "eventDateTime")}
"""Texts that are returned as Buildium wrote them."""
UNITS = re.compile(
    r"US dollars|seconds|square feet|calls per second|a ratio|units of|percent"
    r"|Buildium id|\bid of|number of|year of|HTTP status code|a number that"
)
TIMES = re.compile(r"\d{4}-\d\d-\d\dT")
DATES = re.compile(r"\d{4}-\d\d-\d\d$")


@pytest.mark.parametrize("component", COMPONENTS)
def test_schemas_have_descriptions(component: str) -> None:
    assert is_text(COMPONENTS[component]["description"])


@pytest.mark.parametrize("component", PROPERTIES)
def test_properties_have_descriptions(component: str) -> None:
    for name, schema in PROPERTIES[component].items():
        assert is_text(schema["description"]), name
        assert schema["description"].rstrip(".").lower() != name.lower()


@pytest.mark.parametrize("component", PROPERTIES)
def test_properties_have_valid_examples(component: str) -> None:
    for name, schema in PROPERTIES[component].items():
        [example] = schema["examples"]
        assert schema_faults(schema, example) == [], name


@pytest.mark.parametrize("component", PROPERTIES)
def test_numbers_have_a_format_and_a_unit(component: str) -> None:
    for name, schema in PROPERTIES[component].items():
        if types(schema) & {"integer", "number"} and "string" not in types(schema):
            assert schema["format"] in ("int32", "double"), name
            assert UNITS.search(schema["description"]), name


@pytest.mark.parametrize("component", PROPERTIES)
def test_times_dates_and_addresses_have_a_format(component: str) -> None:
    for name, schema in PROPERTIES[component].items():
        expected = expected_format(name, schema)
        is_free = (component, name) in AS_WRITTEN or (expected in ADDRESSES and component in RETURNED)
        if not is_free:
            assert schema.get("format") == (expected or schema.get("format")), name


def test_every_value_of_an_enumeration_is_explained() -> None:
    names = [[each.name for each in of] for of in (all_types(), listed_types())]
    for place, schema, description in enumerations():
        missing = [value for value in schema["enum"] if f"`{value}`" not in description]
        assert not missing or schema["enum"] in names, place


def test_every_source_of_a_version_is_explained() -> None:
    description = COMPONENTS["Author"]["properties"]["source"]["description"]
    assert [each for each in ChangeSource if f"`{each}`" not in description] == []


def test_enumerations_are_found() -> None:
    assert {"Status", "LeaseFields.leaseType", "TaskFields.priority"} <= {place for place, _, _ in enumerations()}


def test_no_text_is_unused() -> None:
    used = {(component, name) for component, of in COMPONENTS.items() for name in of.get("properties", {})}
    keys = {key for component, name in used for key in lookup.keys(component, name)}
    assert lookup.ENTITY_TEXTS.keys() | lookup.CONTROL_TEXTS.keys() <= keys
    # An owner's response has no envelope.
    assert DESCRIPTIONS.keys() - {"Owner"} <= COMPONENTS.keys()


def test_query_parameters_have_no_texts_in_their_schemas() -> None:
    parameters = [each for operation in operations().values() for each in operation.get("parameters", [])]
    assert not [each["name"] for each in parameters if "description" in each["schema"]]


def expected_format(name: str, schema: Json) -> str | None:
    [example] = schema["examples"]
    text = example if isinstance(example, str) else ""
    if TIMES.match(text) or re.search("(At|_at|DateTime)$", name):
        return "date-time"
    if DATES.match(text) or re.search("(Date|_date)$", name):
        return "date"
    if "@" in text:
        return "email"
    return "uri" if "://" in text else None


def enumerations() -> Iterator[tuple[str, Json, str]]:
    for component, of in COMPONENTS.items():
        if "enum" in of:
            yield component, of, of["description"]
        for name, schema in of.get("properties", {}).items():
            for part in (schema, *schema.get("anyOf", [])):
                if "enum" in part:
                    yield f"{component}.{name}", part, schema["description"]


def types(schema: Json) -> set[Any]:
    return {part.get("type") for part in (schema, *schema.get("anyOf", []))}


def is_text(text: str) -> bool:
    return len(text.split()) >= 2 and text.endswith(".")
