"""Routes of syncs and reviews."""

from typing import TYPE_CHECKING

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import Response

from buildium_sync.api import parsing, request_bodies
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.route_responses import json_response
from buildium_sync.routes.route_table import Router

if TYPE_CHECKING:
    from buildium_sync.outbound.manual_retry import SyncRetrier

router = Router()
request = Request(router)
services = ApiComposition.current


@router.get("/api/buildium/sync")
def get_sync() -> Response[str]:
    """Return one sync's status, or a page of syncs in one status."""
    query = request.query
    if "entityId" in query:
        return json_response(200, {"syncStatus": _retrier().status(request.entity()).to_response()})
    status = parsing.parse_choice(
        "status", query.get("status"), {status.value: status for status in Status}, Status.FAILED
    )
    found, cursor = _retrier().list_syncs(status, query.get("entityType"), **request.page())
    return json_response(200, {"failedSyncs": [record.to_response() for record in found], "nextCursor": cursor})


@router.post("/api/buildium/sync")
def post_sync() -> Response[str]:
    """Retry failed syncs: one, several, all of a type, or all."""
    body = request.optional_body()
    if "entities" in body:
        several = request_bodies.parse(request_bodies.RetrySeveral, body)["entities"]
        refs = [EntityRef(each["entityType"], each["entityId"]) for each in several]
        return json_response(200, _retrier(request.api_key_id()).retry_many(refs).to_response())
    selected = request_bodies.parse(request_bodies.RetrySelection, body)
    retried = _retrier(request.api_key_id()).retry(selected.get("entityType"), selected.get("entityId"))
    return json_response(200, retried.to_response())


@router.post("/api/buildium/review")
def post_review() -> Response[str]:
    """Resolve a review: link one of the candidates, or create a new Buildium entity."""
    decision = request_bodies.parse(request_bodies.ReviewDecision, request.body())
    ref = EntityRef(decision["entityType"], decision["entityId"])
    decided = services().reviews.decide(ref, decision["buildiumId"], request.api_key_id())
    return json_response(200, {"syncStatus": decided.to_response()})


@router.get("/api/buildium/review")
def get_review() -> Response[str]:
    """Return the review of one entity: its candidates, and the last decision."""
    return json_response(200, {"review": services().review_details.read(request.entity())})


@router.get("/api/buildium/review/decisions")
def list_decisions() -> Response[str]:
    """Return a page of the decisions of reviews, newest first."""
    return json_response(200, services().review_details.decisions(**request.page()))


@router.post("/api/buildium/review/undo")
def undo_review() -> Response[str]:
    """Undo the last decision about an entity: it needs a review again."""
    named = request_bodies.parse(request_bodies.ReviewUndo, request.body())
    ref = EntityRef(named["entityType"], named["entityId"])
    sync = services().review_undo.undo(ref, request.api_key_id(), named.get("decidedAt"))
    return json_response(200, {"syncStatus": sync.to_response()})


@router.get("/api/buildium/timeline")
def get_timeline() -> Response[str]:
    """Return a page of one entity's timeline, oldest first."""
    entries, cursor = services().timelines.page(_retrier().status(request.entity()).ref, **request.page())
    return json_response(200, {"items": entries, "nextCursor": cursor})


def _retrier(by: str | None = None) -> "SyncRetrier":
    return services().sync_retrier(request.time_left, by)
