"""Adds the texts to the schemas."""

import re
from collections.abc import Container
from typing import Any

from pydantic.alias_generators import to_camel

from tools.openapi.texts import (
    account,
    accounting,
    app_webhook,
    balances,
    calls,
    changes,
    control,
    lease_operations,
    ledger,
    maintenance,
    operators,
    people_and_places,
    reconciliation,
    rentals,
    syncs,
    webhook_events,
)
from tools.openapi.texts.components import DESCRIPTIONS, ENTITY_SCHEMAS
from tools.openapi.texts.text import COMPOSED, Text, Texts

Json = dict[str, Any]

ENTITY_TEXTS: Texts = {
    **people_and_places.TEXTS,
    **rentals.TEXTS,
    **maintenance.TEXTS,
    **accounting.TEXTS,
    **ledger.TEXTS,
    **lease_operations.TEXTS,
}
CONTROL_TEXTS: Texts = {
    **account.TEXTS,
    **app_webhook.TEXTS,
    **balances.TEXTS,
    **calls.TEXTS,
    **changes.TEXTS,
    **control.TEXTS,
    **operators.TEXTS,
    **syncs.TEXTS,
    **reconciliation.TEXTS,
    **webhook_events.TEXTS,
}
_VARIANT = re.compile(r"(Fields|Changes|Nested|Batch|Response|Item|Page)$")


def keys(component: str, name: str) -> list[str]:
    """Return the keys of a property's text, the most specific first. An owner's names may be in snake_case."""
    camel = to_camel(name)
    return [f"{component}.{name}", f"{_base(component)}.{camel}", camel]


def text_of(component: str, name: str) -> Text:
    """Return the text of a property. Raises KeyError."""
    texts = ENTITY_TEXTS if _base(component) in ENTITY_SCHEMAS else CONTROL_TEXTS
    found = [texts[key] for key in keys(component, name) if key in texts]
    if not found:
        raise KeyError(f"{component}.{name} has no text in tools/openapi/texts")
    return found[0]


def _base(component: str) -> str:
    return component if component in ENTITY_SCHEMAS else _VARIANT.sub("", component)


def described(components: dict[str, Json], left_out: Container[str] = ()) -> dict[str, Json]:
    """Return the named schemas with the texts of their properties. Entities do not have the formats in `left_out`."""
    return {name: _described(name, schema, components, left_out) for name, schema in components.items()}


def _described(name: str, schema: Json, components: dict[str, Json], left_out: Container[str]) -> Json:
    described = {**schema, **({"description": DESCRIPTIONS[name]} if name in DESCRIPTIONS else {})}
    if "properties" not in schema:
        return described
    properties = {each: _property(name, each, of, components, left_out) for each, of in schema["properties"].items()}
    return {**described, "properties": properties}


def _property(component: str, name: str, schema: Json, components: dict[str, Json], left_out: Container[str]) -> Json:
    text = text_of(component, name)
    is_left_out = _base(component) in ENTITY_SCHEMAS and text.keywords.get("format") in left_out
    mark = " Read-only: only Buildium changes this field." if schema.get("readOnly") else ""
    return {
        **schema,
        "description": text.description + mark,
        **({} if is_left_out else text.keywords),
        "examples": [_example(component, name, schema, components)],
    }


def _example(component: str, name: str, schema: Json, components: dict[str, Json]) -> Any:
    text = text_of(component, name)
    return _composed(schema, components) if text.example is COMPOSED else text.example


def _composed(schema: Json, components: dict[str, Json]) -> Any:
    """Return an example that is made of the examples of an object's properties. Raises KeyError for other schemas."""
    if "anyOf" in schema:
        return _composed(schema["anyOf"][0], components)
    if schema.get("type") == "array":
        return [_composed(schema["items"], components)]
    if "additionalProperties" in schema and "properties" not in schema:
        return {"property": _composed(schema["additionalProperties"], components)}
    component = schema["$ref"].rpartition("/")[2]
    return {name: _example(component, name, of, components) for name, of in components[component]["properties"].items()}
