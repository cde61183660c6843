"""POST /api/webhooks/buildium: translates API Gateway's proxy event for the webhook receiver, and its response back."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from buildium_sync.composition.webhook import WebhookComposition

from buildium_sync.gateway_request import request_id
from buildium_sync.http_headers import DATA_HEADERS
from buildium_sync.observability import correlation_scope, instrumented
from buildium_sync.problem import problem_details
from buildium_sync.webhooks.receiver import WebhookResponse


@instrumented
def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one request of API Gateway's REST proxy integration."""
    correlation_id = request_id(event)
    with correlation_scope(correlation_id):
        if parameters := event.get("queryStringParameters"):
            return _response(_unknown_parameters(parameters))
        composition = WebhookComposition.current()
        response = composition.webhook_receiver.receive(event.get("headers") or {}, _body(event), correlation_id)
        if response.status >= 400:
            composition.count_rejection()
        return _response(response)


def _unknown_parameters(names: Iterable[str]) -> WebhookResponse:
    """Reject an address with query parameters: Buildium adds none, so it was registered wrongly."""
    errors = [{"field": name, "message": "Unknown query parameter."} for name in sorted(names)]
    return WebhookResponse(400, {**problem_details(400, "Bad Request", "Unknown query parameters."), "errors": errors})


def _body(event: dict[str, Any]) -> bytes:
    text = event.get("body") or ""
    try:
        return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode("utf-8", "surrogatepass")
    except ValueError:
        return b""


def _response(answer: WebhookResponse) -> dict[str, Any]:
    media_type = "application/problem+json" if answer.status >= 400 else "application/json"
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": media_type, **DATA_HEADERS},
        "body": json.dumps(answer.body),
    }
