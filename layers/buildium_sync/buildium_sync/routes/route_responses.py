"""The responses of the API, and the rejection of other methods."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from buildium_sync.entity_types.registry import by_collection
from buildium_sync.errors import MethodNotAllowed
from buildium_sync.http_headers import DATA_HEADERS

COLLECTION = "/api/<collection>"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def json_response(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    """Return a document."""
    return Response(status, "application/json", json.dumps(body), {**DATA_HEADERS, **(headers or {})})


def problem_response(problem: dict[str, Any], headers: dict[str, str]) -> Response[str]:
    """Return a problem document (RFC 9457) with its status."""
    return Response(problem["status"], "application/problem+json", json.dumps(problem), {**DATA_HEADERS, **headers})


def method_not_allowed(router: BaseRouter, rule: str, *allowed: str) -> None:
    """Reject the other methods of a path with 405. The collection of a read-only type has no POST."""

    def respond(**names: str) -> Response[str]:
        # An unknown collection is not found, whatever the method.
        entity_type = by_collection(names["collection"]) if "collection" in names else None
        is_read_only = rule == COLLECTION and entity_type is not None and entity_type.is_read_only
        methods = tuple(method for method in allowed if method != "POST") if is_read_only else allowed
        text = f"Method {router.current_event.http_method} not allowed; allowed: {', '.join(methods)}."
        raise MethodNotAllowed(text, methods)

    others = [method for method in _METHODS if method not in allowed]
    router.route(rule, others, include_in_schema=False)(respond)
