"""API Gateway's requests under /api: routes to the layer's flows, and their errors to problem+json."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from buildium_sync import http
from buildium_sync.entities.registry import ENTITY_TYPES, by_collection
from buildium_sync.errors import ClientError, MalformedRequest, MethodNotAllowed, NotFound
from buildium_sync.observability import correlated, logger, observed
from buildium_sync.records import Kept
from buildium_sync.retry import Retried, sync_status
from buildium_sync.settings import settings
from buildium_sync.store.events import EventStatus
from buildium_sync.store.records import EntityRef, Status
from buildium_sync.wiring import event_retry, records, retry

_RETRY_MARGIN = 8.0
"""Seconds kept of the function's time to finish a retry of many syncs and answer."""
_STATES = {status.value: status for status in Status if status is not Status.SYNCED}
_EVENT_STATES = {status.value: status for status in EventStatus}

app = APIGatewayRestResolver()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of API Gateway's REST proxy integration."""
    with correlated(event["requestContext"]["requestId"]):
        return app.resolve(event, context)


@app.get("/api/buildium/sync")
def get_sync() -> Response[str]:
    """One sync's status, or the list of those that failed."""
    query = _query()
    if "entityId" in query or ("entityType" in query and "entityId" in query):
        ref = EntityRef(_required("entityType"), _required("entityId"))
        return _json(200, {"syncStatus": sync_status(_retry().status(ref))})
    found, cursor = _retry().failed(
        http.read_choice("status", query.get("status"), _STATES, Status.FAILED),
        query.get("entityType"),
        limit=http.read_limit(query.get("limit")),
        cursor=query.get("cursor"),
    )
    return _json(200, {"failedSyncs": [sync_status(record) for record in found], "nextCursor": cursor})


@app.post("/api/buildium/sync")
def post_sync() -> Response[str]:
    """Try failed syncs again: one, all of a type, or all."""
    body = _body() if app.current_event.body else {}
    entity_type, entity_id = http.read_text(body, "entityType"), http.read_text(body, "entityId")
    if entity_id is None:
        return _retried(_retry().all(entity_type))
    if entity_type is None:
        raise MalformedRequest("entityId needs entityType beside it.")
    return _retried(_retry().one(EntityRef(entity_type, entity_id)))


@app.get("/api/buildium/events")
def get_events() -> Response[str]:
    """The stored webhook events in one state."""
    query = _query()
    status = http.read_choice("status", query.get("status"), _EVENT_STATES, EventStatus.FAILED)
    limit = http.read_limit(query.get("limit"))
    events, cursor = event_retry().page(status, limit=limit, cursor=query.get("cursor"))
    return _json(200, {"items": events, "nextCursor": cursor})


@app.post("/api/buildium/events/<event_id>/retry")
def post_event(event_id: str) -> Response[str]:
    """Work on a stored event once more."""
    return _json(202, {"event": event_retry().again(event_id)})


@app.post("/api/<collection>")
def create(collection: str) -> Response[str]:
    """Keep a new entity and say how its sync came out."""
    entity_type = by_collection(collection)
    kept = records().create(entity_type, _body(), _request_id())
    return _one(201, kept, f"{entity_type.name.replace('-', ' ').capitalize()} created successfully")


@app.get("/api/<collection>")
def list_entities(collection: str) -> Response[str]:
    """One page of a collection."""
    query = _query()
    limit = http.read_limit(query.get("limit"))
    kept, cursor = records().page(by_collection(collection), limit=limit, cursor=query.get("cursor"))
    return _json(200, {"items": [each.item() for each in kept], "nextCursor": cursor})


@app.get("/api/<collection>/<entity_id>")
def read(collection: str, entity_id: str) -> Response[str]:
    """One entity."""
    kept = records().read(by_collection(collection), entity_id)
    return _json(200, kept.body(), {"ETag": http.etag(kept.entity.version)})


@app.put("/api/<collection>/<entity_id>")
def update(collection: str, entity_id: str) -> Response[str]:
    """Change an entity and say how its sync came out."""
    entity_type = by_collection(collection)
    expected = http.read_if_match(_header("If-Match"))
    kept = records().update(entity_type, entity_id, _body(), _request_id(), expected)
    return _one(200, kept, f"{entity_type.name.replace('-', ' ').capitalize()} updated successfully")


@app.exception_handler(ClientError)
def on_client_error(error: ClientError) -> Response[str]:
    """Answer what the caller did wrong."""
    logger.info("Refused", extra={"status": error.status, "fields": [e.field for e in error.errors]})
    return Response(error.status, "application/problem+json", json.dumps(http.problem(error)))


@app.not_found
def on_not_found(_error: NotFoundError) -> Response[str]:
    """Answer for a path that no route has, or a method that its routes have not."""
    path, collections = app.current_event.path, {entity_type.collection for entity_type in ENTITY_TYPES}
    first, *rest = path.removeprefix("/api/").strip("/").split("/")
    known = (first in collections and len(rest) <= 1) or path.startswith("/api/buildium/sync")
    if known:
        return on_client_error(MethodNotAllowed(f"{app.current_event.http_method} is not for {path}."))
    return on_client_error(NotFound(f"There is no {path}."))


@app.exception_handler(Exception)
def on_error(_error: Exception) -> Response[str]:
    """Answer for an error of our own: the log has it under the request's id, the caller gets the id."""
    logger.exception("Unexpected error")
    body = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": _request_id()}
    return Response(500, "application/problem+json", json.dumps(body))


def _one(status: int, kept: Kept, message: str) -> Response[str]:
    preference = http.read_preference(_header("Prefer"), settings().sync_wait_seconds)
    kept = records().await_outcome(kept, preference.wait)
    headers = {"ETag": http.etag(kept.entity.version)}
    if preference.applied:
        headers["Preference-Applied"] = preference.applied
    return _json(status, kept.body(message), headers)


def _retried(retried: Retried) -> Response[str]:
    body = {"success": not retried.errors, "retried": retried.count, "errors": retried.errors}
    return _json(200, body)


def _retry() -> Any:
    context = app.lambda_context
    return retry(lambda: context.get_remaining_time_in_millis() / 1000 - _RETRY_MARGIN)


def _json(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", json.dumps(body), headers=headers)


def _body() -> dict[str, Any]:
    event = app.current_event
    text = event.decoded_body if event.is_base64_encoded else event.body
    return http.read_object((text or "").encode("utf-8", "surrogatepass"))


def _query() -> dict[str, str]:
    return app.current_event.query_string_parameters or {}


def _required(name: str) -> str:
    value = _query().get(name)
    if not value:
        raise MalformedRequest(f"{name} is missing.")
    return value


def _header(name: str) -> str | None:
    return app.current_event.headers.get(name)


def _request_id() -> str:
    return str(app.current_event.request_context.request_id)
