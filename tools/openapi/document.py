"""Builds the document from the routes and their operations."""

import json
import re
import tomllib
from collections.abc import Iterable
from typing import Any

from buildium_sync.entity_types.registry import all_types
from tools.local_cloud.paths import ROOT
from tools.openapi import examples, problems, routes
from tools.openapi.headers import PATH_PARAMETERS, Parameter
from tools.openapi.operations import (
    account,
    app_webhook,
    balances,
    calls,
    changes,
    control,
    entities,
    operators,
    pages,
    reconciliation,
    syncs,
    webhook_events,
)
from tools.openapi.operations.operation import Operation, Response
from tools.openapi.routes import Route
from tools.openapi.schemas import Json, Schemas, schemas
from tools.openapi.shapes import Shapes

PATH = ROOT / "functions" / "console" / "static" / "openapi.json"
_SCHEME = "apiKey"
_COLLECTION = "{collection}"
_SPECIAL = (
    balances,
    calls,
    changes,
    syncs,
    control,
    reconciliation,
    webhook_events,
    app_webhook,
    account,
    operators,
    pages,
)
_DESCRIPTION = """\
Synchronizes a property manager's entities with Buildium. A write is stored first; its response waits a few seconds for
the result of the sync. `buildiumSync` shows that result. Errors are problem+json (RFC 9457)."""


def text() -> str:
    """Return the document as it is checked in."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def document() -> Json:
    """Return the document. Raises KeyError for a route without an operation."""
    operations = _operations()
    model_schemas = schemas(operations.values())
    paths: dict[str, Json] = {}
    for (method, path), operation in operations.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, operation, model_schemas)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "openapi": "3.1.0",
        "info": {"title": project["name"], "version": project["version"], "description": _DESCRIPTION},
        # The document is served below the stage, as the API is.
        "servers": [{"url": ".", "description": "The stage that serves this document."}],
        "security": [{_SCHEME: []}],
        "tags": _tags(),
        "paths": paths,
        "components": {
            "responses": {_name(status): _problem(status, model_schemas) for status in problems.DESCRIPTIONS},
            "schemas": model_schemas.components,
            "securitySchemes": {
                _SCHEME: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-api-key",
                    "description": "An API key of API Gateway.",
                }
            },
        },
    }


def _operations() -> dict[Route, Operation]:
    """Return the operation of every route. The generic routes are repeated for each collection."""
    found: dict[Route, Operation] = {}
    generic = [route for route in routes.resolver_routes() if _COLLECTION in route[1]]
    for entity_type in all_types():
        collection = entities.of_collection(Shapes.of(entity_type))
        found |= {
            (method, path.replace(_COLLECTION, entity_type.collection)): collection[method, path]
            for method, path in generic
            if method == "GET" or not entity_type.is_read_only or (method, path) in entities.READ_ONLY_WRITES
        }
        found |= entities.of_nested_route(Shapes.of(entity_type))
    special = {route: operation for module in _SPECIAL for route, operation in module.ROUTES.items()}
    others = [
        route for route in (*routes.resolver_routes(), *routes.template_routes()) if route not in (*generic, *found)
    ]
    return found | {route: special[route] for route in others}


def _tags() -> list[Json]:
    collections = {
        entity_type.collection: f"{entity_type.collection.replace('-', ' ').capitalize()} and the state of their syncs."
        for entity_type in all_types()
    }
    tags = collections | {module.TAG: module.TAG_DESCRIPTION for module in _SPECIAL}
    return [{"name": name, "description": description} for name, description in tags.items()]


def _operation(method: str, path: str, operation: Operation, model_schemas: Schemas) -> Json:
    parameters = _parameters(path, operation, model_schemas)
    body = {"requestBody": _request_body(method, path, operation, model_schemas)} if operation.body else {}
    return {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        **({} if operation.needs_key else {"security": []}),
        **({"parameters": parameters} if parameters else {}),
        **body,
        "responses": _responses(method, path, operation, model_schemas),
    }


def _parameters(path: str, operation: Operation, model_schemas: Schemas) -> list[Json]:
    in_path = [_parameter("path", PATH_PARAMETERS[name]) for name in re.findall(r"{(\w+)}", path)]
    query = model_schemas.query(operation)
    in_query = [
        _query_parameter(name, schema, is_required=name in query.get("required", ()))
        for name, schema in query["properties"].items()
    ]
    return [*in_path, *in_query, *(_parameter("header", header) for header in operation.headers)]


def _parameter(location: str, parameter: Parameter) -> Json:
    return {"name": parameter.name, "in": location, "required": parameter.is_required, **_string(parameter)}


def _query_parameter(name: str, schema: Json, *, is_required: bool) -> Json:
    described = {keyword: value for keyword, value in schema.items() if keyword != "description"}
    return {
        "name": name,
        "in": "query",
        "required": is_required,
        "description": schema["description"],
        "schema": described,
    }


def _string(parameter: Parameter) -> Json:
    # In the schema: Swagger UI would otherwise send the example of an optional parameter.
    return {"description": parameter.description, "schema": {"type": "string", "examples": [parameter.example]}}


def _request_body(method: str, path: str, operation: Operation, model_schemas: Schemas) -> Json:
    content = {"schema": model_schemas.body(operation), **_examples(examples.requests(method, path))}
    return {"required": operation.is_body_required, "content": {"application/json": content}}


def _responses(method: str, path: str, operation: Operation, model_schemas: Schemas) -> Json:
    shown = _examples(examples.responses(method, path))
    described = {
        str(status): _response(response, model_schemas.response(operation, status), operation.media_types, shown)
        for status, response in operation.responses.items()
    }
    statuses = sorted(operation.problems | problems.OF_QUERIES | problems.OF_EVERY_OPERATION)
    return described | {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in statuses}


def _response(response: Response, schema: Json | None, media_types: Iterable[str], shown: Json) -> Json:
    described = {"description": response.description, **_headers(response.headers)}
    if schema is None:
        return described
    return described | {"content": {media_type: {"schema": schema, **shown} for media_type in media_types}}


def _examples(bodies: examples.Examples) -> Json:
    return {"examples": {name: {"value": body} for name, body in bodies.items()}} if bodies else {}


def _name(status: int) -> str:
    return f"Problem{status}"


def _problem(status: int, model_schemas: Schemas) -> Json:
    return {
        "description": problems.DESCRIPTIONS[status],
        **_headers(problems.HEADERS.get(status, ())),
        "content": {"application/problem+json": {"schema": model_schemas.problem}},
    }


def _headers(headers: Iterable[Parameter]) -> dict[str, Any]:
    described = {header.name: _string(header) for header in headers}
    return {"headers": described} if described else {}
