"""Validation by Buildium's OpenAPI document."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.contract.location import MISSING, find_document
from tests.contract.schemas import Schemas

ERROR_SCHEMA = {"$ref": "#/components/schemas/ApiErrorResponse"}


class Document:
    """The document, with the checks that it supports: types, enums, formats, required and unknown keys.

    Limits that only its prose states (most lengths) are not checked here: the simulator does that.
    """

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_bytes())
        self._paths: dict[str, Any] = document["paths"]
        self._schemas = Schemas(document["components"])
        self._operations: dict[tuple[str, str], dict[str, Any] | None] = {}
        self._valid: set[int] = set()
        """The hashes of valid responses: random histories repeat most of them."""

    def request_errors(self, method: str, path: str, query: str, body: Any) -> list[str]:
        """The faults of a request, one line each; `path` starts with /v1, `query` is the raw string."""
        operation = self._operation(method, path)
        if operation is None:
            return ["no such operation"]
        return self._query_errors(operation, query) + self._body_errors(operation, body)

    def response_errors(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """The faults of a response; any error status is allowed, in the shape of ApiErrorResponse."""
        known = hash((method, path, status, json.dumps(body, default=str)))
        if known in self._valid:
            return []
        errors = self._response_errors(method, path, status, body)
        if not errors:
            self._valid.add(known)
        return errors

    def _response_errors(self, method: str, path: str, status: int, body: Any) -> list[str]:
        operation = self._operation(method, path)
        response = (operation or {}).get("responses", {}).get(str(status))
        if response is None:
            if status < 400:
                return [f"status {status} is not documented"]
            return self._schemas.errors(ERROR_SCHEMA, body, "body")
        return self._content_errors(response, body)

    def description(self, method: str, path: str) -> str:
        """The prose about an operation, with the permissions that it requires. Empty for an unknown one."""
        return str((self._operation(method, path) or {}).get("description", ""))

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        if (method, path) not in self._operations:
            self._operations[method, path] = self._find_operation(method, path)
        return self._operations[method, path]

    def _find_operation(self, method: str, path: str) -> dict[str, Any] | None:
        names = path.split("/")
        matching = [template for template in self._paths if _matches(template.split("/"), names)]
        # A literal segment has priority over a placeholder: /rentals/owners is not /rentals/{propertyId}.
        nearest = min(matching, key=lambda template: template.count("{"), default=None)
        if nearest is None:
            return None
        operation: dict[str, Any] | None = self._paths[nearest].get(method.lower())
        return operation

    def _query_errors(self, operation: dict[str, Any], query: str) -> list[str]:
        known = {p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"}
        given = parse_qs(query, keep_blank_values=True)
        errors = [f"query.{name}: not a parameter of this operation" for name in given if name not in known]
        errors += [f"query.{name}: required" for name, p in known.items() if p.get("required") and name not in given]
        for name in known.keys() & given.keys():
            schema = known[name]["schema"]
            errors += self._schemas.errors(schema, _typed(schema, given[name]), f"query.{name}")
        return errors

    def _body_errors(self, operation: dict[str, Any], body: Any) -> list[str]:
        expected = operation.get("requestBody")
        if expected is None:
            return [] if body is None else ["body: this operation takes none"]
        return self._content_errors(expected, body)

    def _content_errors(self, message: dict[str, Any], body: Any) -> list[str]:
        content = message.get("content")
        if content is None:
            return [] if body is None else ["body: this message has none"]
        media_type = next(iter(content.values()))
        return self._schemas.errors(media_type["schema"], body, "body")


def _matches(template: list[str], names: list[str]) -> bool:
    return len(template) == len(names) and all(
        name.isdigit() if part.startswith("{") else name == part for part, name in zip(template, names, strict=True)
    )


def _typed(schema: dict[str, Any], values: list[str]) -> Any:
    if schema["type"] == "array":
        return [_typed(schema["items"], [value]) for value in values]
    if len(values) != 1:
        return values
    return _converted(schema["type"], values[0])


def _converted(kind: str, value: str) -> Any:
    if kind == "integer" and value.lstrip("-").isdigit():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


@cache
def load(path: Path) -> Document:
    """The document at a path, read once."""
    return Document(path)


def document() -> Document:
    """The document on this machine.

    Raises: FileNotFoundError: it is missing.
    """
    path = find_document()
    if path is None:
        raise FileNotFoundError(MISSING)
    return load(path)


def validate_request(method: str, path: str, query: str = "", body: Any = None) -> None:
    """Assert that Buildium's document allows a request.

    Raises: AssertionError: naming method, path and each invalid value.
    """
    _assert_none(document().request_errors(method, path, query, body), f"request {method} {path}")


def validate_response(method: str, path: str, status: int, body: Any) -> None:
    """Assert that Buildium's document allows a response.

    Raises: AssertionError: naming method, path, status and each invalid value.
    """
    _assert_none(document().response_errors(method, path, status, body), f"answer {status} to {method} {path}")


def _assert_none(errors: list[str], message: str) -> None:
    if errors:
        raise AssertionError("\n  ".join([f"{message} breaks Buildium's document:", *errors]))
