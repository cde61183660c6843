"""Arbitrary requests, derived from the models of the types, so that a new type is included."""

import json
from typing import Any

from hypothesis import strategies as st

from buildium_sync.domain.entity_type import EntityType

Schema = dict[str, Any]
# Half surrogate pairs and NUL too: everything that an event's JSON can contain.
TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
NUMBERS = st.integers(-(10**50), 10**50) | st.floats()
WORDS = st.sampled_from(
    ["", " ", "\x00", "\ud800", "a\x00b", "US", "CA", "OR", "90001", "555-0142", "a@b.example", "2026-02-30",
     "0001-01-01", "9999-12-31", "2026-01-01T00:00:00Z", "-0", "1e999", "None", "x" * 70_000, "é" * 128,
     "a#b", "../..", "${jndi:x}"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT | WORDS
ANYTHING = st.recursive(SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXT, part, max_size=3))
# JSON that is the representation of no Python value.
RAW_TEXTS = [
    "1e999",
    "-1e999",
    "1e-999",
    "9" * 400,
    "-" + "9" * 5000,
    "0." + "3" * 400,
    "NaN",
    "-Infinity",
    "[" * 30_000,
    "[" * 900 + "]" * 900,
    '{"a":' * 900 + "1" + "}" * 900,
    '"\\u0000"',
    '"\\ud800"',
    '{"a":1,"a":2}',
    "",
    "'x'",
]
RAW = st.sampled_from(RAW_TEXTS)


def bodies(entity_type: EntityType, good: dict[str, Any]) -> st.SearchStrategy[str]:
    """Bodies for a type: almost valid, built from its model, or arbitrary."""
    schema = entity_type.model.model_json_schema()
    names = st.sampled_from(sorted(schema["properties"])) | TEXT | st.sampled_from(["id", "status", "__class__"])
    values = {name: _values(part, schema.get("$defs", {})) for name, part in schema["properties"].items()}
    # Few at a time: among many odd values one is always rejected, and the rest is never checked.
    chosen = st.sets(st.sampled_from(sorted(values)), max_size=2)
    likely = chosen.flatmap(lambda some: st.fixed_dictionaries({name: values[name] for name in sorted(some)}))
    # A valid body with some odd fields gets further than a completely invalid one.
    changed = st.builds(lambda more, odd: {**good, **more, **odd}, likely, st.dictionaries(names, ANYTHING, max_size=1))
    return (
        changed.map(json.dumps)
        | st.builds(_with_raw, likely.map(lambda more: {**good, **more}), names, RAW)
        | likely.map(json.dumps)
        | ANYTHING.map(json.dumps)
        | RAW
        | TEXT
    )


def _with_raw(body: dict[str, Any], name: str, raw: str) -> str:
    rest = "".join(f", {json.dumps(key)}: {json.dumps(value)}" for key, value in body.items() if key != name)
    return f"{{{json.dumps(name)}: {raw}{rest}}}"


def _values(schema: Schema, definitions: dict[str, Schema]) -> st.SearchStrategy[Any]:
    """Values that a schema allows or almost allows."""
    if "$ref" in schema:
        return _values(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of([_values(part, definitions) for part in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], schema["enum"][0].lower(), "Another"])
    return _of_type(schema, definitions)


def _of_type(schema: Schema, definitions: dict[str, Schema]) -> st.SearchStrategy[Any]:
    kinds: dict[str | None, st.SearchStrategy[Any]] = {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.sampled_from(_bounds(schema)) | st.integers(),
        "number": st.sampled_from(_bounds(schema)) | st.floats() | st.decimals(-10, 10, places=2).map(float),
        "string": WORDS | TEXT | st.dates().map(lambda day: day.isoformat()),
    }
    if schema.get("type") == "array":
        return st.lists(_values(schema.get("items", {}), definitions), max_size=3)
    if "properties" in schema:
        parts = {name: _values(part, definitions) for name, part in schema["properties"].items()}
        required = set(schema.get("required", ()))
        optional = {name: part for name, part in parts.items() if name not in required}
        return st.fixed_dictionaries({name: parts[name] for name in sorted(required)}, optional=optional)
    return kinds.get(schema.get("type"), SCALARS)


def _bounds(schema: Schema) -> list[float]:
    edges = [schema[name] for name in ("minimum", "maximum") if name in schema] or [0]
    return [edge + step for edge in edges for step in (-1, 0, 1)]
