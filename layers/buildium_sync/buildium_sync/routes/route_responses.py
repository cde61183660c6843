"""The responses of the API."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response

from buildium_sync.http_headers import DATA_HEADERS


def json_response(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    """Return a document."""
    return Response(status, "application/json", json.dumps(body), {**DATA_HEADERS, **(headers or {})})


def problem_response(problem: dict[str, Any], headers: dict[str, str]) -> Response[str]:
    """Return a problem document (RFC 9457) with its status."""
    return Response(problem["status"], "application/problem+json", json.dumps(problem), {**DATA_HEADERS, **headers})
