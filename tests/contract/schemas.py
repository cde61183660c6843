"""OpenAPI 3.0 schemas as JSON Schema, and the errors of an instance."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = "urn:buildium"
INT32 = range(-(2**31), 2**31)
FORMATS = FormatChecker(formats=())


@FORMATS.checks("int32")
def _is_int32(value: object) -> bool:
    # JSON Schema accepts 1.0 as an integer; a parser of 32-bit integers does not.
    return isinstance(value, int) and value in INT32 if isinstance(value, int | float) else True


@FORMATS.checks("date")
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or _parses(date, r"\d{4}-\d{2}-\d{2}", value)


@FORMATS.checks("date-time")
def _is_date_time(value: object) -> bool:
    pattern = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})"
    return not isinstance(value, str) or _parses(datetime, pattern, value)


def _parses(kind: type[date], pattern: str, value: str) -> bool:
    if not re.fullmatch(pattern, value):
        return False
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True


class Schemas:
    """The document's schemas, which others reference by `$ref`."""

    def __init__(self, components: dict[str, Any]) -> None:
        resource: Resource[Any] = DRAFT202012.create_resource({"components": _json_schema(components)})
        self._registry: Registry[Any] = Registry().with_resource(DOCUMENT, resource)

    def errors(self, schema: dict[str, Any], instance: Any, name: str) -> list[str]:
        """The errors of the instance, one line each, starting with its name and the path within."""
        validator = Draft202012Validator(_json_schema(schema), registry=self._registry, format_checker=FORMATS)
        return sorted(set(_lines(validator.iter_errors(instance), name)))


def _lines(errors: Iterable[ValidationError], name: str) -> Iterator[str]:
    for error in errors:
        # A nullable value fails both as itself and as null: only the first error is informative.
        causes = [cause for cause in error.context or [] if cause.validator_value != "null"]
        if causes:
            yield from _lines(causes, name)
        else:
            path = ".".join([name, *(str(part) for part in error.absolute_path)])
            yield f"{path}: {_short(error.message)}"


def _short(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:300]} ..."


def _json_schema(value: Any) -> Any:
    if isinstance(value, list):
        return [_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        return {"$ref": DOCUMENT + value["$ref"]}
    schema = {key: _json_schema(item) for key, item in value.items()}
    return {"anyOf": [schema, {"type": "null"}]} if value.get("nullable") is True else schema
