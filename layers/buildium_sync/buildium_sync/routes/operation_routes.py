"""Routes that show and control the running system."""

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import Response

from buildium_sync.api import parsing, request_bodies
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.route_responses import json_response
from buildium_sync.routes.route_table import Router

router = Router()
request = Request(router)
services = ApiComposition.current


@router.get("/api/buildium/overview")
def get_overview() -> Response[str]:
    """Return the overview of all syncs, queues and calls."""
    return json_response(200, {"overview": services().overview.read()})


@router.get("/api/buildium/metrics")
def get_metrics() -> Response[str]:
    """Return the numbers of the last day."""
    return json_response(200, {"metrics": services().metrics.read()})


@router.get("/api/buildium/calls")
def list_other_calls() -> Response[str]:
    """Return a page of the failed Buildium calls for no entity, newest first."""
    calls, cursor = services().failed_calls.page(None, **request.page())
    return json_response(200, {"items": calls, "nextCursor": cursor})


@router.get("/api/buildium/status")
def get_status() -> Response[str]:
    """Return where the system runs, and the conditions that an operator must know."""
    return json_response(200, {**services().system_status.read()})


@router.get("/api/buildium/control")
def get_control() -> Response[str]:
    """Return the pauses of the sync, and the last pauses and resumes."""
    return json_response(200, {"control": services().control.read()})


@router.post("/api/buildium/pause")
def post_pause() -> Response[str]:
    """Pause the sync in one direction or both, for one entity type or all."""
    from buildium_sync.api import pause_requests  # noqa: PLC0415 -- rarely called

    body = request_bodies.parse(pause_requests.PauseRequest, request.body())
    paused = services().control.pause(
        body.get("direction"), body.get("entityType"), body["reason"], by=request.author()
    )
    return json_response(200, {"control": paused})


@router.post("/api/buildium/resume")
def post_resume() -> Response[str]:
    """Resume the sync in one direction or both, for one entity type or all."""
    from buildium_sync.api import pause_requests  # noqa: PLC0415 -- rarely called

    body = request_bodies.parse(pause_requests.ResumeRequest, request.optional_body())
    chosen = (body.get("direction"), body.get("entityType"), body.get("reason"))
    return json_response(200, {"control": services().control.resume(*chosen, by=request.author())})


@router.get("/api/buildium/operator")
def get_operator() -> Response[str]:
    """Return the name and the permissions of the API key."""
    return json_response(200, {"operator": services().callers.caller(request.api_key).to_response()})


@router.get("/api/buildium/events")
def list_events() -> Response[str]:
    """Return a page of the stored webhook events in one status."""
    states = {status.value: status for status in EventStatus}
    status = parsing.parse_choice("status", request.query.get("status"), states, EventStatus.FAILED)
    events, cursor = services().events.page(status, **request.page())
    return json_response(200, {"items": events, "nextCursor": cursor})


@router.post("/api/buildium/events/<event_id>/retry")
def retry_event(event_id: str) -> Response[str]:
    """Process a stored event again."""
    return json_response(202, {"event": services().events.retry(event_id)})


@router.get("/api/webhooks/deliveries")
def list_deliveries() -> Response[str]:
    """Return a page of the deliveries to the application, newest first."""
    return json_response(200, services().deliveries.page(**request.page()))
