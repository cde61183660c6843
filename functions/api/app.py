"""API Gateway's requests under /api: routes to the layer's services, and errors as problem+json."""

import json
from collections.abc import Callable
from typing import Any

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import ClientError as AwsError

from buildium_sync.api import parsing, request_bodies
from buildium_sync.api.caller_check import checked_api_key
from buildium_sync.api.client_request import Author, Precondition
from buildium_sync.api.list_filter import read_filter
from buildium_sync.api.query_parameters import check_query, supported_parameters
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.change_record import to_response
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, NestedRoute
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import ENTITY_TYPES, LISTED_TYPES, by_collection, by_name
from buildium_sync.errors import (
    ClientError,
    ConcurrentWrite,
    FieldError,
    InvalidFields,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
)
from buildium_sync.http_headers import DATA_HEADERS
from buildium_sync.observability import correlation_scope, instrumented, logger
from buildium_sync.outbound.manual_retry import SyncRetrier, sync_status
from buildium_sync.store.events import EventStatus
from buildium_sync.store.idempotency_keys import IdempotencyKey

_MARGIN_SECONDS = 8.0
"""Reserved to finish a request about many entities, and to respond."""
_RETRY_AFTER = {"Retry-After": "1"}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

app = APIGatewayRestResolver()
_services = ApiComposition.current


@instrumented
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one request of API Gateway's REST proxy integration."""
    with correlation_scope(event["requestContext"]["requestId"]):
        return app.resolve({**event, "path": parsing.encode_external_id(event["path"])}, context)


@app.get("/api/buildium/sync")
def get_sync() -> Response[str]:
    """Return one sync's status, or a page of syncs in one status."""
    query = app.current_event.query_string_parameters
    if "entityId" in query:
        return _json(200, {"syncStatus": sync_status(_retry().status(_queried_entity()))})
    status = parsing.parse_choice(
        "status", query.get("status"), {status.value: status for status in Status}, Status.FAILED
    )
    found, cursor = _retry().list_syncs(status, query.get("entityType"), **_page())
    return _json(200, {"failedSyncs": [sync_status(record) for record in found], "nextCursor": cursor})


@app.post("/api/buildium/sync")
def post_sync() -> Response[str]:
    """Retry failed syncs: one, several, all of a type, or all."""
    body = _optional_body()
    if "entities" in body:
        several = request_bodies.parse(request_bodies.RetrySeveral, body)["entities"]
        return _json(
            200, _retry().retry_many(EntityRef(each["entityType"], each["entityId"]) for each in several).to_response()
        )
    selected = request_bodies.parse(request_bodies.RetrySelection, body)
    return _json(200, _retry().retry(selected.get("entityType"), selected.get("entityId")).to_response())


@app.post("/api/buildium/review")
def post_review() -> Response[str]:
    """Resolve a review: link one of the candidates, or create a new Buildium entity."""
    decision = request_bodies.parse(request_bodies.ReviewDecision, _body())
    ref = EntityRef(decision["entityType"], decision["entityId"])
    decided = _services().reviews.decide(ref, decision["buildiumId"], _api_key_id())
    return _json(200, {"syncStatus": sync_status(decided)})


@app.get("/api/buildium/review")
def get_review() -> Response[str]:
    """Return the review of one entity: its candidates, and the last decision."""
    return _json(200, {"review": _services().review_details.read(_queried_entity())})


@app.get("/api/buildium/review/decisions")
def list_decisions() -> Response[str]:
    """Return a page of the decisions of reviews, newest first."""
    return _json(200, _services().review_details.decisions(**_page()))


@app.post("/api/buildium/review/undo")
def undo_review() -> Response[str]:
    """Undo the last decision about an entity: it needs a review again."""
    named = request_bodies.parse(request_bodies.EntityName, _body())
    ref = EntityRef(named["entityType"], named["entityId"])
    return _json(200, {"syncStatus": sync_status(_services().review_undo.undo(ref, _api_key_id()))})


@app.get("/api/buildium/import")
def get_import() -> Response[str]:
    """Return the progress of the last import."""
    return _json(200, {"import": _services().imports.progress()})


@app.post("/api/buildium/import")
def post_import() -> Response[str]:
    """Start an import of one type or of all."""
    return _json(202, {"import": _services().imports.start(_requested_types())})


@app.get("/api/buildium/drift")
def get_drift() -> Response[str]:
    """Return the report and progress of the last drift check, and the progress of the last repair."""
    query = app.current_event.query_string_parameters
    report = _services().drift.report(query.get("entityType"), parsing.parse_cursor(query.get("cursor")))
    return _json(200, report)


@app.post("/api/buildium/drift")
def post_drift() -> Response[str]:
    """Start a drift check of one type or of all."""
    return _json(202, {"drift": _services().drift.start(_requested_types())})


@app.post("/api/buildium/drift/repair")
def post_repair() -> Response[str]:
    """List the writes of a repair, or start it."""
    request = request_bodies.parse_repair(_optional_body())
    return _json(200 if request["dryRun"] else 202, _services().repairs.run(request))


@app.get("/api/buildium/drift/<entity_type>/<entity_id>")
def get_comparison(entity_type: str, entity_id: str) -> Response[str]:
    """Return the last comparison of one entity."""
    return _json(200, {"comparison": _services().comparisons.read(EntityRef(entity_type, entity_id))})


@app.post("/api/buildium/drift/<entity_type>/<entity_id>")
def post_comparison(entity_type: str, entity_id: str) -> Response[str]:
    """Start to compare one entity on its own."""
    return _json(202, {"comparison": _services().comparisons.start(EntityRef(entity_type, entity_id))})


@app.get("/api/buildium/overview")
def get_overview() -> Response[str]:
    """Return the overview of all syncs, queues and calls."""
    return _json(200, {"overview": _services().overview.read()})


@app.get("/api/buildium/metrics")
def get_metrics() -> Response[str]:
    """Return the numbers of the last day."""
    return _json(200, {"metrics": _services().metrics.read()})


@app.get("/api/buildium/calls")
def list_other_calls() -> Response[str]:
    """Return a page of the failed Buildium calls for no entity, newest first."""
    calls, cursor = _services().failed_calls.page(None, **_page())
    return _json(200, {"items": calls, "nextCursor": cursor})


@app.get("/api/buildium/status")
def get_status() -> Response[str]:
    """Return where the system runs, and the conditions that an operator must know."""
    return _json(200, {**_services().system_status.read()})


@app.get("/api/buildium/control")
def get_control() -> Response[str]:
    """Return the pauses of the sync, and the last pauses and resumes."""
    return _json(200, {"control": _services().control.read()})


@app.post("/api/buildium/pause")
def post_pause() -> Response[str]:
    """Pause the sync in one direction or both, for one entity type or all."""
    from buildium_sync.api import pause_requests  # noqa: PLC0415 -- rarely called

    body = request_bodies.parse(pause_requests.PauseRequest, _body())
    paused = _services().control.pause(body.get("direction"), body.get("entityType"), body["reason"], by=_author())
    return _json(200, {"control": paused})


@app.post("/api/buildium/resume")
def post_resume() -> Response[str]:
    """Resume the sync in one direction or both, for one entity type or all."""
    from buildium_sync.api import pause_requests  # noqa: PLC0415 -- rarely called

    body = request_bodies.parse(pause_requests.ResumeRequest, _optional_body())
    chosen = (body.get("direction"), body.get("entityType"), body.get("reason"))
    return _json(200, {"control": _services().control.resume(*chosen, by=_author())})


@app.get("/api/buildium/timeline")
def get_timeline() -> Response[str]:
    """Return a page of one entity's timeline, oldest first."""
    entries, cursor = _services().timelines.page(_retry().status(_queried_entity()).ref, **_page())
    return _json(200, {"items": entries, "nextCursor": cursor})


@app.get("/api/buildium/operator")
def get_operator() -> Response[str]:
    """Return the name and the permissions of the API key."""
    return _json(200, {"operator": _services().callers.caller(_api_key()).to_response()})


@app.get("/api/buildium/events")
def list_events() -> Response[str]:
    """Return a page of the stored webhook events in one status."""
    states = {status.value: status for status in EventStatus}
    status = parsing.parse_choice(
        "status", app.current_event.query_string_parameters.get("status"), states, EventStatus.FAILED
    )
    events, cursor = _services().events.page(status, **_page())
    return _json(200, {"items": events, "nextCursor": cursor})


@app.post("/api/buildium/events/<event_id>/retry")
def retry_event(event_id: str) -> Response[str]:
    """Process a stored event again."""
    return _json(202, {"event": _services().events.retry(event_id)})


@app.get("/api/webhooks/deliveries")
def list_deliveries() -> Response[str]:
    """Return a page of the deliveries to the application, newest first."""
    return _json(200, _services().deliveries.page(**_page()))


@app.get("/api/changes")
def list_changes() -> Response[str]:
    """Return a page of the change feed, oldest first."""
    query = app.current_event.query_string_parameters
    limit, cursor = parsing.parse_limit(query.get("limit")), parsing.parse_feed_cursor(query.get("cursor"))
    return _json(200, _services().changes.page(query.get("entityType"), limit=limit, cursor=cursor))


@app.get("/api/search")
def search() -> Response[str]:
    """Return the entities that a text finds, by an id or by the beginning of a name, e-mail address or street."""
    return _json(200, _services().search.search(parsing.parse_required(app.current_event.query_string_parameters, "q")))


@app.get("/api/balances")
def list_balances() -> Response[str]:
    """Return a page of the outstanding balances of leases."""
    minimum = parsing.parse_minimum(app.current_event.query_string_parameters.get("minimum"))
    return _json(200, _services().balances.page(minimum, **_page()))


@app.get("/api/leases/<entity_id>/balance")
def get_balance(entity_id: str) -> Response[str]:
    """Return the outstanding balance of a lease."""
    return _json(200, _services().balances.read(entity_id))


@app.get("/api/<collection>")
def list_entities(collection: str) -> Response[str]:
    """Return a page of a collection, or of the entities that match a filter."""
    entity_type = by_collection(collection)
    chosen = read_filter(app.current_event.query_string_parameters, entity_type)
    if chosen is None:
        stored, cursor = _services().entities.page(entity_type, **_page())
    else:
        stored, cursor = _services().filtered_lists.page(entity_type, chosen, **_page())
    return _json(200, {"items": [each.to_list_item() for each in stored], "nextCursor": cursor})


@app.post("/api/<collection>")
def create(collection: str) -> Response[str]:
    """Create an entity and return it with the outcome of its sync."""
    return _create(_writable(collection), _body())


@app.put("/api/<collection>/external-id/<external_id>")
def put_by_external_id(collection: str, external_id: str) -> Response[str]:
    """Create or update the entity with an external id, and return it with the outcome of its sync."""
    entity_type, tags = by_collection(collection), _header_lines("If-Match")
    stored, exists = _services().upserts.put(
        entity_type,
        parsing.parse_external_id(external_id),
        _body(),
        Author(_request_id(), _api_key_id()),
        Precondition(parsing.parse_if_match(", ".join(tags))) if tags else None,
    )
    done = "updated" if exists else "created"
    return _entity_response(200 if exists else 201, stored, f"{_title(entity_type)} {done} successfully")


@app.post("/api/<collection>/batch")
def write_batch(collection: str) -> Response[str]:
    """Create or update several entities, and return a result for each. It does not wait for their syncs."""
    entity_type = by_collection(collection)
    if entity_type.is_read_only:
        raise MethodNotAllowed(f"Only Buildium creates and changes a {entity_type.name}.", ["GET", "PUT"])
    items = request_bodies.parse(request_bodies.BatchRequest, _body(parsing.MAX_BATCH_BODY_BYTES))["items"]
    results = _services().batches(_time_left).write(entity_type, items, Author(_request_id(), _api_key_id()))
    return _json(200, {"results": results})


def _create(entity_type: EntityType, body: dict[str, Any]) -> Response[str]:
    message = f"{_title(entity_type)} created successfully"
    key = parsing.parse_idempotency_key(_header_lines("Idempotency-Key"))
    entities, client = _services().entities, _api_key_id()
    if entity_type.unique_field is None and key is not None:
        create_key = IdempotencyKey.of(_api_key(), entity_type.name, key, body)
        stored, exists = entities.create_idempotent(entity_type, body, _request_id(), create_key, api_key_id=client)
    elif entity_type.unique_field is None and entity_type.requires_idempotency_key:
        raise MalformedRequest.of(
            "Idempotency-Key",
            f"is required to create a {entity_type.name}: a repeated request must not post it twice.",
        )
    else:
        stored, exists = entities.create_by_type(entity_type, body, _request_id(), api_key_id=client)
    return _entity_response(201, stored, message, _replayed(exists))


def _replayed(is_replay: bool) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if is_replay else {}


def _add_nested_route(entity_type: EntityType, route: NestedRoute) -> None:
    def create_nested(entity_id: str) -> Response[str]:
        parent = by_collection(route.collection)
        stored, body = _services().entities.read(parent, entity_id), _body()
        named = body.get(route.field, entity_id)
        if named not in (entity_id, stored.sync.buildium_id) or named is None:
            raise InvalidFields([FieldError(route.field, f"must be omitted, or be the {parent.name} of the path")])
        return _create(entity_type, {**body, route.field: entity_id})

    rule = route.path.replace("{entity_id}", "<entity_id>")
    app.post(rule)(create_nested)
    _method_not_allowed(rule, "POST")
    if entity_type.is_deletable:
        _add_delete_route(entity_type, by_collection(route.collection), f"{rule}/<nested_id>")


def _add_delete_route(entity_type: EntityType, parent: EntityType, rule: str) -> None:
    def delete_nested(entity_id: str, nested_id: str) -> Response[str]:
        entities = _services().entities
        stored = entities.read_below(entity_type, nested_id, entities.read(parent, entity_id))
        marked = entities.delete(stored, _request_id(), api_key_id=_api_key_id())
        return _entity_response(200, marked, f"{_title(entity_type)} deletion requested")

    app.delete(rule)(delete_nested)
    _method_not_allowed(rule, "DELETE")


@app.get("/api/<collection>/<entity_id>")
def read(collection: str, entity_id: str) -> Response[str]:
    """Return one entity."""
    stored = _services().entities.read(by_collection(collection), entity_id)
    return _json(200, stored.to_response(), {"ETag": parsing.etag(stored.entity.version)})


@app.get("/api/<collection>/<entity_id>/history")
def history(collection: str, entity_id: str) -> Response[str]:
    """Return a page of an entity's overwritten values, newest first."""
    entries, cursor = _services().entities.history(by_collection(collection), entity_id, **_page())
    return _json(200, {"items": [to_response(entry) for entry in entries], "nextCursor": cursor})


@app.get("/api/<collection>/<entity_id>/calls")
def list_calls(collection: str, entity_id: str) -> Response[str]:
    """Return a page of the failed Buildium calls for an entity, newest first."""
    ref = _services().entities.read(by_collection(collection), entity_id).entity.ref
    calls, cursor = _services().failed_calls.page(ref, **_page())
    return _json(200, {"items": calls, "nextCursor": cursor})


@app.put("/api/<collection>/<entity_id>")
def update(collection: str, entity_id: str) -> Response[str]:
    """Update an entity and return it with the outcome of its sync. Of a read-only one, only the external id changes."""
    entity_type = by_collection(collection)
    tags = _header_lines("If-Match")
    expected = parsing.parse_if_match(", ".join(tags) if tags else None)
    stored = _services().entities.update(
        entity_type, entity_id, _body(), _request_id(), expected, api_key_id=_api_key_id()
    )
    return _entity_response(200, stored, f"{_title(entity_type)} updated successfully")


def _method_not_allowed(rule: str, *allowed: str) -> None:
    def respond(**names: str) -> Response[str]:
        is_read_only = "collection" in names and by_collection(names["collection"]).is_read_only
        methods = tuple(method for method in allowed if method != "POST") if is_read_only else allowed
        text = f"Method {app.current_event.http_method} not allowed; allowed: {', '.join(methods)}."
        raise MethodNotAllowed(text, methods)

    others = [method for method in _METHODS if method not in allowed]
    app.route(rule, others, include_in_schema=False)(respond)


for _entity_type in ENTITY_TYPES:
    if _entity_type.nested_route is not None:
        _add_nested_route(_entity_type, _entity_type.nested_route)
_method_not_allowed("/api/buildium/sync", "GET", "POST")
_method_not_allowed("/api/buildium/review", "GET", "POST")
_method_not_allowed("/api/buildium/review/decisions", "GET")
_method_not_allowed("/api/buildium/review/undo", "POST")
_method_not_allowed("/api/buildium/import", "GET", "POST")
_method_not_allowed("/api/buildium/drift", "GET", "POST")
_method_not_allowed("/api/buildium/drift/repair", "POST")
_method_not_allowed("/api/buildium/drift/<entity_type>/<entity_id>", "GET", "POST")
_method_not_allowed("/api/buildium/overview", "GET")
_method_not_allowed("/api/buildium/metrics", "GET")
_method_not_allowed("/api/buildium/status", "GET")
_method_not_allowed("/api/buildium/control", "GET")
_method_not_allowed("/api/buildium/pause", "POST")
_method_not_allowed("/api/buildium/resume", "POST")
_method_not_allowed("/api/buildium/timeline", "GET")
_method_not_allowed("/api/buildium/calls", "GET")
_method_not_allowed("/api/buildium/operator", "GET")
_method_not_allowed("/api/buildium/events", "GET")
_method_not_allowed("/api/buildium/events/<event_id>/retry", "POST")
_method_not_allowed("/api/changes", "GET")
_method_not_allowed("/api/webhooks/deliveries", "GET")
_method_not_allowed("/api/search", "GET")
_method_not_allowed("/api/balances", "GET")
_method_not_allowed("/api/leases/<entity_id>/balance", "GET")
_method_not_allowed("/api/<collection>", "GET", "POST")
_method_not_allowed("/api/<collection>/<entity_id>", "GET", "PUT")
_method_not_allowed("/api/<collection>/external-id/<external_id>", "PUT")
_method_not_allowed("/api/<collection>/<entity_id>/history", "GET")
_method_not_allowed("/api/<collection>/<entity_id>/calls", "GET")


def _check_path(_app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    parsing.check_path(app.current_event.path)
    return next_middleware(app)


def _check_query(_app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    route, arguments = app.context["_route"], app.context["_route_args"]
    # A route that only rejects its method is in no schema.
    if route.include_in_schema:
        entity_type = by_collection(arguments["collection"]) if "collection" in arguments else None
        query = app.current_event.multi_value_query_string_parameters
        check_query(query, supported_parameters(f"{route.method} {route.path}", entity_type))
    return next_middleware(app)


def _on_method_not_allowed(error: MethodNotAllowed) -> Response[str]:
    return _problem_response(error, {"Allow": ", ".join(error.allowed)})


def _on_client_error(error: ClientError) -> Response[str]:
    return _problem_response(error, {})


def _on_unknown_path(_error: NotFoundError) -> Response[str]:
    return _problem_response(NotFound("Route not found."), {})


def _on_conflict(error: ConcurrentWrite) -> Response[str]:
    logger.warning("Write conflict; returned 503", extra={"reason": str(error)})
    return _problem(parsing.unavailable(), _RETRY_AFTER)


def _on_aws_error(error: AwsError) -> Response[str]:
    if error.response["Error"]["Code"] not in _THROTTLED:
        return _on_error(error)
    logger.warning("Throttled by AWS", extra={"reason": str(error)})
    return _problem(parsing.unavailable(), _RETRY_AFTER)


def _on_error(_error: Exception) -> Response[str]:
    logger.exception("Unexpected error")
    return _problem(parsing.internal_error(_request_id()), {})


def _check_caller(_app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    route = app.context["_route"]
    # A route that only rejects its method is in no schema.
    if route.include_in_schema:
        _services().callers.require(_api_key(), route.method, route.path)
    return next_middleware(app)


app.use([_check_path, _check_caller, _check_query])
# Not as decorators: they have no types.
app.exception_handler(MethodNotAllowed)(_on_method_not_allowed)
app.exception_handler(ClientError)(_on_client_error)
app.exception_handler(NotFoundError)(_on_unknown_path)
app.exception_handler(ConcurrentWrite)(_on_conflict)
app.exception_handler(AwsError)(_on_aws_error)
app.exception_handler(Exception)(_on_error)


def _entity_response(
    status: int, stored: StoredEntity, message: str, more: dict[str, str] | None = None
) -> Response[str]:
    settings = _services().settings
    preference = parsing.parse_preference(app.current_event.headers.get("Prefer"), settings.sync_wait_seconds)
    # While nothing is sent there is no outcome to wait for.
    stopped = _services().system_status.stopping(stored.entity_type.name)
    stored = _services().entities.wait_for_sync(stored, 0 if stopped else preference.wait)
    headers = {"ETag": parsing.etag(stored.entity.version), **(more or {})}
    if preference.applied:
        headers["Preference-Applied"] = preference.applied
    return _json(status, stored.to_response(message, stopped), headers)


def _problem_response(error: ClientError, headers: dict[str, str]) -> Response[str]:
    problem = parsing.problem(error)
    fields = [at_fault["field"] for at_fault in problem.get("errors", [])]
    logger.info("Request rejected", extra={"status": error.status, "fields": fields})
    return _problem(problem, headers)


def _problem(problem: dict[str, Any], headers: dict[str, str]) -> Response[str]:
    return Response(problem["status"], "application/problem+json", json.dumps(problem), {**DATA_HEADERS, **headers})


def _json(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", json.dumps(body), {**DATA_HEADERS, **(headers or {})})


def _writable(collection: str) -> EntityType:
    entity_type = by_collection(collection)
    if entity_type.is_read_only:
        raise MethodNotAllowed(f"Only Buildium creates and changes a {entity_type.name}.", ["GET"])
    return entity_type


def _title(entity_type: EntityType) -> str:
    return entity_type.name.replace("-", " ").capitalize()


def _retry() -> SyncRetrier:
    return _services().sync_retrier(_time_left)


def _time_left() -> float:
    """Return the seconds in which further entities can be processed."""
    return float(app.lambda_context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS)


def _body(max_bytes: int = parsing.MAX_BODY_BYTES) -> dict[str, Any]:
    event = app.current_event
    parsing.check_charset(event.headers.get("Content-Type"))
    return parsing.parse_object(parsing.parse_body(event.body, is_base64=bool(event.is_base64_encoded)), max_bytes)


def _optional_body() -> dict[str, Any]:
    return _body() if app.current_event.body else {}


def _requested_types() -> list[str]:
    """Return the entity type in the body, or all types that Buildium lists."""
    named = request_bodies.parse(request_bodies.EntityTypeChoice, _optional_body()).get("entityType")
    entity_types = LISTED_TYPES if named is None else [by_name(named)]
    if not all(entity_type.is_listed for entity_type in entity_types):
        raise InvalidFields([FieldError("entityType", f"Buildium has no list of every {named}")])
    return [entity_type.name for entity_type in entity_types]


def _header_lines(name: str) -> list[str]:
    event = app.current_event
    return event.multi_value_headers.get(name) or [event.headers[name]] if name in event.headers else []


def _queried_entity() -> EntityRef:
    """Return the entity that the query names, which may not exist."""
    query = app.current_event.query_string_parameters
    return EntityRef(parsing.parse_required(query, "entityType"), parsing.parse_required(query, "entityId"))


def _page() -> dict[str, Any]:
    query = app.current_event.query_string_parameters
    return {
        "limit": parsing.parse_limit(query.get("limit")),
        "cursor": parsing.parse_cursor(query.get("cursor")),
    }


def _request_id() -> str:
    return str(app.current_event.request_context.request_id)


def _api_key() -> str:
    return checked_api_key(app.current_event.raw_event)


def _author() -> str | None:
    """Return the name of the operator, or the id of the client's API key."""
    operator = _services().callers.caller(_api_key()).operator
    return operator.name if operator else _api_key_id()


def _api_key_id() -> str | None:
    """Return the id of the client's API key, which is no secret. Local clouds know only those of operators."""
    known = app.current_event.request_context.identity.api_key_id
    operator = None if known else _services().callers.caller(_api_key()).operator
    return operator.api_key_id if operator else known
