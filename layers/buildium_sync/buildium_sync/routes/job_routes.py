"""Routes of imports, drift checks and repairs."""

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import Response

from buildium_sync.api import parsing, request_bodies
from buildium_sync.domain.entity import EntityRef
from buildium_sync.entity_types.registry import by_name, listed_types
from buildium_sync.errors import FieldError, InvalidFields
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.route_responses import json_response
from buildium_sync.routes.route_table import Router

router = Router()
request = Request(router)
services = ApiComposition.current


@router.get("/api/buildium/import")
def get_import() -> Response[str]:
    """Return the progress of the last import."""
    return json_response(200, {"import": services().imports.progress()})


@router.post("/api/buildium/import")
def post_import() -> Response[str]:
    """Start an import of one type or of all."""
    return json_response(202, {"import": services().imports.start(_requested_types())})


@router.get("/api/buildium/drift")
def get_drift() -> Response[str]:
    """Return the report and progress of the last drift check, and the progress of the last repair."""
    query = request.query
    report = services().drift.report(query.get("entityType"), parsing.parse_cursor(query.get("cursor")))
    return json_response(200, report)


@router.post("/api/buildium/drift")
def post_drift() -> Response[str]:
    """Start a drift check of one type or of all."""
    return json_response(202, {"drift": services().drift.start(_requested_types())})


@router.post("/api/buildium/drift/repair")
def post_repair() -> Response[str]:
    """List the writes of a repair, or start it."""
    repair = request_bodies.parse_repair(request.optional_body())
    return json_response(200 if repair["dryRun"] else 202, services().repairs.run(repair))


@router.get("/api/buildium/drift/<entity_type>/<entity_id>")
def get_comparison(entity_type: str, entity_id: str) -> Response[str]:
    """Return the last comparison of one entity."""
    return json_response(200, {"comparison": services().comparisons.read(EntityRef(entity_type, entity_id))})


@router.post("/api/buildium/drift/<entity_type>/<entity_id>")
def post_comparison(entity_type: str, entity_id: str) -> Response[str]:
    """Start to compare one entity on its own."""
    return json_response(202, {"comparison": services().comparisons.start(EntityRef(entity_type, entity_id))})


def _requested_types() -> list[str]:
    """Return the entity type in the body, or all types that Buildium lists."""
    named = request_bodies.parse(request_bodies.EntityTypeChoice, request.optional_body()).get("entityType")
    entity_types = listed_types() if named is None else [by_name(named)]
    if not all(entity_type.is_listed for entity_type in entity_types):
        raise InvalidFields([FieldError("entityType", f"Buildium has no list of every {named}")])
    return [entity_type.name for entity_type in entity_types]
