"""Routes that find entities of all types: changes, search and balances."""

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import Response

from buildium_sync.api import parsing
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.route_responses import json_response
from buildium_sync.routes.route_table import Router

router = Router()
request = Request(router)
services = ApiComposition.current


@router.get("/api/changes")
def list_changes() -> Response[str]:
    """Return a page of the change feed, oldest first."""
    query = request.query
    limit, cursor = parsing.parse_limit(query.get("limit")), parsing.parse_feed_cursor(query.get("cursor"))
    return json_response(200, services().changes.page(query.get("entityType"), limit=limit, cursor=cursor))


@router.get("/api/search")
def search() -> Response[str]:
    """Return the entities that a text finds, by an id or by the beginning of a name, e-mail address or street."""
    return json_response(200, services().search.search(parsing.parse_required(request.query, "q")))


@router.get("/api/balances")
def list_balances() -> Response[str]:
    """Return a page of the outstanding balances of leases."""
    minimum = parsing.parse_minimum(request.query.get("minimum"))
    return json_response(200, services().balances.page(minimum, **request.page()))


@router.get("/api/leases/<entity_id>/balance")
def get_balance(entity_id: str) -> Response[str]:
    """Return the outstanding balance of a lease."""
    return json_response(200, services().balances.read(entity_id))
