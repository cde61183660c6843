"""Compares responses and bodies with the document. A member that the document does not name is an error."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from buildium_sync.api.parsing import encode_external_id
from tools.openapi.document import PATH

Json = dict[str, Any]
Route = tuple[str, str]


@cache
def document() -> Json:
    """The checked-in document."""
    content: Json = json.loads(PATH.read_text())
    return content


def operations() -> dict[Route, Json]:
    """Every operation by its method and path."""
    return {
        (method.upper(), path): operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


def route_of(method: str, path: str) -> Route | None:
    """The document's route for a request. Routes without parameters come first."""
    for candidate in sorted(operations(), key=lambda route: "{" in route[1]):
        pattern = "[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", candidate[1]))
        if candidate[0] == method and re.fullmatch(pattern, path):
            return candidate
    return None


def assert_documented(method: str, path: str, status: int, content_type: str, body: Any) -> None:
    """Assert that the document describes a response. A request without a route is rejected."""
    route = route_of(method, encode_external_id(path))
    if route is None:
        assert status >= 400, f"{method} {path} is not in the document"
        return
    assert str(status) in operations()[route]["responses"], f"{route} returned {status}"
    faults = [*_response(route, str(status), content_type).iter_errors(body)]
    assert not faults, f"{route} {status}: {faults[0].json_path}: {faults[0].message}"


def body_faults(method: str, path: str, body: Any) -> list[str]:
    """The violations of the document's schema in a request's body."""
    route = route_of(method, path)
    assert route is not None
    return [f"{fault.json_path}: {fault.message}" for fault in _body(route).iter_errors(body)]


def schema_faults(schema: Json, value: Any) -> list[str]:
    """The violations of one of the document's schemas in a value."""
    return [fault.message for fault in _validator(schema, document()).iter_errors(value)]


@cache
def _body(route: Route) -> Draft202012Validator:
    return _validator(operations()[route]["requestBody"]["content"]["application/json"]["schema"], document())


@cache
def _response(route: Route, status: str, content_type: str) -> Draft202012Validator:
    response = operations()[route]["responses"][status]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    assert content_type in response["content"], f"{route} {status} has the type {content_type}"
    return _validator(response["content"][content_type]["schema"], _closed())


def _validator(schema: Json, whole: Json) -> Draft202012Validator:
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator({**schema, "components": whole["components"]}, format_checker=checker)


@cache
def _closed() -> Json:
    """The document, with additional members forbidden."""
    copy: Json = json.loads(PATH.read_text())
    for schema in _objects(copy["components"]["schemas"]):
        schema.setdefault("additionalProperties", False)
    return copy


def _objects(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        if part.get("type") == "object" and "properties" in part:
            yield part
        for inner in part.values():
            yield from _objects(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _objects(inner)
