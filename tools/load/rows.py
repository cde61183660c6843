"""Reads the rows of an NDJSON or CSV file as bodies of creates.

In a CSV file, the first row has the names of fields. A name with dots is a nested field: `lines.0.amount`. The type of
a value comes from the schema of the collection. An empty cell is left out.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_REF = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number from 1. `error` is why it cannot be sent."""

    number: int
    body: Any
    error: str | None = None

    @property
    def external_id(self) -> str | None:
        """The external id of a row that can be sent."""
        return None if self.error else str(self.body["externalId"])


def read_rows(path: Path, document: Mapping[str, Any] | None, collection: str) -> Iterator[Row]:
    """Yield the rows of a file. `document` is the OpenAPI document, which a CSV file needs."""
    with path.open(encoding="utf-8-sig", newline="" if document else None) as file:
        if document is None:
            yield from (_from_json(number, line) for number, line in enumerate(file, 1) if line.strip())
            return
        columns = csv.DictReader(file)
        for number, cells in enumerate(columns, 1):
            yield _from_cells(number, cells, document, _body_schema(document, collection))


def _from_json(number: int, line: str) -> Row:
    try:
        return _checked(Row(number, _parsed(line)))
    except ValueError as error:
        return Row(number, line.rstrip("\n"), f"The row is not JSON: {error}")


def _from_cells(number: int, cells: Mapping[str | None, Any], document: Mapping[str, Any], schema: Json) -> Row:
    body: Json = {}
    if None in cells:
        return Row(number, cells[None], "The row has more cells than the first row.")
    for name, text in cells.items():
        if not text:
            continue
        path = str(name).split(".")
        try:
            _put(body, path, _value(text, _types(document, schema, path)))
        except (ValueError, TypeError):
            return Row(number, dict(cells), f"The value of {name} does not have the type of the field.")
    return _checked(Row(number, _with_lists(body)))


def _parsed(text: str) -> Any:
    """Parse JSON. Raises ValueError, also for NaN and infinite numbers, which Python accepts and JSON lacks."""
    value = json.loads(text)
    json.dumps(value, allow_nan=False)
    return value


def _checked(row: Row) -> Row:
    """Return the row, with an error if it cannot be repeated safely."""
    if isinstance(row.body, dict) and row.body.get("externalId"):
        return row
    return Row(row.number, row.body, "externalId is required, so that a repeated request creates nothing twice.")


def _body_schema(document: Mapping[str, Any], collection: str) -> Json:
    body = document["paths"][f"/api/{collection}"]["post"]["requestBody"]
    return dict(body["content"]["application/json"]["schema"])


def _types(document: Mapping[str, Any], schema: Json, path: list[str]) -> set[str]:
    """Return the JSON types of a field; none for an unknown one, which the API rejects."""
    if "$ref" in schema:
        return _types(document, document["components"]["schemas"][schema["$ref"].removeprefix(_REF)], path)
    if "anyOf" in schema:
        return set().union(*(_types(document, each, path) for each in schema["anyOf"]))
    if not path:
        return {str(schema.get("type", "string"))}
    name, *rest = path
    if "items" in schema and name.isdigit():
        return _types(document, schema["items"], rest)
    return _types(document, schema["properties"][name], rest) if name in schema.get("properties", {}) else set()


def _value(text: str, types: set[str]) -> Any:
    """Return a cell as a value. Digits are a number where a field accepts both: the Buildium id of a reference."""
    if types & {"array", "object"}:
        return _parsed(text)
    if types & {"integer", "number"} and ("string" not in types or text.isdigit()):
        return _parsed(text)
    if "boolean" in types:
        return _parsed(text.lower())
    return text


def _put(body: Json, path: list[str], value: Any) -> None:
    for name in path[:-1]:
        body = body.setdefault(name, {})
    body[path[-1]] = value


def _with_lists(value: Any) -> Any:
    """Return the value with lists instead of objects whose names are positions."""
    if not isinstance(value, dict):
        return value
    parts = {name: _with_lists(part) for name, part in value.items()}
    if parts and all(name.isdigit() for name in parts):
        return [parts[name] for name in sorted(parts, key=int)]
    return parts
