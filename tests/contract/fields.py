"""The fields of Buildium's payloads by path, such as `Lines.Amount`, and a sample of every payload."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from tests.contract.location import MISSING, find_document

Json = dict[str, Any]

_NO_VALUE = ("None", "Unknown", "NotSet")
"""Enum values that mean "none"."""
_TEXTS = {"date": "2026-01-31", "date-time": "2026-01-31T10:00:00Z"}


class MessageFields:
    """Reads the schemas of a JSON document."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def written(self, method: str, path: str) -> set[str]:
        """The paths of all values that a POST or PUT accepts."""
        body = self._document["paths"][path][method.lower()]["requestBody"]
        return set(self._paths(_schema(body)))

    def sample(self, path: str) -> Any:
        """A sample response of one entity, with a value for every field."""
        return self._sample(_schema(self._document["paths"][path]["get"]["responses"]["200"]))

    def with_field(self, schema_name: str, name: str) -> "MessageFields":
        """A copy of a document in which a schema has one more string field."""
        document = deepcopy(self._document)
        document["components"]["schemas"][schema_name]["properties"][name] = {"type": "string"}
        return MessageFields(document)

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema or "allOf" in schema:
            if "$ref" in schema:
                schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            else:
                [schema] = schema["allOf"]
        return schema

    def _paths(self, schema: Json, parent: str = "") -> Iterator[str]:
        schema = self._resolved(schema)
        if schema["type"] == "array":
            yield from self._paths(schema["items"], parent)
        elif schema["type"] == "object":
            for name, inner in schema["properties"].items():
                yield from self._paths(inner, f"{parent}.{name}" if parent else name)
        else:
            yield parent

    def _sample(self, schema: Json, around: tuple[int, ...] = ()) -> Any:
        schema = self._resolved(schema)
        if "enum" in schema:
            return next(value for value in schema["enum"] if value not in _NO_VALUE)
        if schema["type"] == "array":
            # A schema may be recursive, such as an account's sub-accounts.
            items = self._resolved(schema["items"])
            return [] if id(items) in around else [self._sample(items, around)]
        if schema["type"] == "object":
            return {name: self._sample(inner, (*around, id(schema))) for name, inner in schema["properties"].items()}
        numbers = {"integer": 1, "number": 1.25, "boolean": True}
        return numbers.get(schema["type"], _TEXTS.get(schema.get("format", ""), "x"))


def values(message: Any, parent: str = "") -> dict[str, list[Any]]:
    """All non-null values of a payload by path; list items share one path."""
    if message is None:
        return {}
    if not isinstance(message, dict | list):
        return {parent: [message]}
    pairs = message.items() if isinstance(message, dict) else (("", item) for item in message)
    found: dict[str, list[Any]] = {}
    for name, inner in pairs:
        for path, each in values(inner, ".".join(filter(None, (parent, name)))).items():
            found.setdefault(path, []).extend(each)
    return found


def left_out(fields: set[str], messages: list[Any], known: Mapping[str, str]) -> set[str]:
    """The paths that no payload sets and that `known`, by path or by object name, does not explain."""
    missing = fields.difference(*map(values, messages))
    return {path for path in missing if not any(path == name or path.startswith(f"{name}.") for name in known)}


def _schema(content: Json) -> Json:
    schema: Json = next(iter(content["content"].values()))["schema"]
    return schema


@cache
def message_fields() -> MessageFields:
    """The fields of the document on this machine.

    Raises: FileNotFoundError: it is missing.
    """
    path: Path | None = find_document()
    if path is None:
        raise FileNotFoundError(MISSING)
    return MessageFields(json.loads(path.read_bytes()))
