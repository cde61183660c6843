"""The app webhook queue, and POST /api/webhooks/test: both send events to the application's receiver."""

import json
from collections.abc import Mapping
from typing import Any

from buildium_sync.composition.app_webhook import AppWebhookComposition

from buildium_sync.domain.app_webhook import QueuedEvent
from buildium_sync.errors import OPERATOR_REQUIRED, OperatorRequired
from buildium_sync.gateway_request import checked_api_key, request_id
from buildium_sync.http_headers import DATA_HEADERS
from buildium_sync.observability import correlation_scope, instrumented, logger
from buildium_sync.problem import problem_details

_ROUTE = ("POST", "/api/webhooks/test")
"""Its only route. The path of a request can have other spellings of it, so no permission depends on that."""
_OFF = "The app webhook is off. Set APP_WEBHOOK_URL and APP_WEBHOOK_SECRET."


@instrumented
def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Deliver a batch of the queue and report the events that stay in it, or send a test event."""
    if "Records" in event:
        return {"batchItemFailures": [{"itemIdentifier": each} for each in _deliver(event["Records"])]}
    with correlation_scope(request_id(event)):
        if names := event["queryStringParameters"]:
            errors = [{"field": name, "message": "is not supported"} for name in names]
            return _problem(400, "Bad Request", "This route has no query parameters.", errors=errors)
        try:
            AppWebhookComposition.current().callers.require(checked_api_key(event), *_ROUTE)
        except OperatorRequired as error:
            return _problem(403, error.title, error.detail, errorCode=OPERATOR_REQUIRED)
        return _send_test_event()


def _deliver(records: list[Mapping[str, Any]]) -> list[str]:
    composition = AppWebhookComposition.current()
    if not composition.is_on:
        composition.health.reset()
        logger.warning("App webhook is off; events skipped", extra={"count": len(records)})
        return []
    events = [queued for record in records if (queued := _read(record)) is not None]
    return composition.delivery_batch.deliver(events)


def _read(record: Mapping[str, Any]) -> QueuedEvent | None:
    """Parse a record. An unreadable one becomes a dead letter, because a redelivery cannot be read either."""
    try:
        return QueuedEvent.from_record(record)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        about = {"record": record["messageId"], "error": type(error).__name__}
        logger.error("Unreadable event dead-lettered", extra=about)
        AppWebhookComposition.current().queue.send_to_dlq(record["body"])
        return None


def _send_test_event() -> dict[str, Any]:
    composition = AppWebhookComposition.current()
    if not composition.is_on or not composition.has_secret():
        return _problem(409, "Conflict", _OFF)
    return _response(200, {"delivery": composition.receiver_check.run()})


def _problem(status: int, title: str, detail: str, **members: Any) -> dict[str, Any]:
    logger.info("Request rejected", extra={"status": status})
    return _response(status, {**problem_details(status, title, detail), **members})


def _response(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    media_type = "application/problem+json" if status >= 400 else "application/json"
    return {"statusCode": status, "headers": {"Content-Type": media_type, **DATA_HEADERS}, "body": json.dumps(body)}
