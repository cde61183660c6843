"""Puts the document together: the routes that there are, with what is known of each."""

import json
import re
import tomllib
from http import HTTPStatus
from typing import Any

from buildium_sync.entity_types.registry import ENTITY_TYPES
from tools.local_cloud.paths import ROOT
from tools.openapi import routes
from tools.openapi.examples import examples
from tools.openapi.operations import CONTROL, OF_A_KEY, OF_ALL, PAGES, PROBLEMS, RETRY_AFTER, Operation, of_collection
from tools.openapi.routes import Route
from tools.openapi.schemas import Json, Schemas, schemas
from tools.openapi.shapes import Shapes

PATH = ROOT / "functions" / "console" / "static" / "openapi.json"
_SCHEME = "apiKey"
_COLLECTION = "{collection}"
_ABOUT = """\
Keeps a property manager's own records and Buildium the same. A write is answered once it is kept, with the outcome
of its sync if that comes in time; `buildiumSync` says how it stands. Errors are problem+json (RFC 9457)."""


def text() -> str:
    """Return the document as it is checked in."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def document() -> Json:
    """Return the document. Raises KeyError for a route that nothing is known of."""
    operations = _operations()
    made = schemas(operations.values())
    paths: dict[str, Json] = {}
    for (method, path), operation in operations.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, operation, made)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "openapi": "3.1.0",
        "info": {"title": project["name"], "version": project["version"], "description": _ABOUT},
        # The document lies below the stage, as the API does.
        "servers": [{"url": "."}],
        "security": [{_SCHEME: []}],
        "paths": paths,
        "components": {
            "responses": {_name(status): _problem(status, made) for status in PROBLEMS},
            "schemas": made.components,
            "securitySchemes": {_SCHEME: {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    }


def _operations() -> dict[Route, Operation]:
    """Return every route with its operation: each collection's in the place of the one for all."""
    found: dict[Route, Operation] = {}
    generic = [route for route in routes.of_the_api() if _COLLECTION in route[1]]
    for entity_type in ENTITY_TYPES:
        collection = of_collection(Shapes.of(entity_type))
        found |= {
            (method, path.replace(_COLLECTION, entity_type.collection)): collection[method, path]
            for method, path in generic
        }
    others = [route for route in (*routes.of_the_api(), *routes.of_the_template()) if route not in generic]
    return found | {route: (CONTROL | PAGES)[route] for route in others}


def _operation(method: str, path: str, operation: Operation, made: Schemas) -> Json:
    parameters = _parameters(path, operation, made)
    body = {"requestBody": _request_body(method, path, operation, made)} if operation.body else {}
    return {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        **({} if operation.needs_key else {"security": []}),
        **({"parameters": parameters} if parameters else {}),
        **body,
        "responses": _responses(operation, made),
    }


def _parameters(path: str, operation: Operation, made: Schemas) -> list[Json]:
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    query = made.query(operation)
    asked = [
        {"name": name, "in": "query", "required": name in query.get("required", ()), "schema": schema}
        for name, schema in query["properties"].items()
    ]
    headers = [
        {"name": name, "in": "header", "required": required, "description": about, "schema": {"type": "string"}}
        for name, about, required in operation.headers
    ]
    return [*named, *asked, *headers]


def _request_body(method: str, path: str, operation: Operation, made: Schemas) -> Json:
    shown = examples(method, path)
    content = {"schema": made.body(operation), **({"examples": shown} if shown else {})}
    return {"required": operation.body_required, "content": {"application/json": content}}


def _responses(operation: Operation, made: Schemas) -> Json:
    answers = {str(status): _answer(status, operation, made) for status in operation.answers}
    problems = sorted(operation.problems | (OF_A_KEY if operation.needs_key else frozenset()) | OF_ALL)
    return answers | {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in problems}


def _answer(status: int, operation: Operation, made: Schemas) -> Json:
    described = {"description": HTTPStatus(status).phrase, **_headers(operation.answer_headers)}
    if operation.answers[status] is None:
        return described
    schema = made.answer(operation, status)
    return described | {"content": {media_type: {"schema": schema} for media_type in operation.media_types}}


def _name(status: int) -> str:
    return f"Problem{status}"


def _problem(status: int, made: Schemas) -> Json:
    return {
        "description": PROBLEMS[status],
        **_headers(RETRY_AFTER if status in (429, 503) else {}),
        "content": {"application/problem+json": {"schema": made.problem}},
    }


def _headers(headers: dict[str, str]) -> dict[str, Any]:
    told = {name: {"description": about, "schema": {"type": "string"}} for name, about in headers.items()}
    return {"headers": told} if told else {}
