"""Routes of the collections of entities."""

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import Response

from buildium_sync.api import parsing, request_bodies
from buildium_sync.api.client_request import Precondition
from buildium_sync.api.list_filter import read_filter
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.entity_types.registry import by_collection
from buildium_sync.errors import MethodNotAllowed
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.entity_writes import create_entity, entity_response, title_of
from buildium_sync.routes.route_responses import json_response
from buildium_sync.routes.route_table import Router

router = Router()
request = Request(router)
services = ApiComposition.current


@router.get("/api/<collection>")
def list_entities(collection: str) -> Response[str]:
    """Return a page of a collection, or of the entities that match a filter."""
    entity_type = by_collection(collection)
    chosen = read_filter(request.query, entity_type)
    if chosen is None:
        stored, cursor = services().entities.page(entity_type, **request.page())
    else:
        stored, cursor = services().filtered_lists.page(entity_type, chosen, **request.page())
    return json_response(200, {"items": [each.to_list_item() for each in stored], "nextCursor": cursor})


@router.post("/api/<collection>")
def create(collection: str) -> Response[str]:
    """Create an entity and return it with the outcome of its sync."""
    return create_entity(request, _writable(collection), request.body())


@router.put("/api/<collection>/external-id/<external_id>")
def put_by_external_id(collection: str, external_id: str) -> Response[str]:
    """Create or update the entity with an external id, and return it with the outcome of its sync."""
    entity_type, tags = by_collection(collection), request.header_lines("If-Match")
    stored, exists = services().upserts.put(
        entity_type,
        parsing.parse_external_id(external_id),
        request.body(),
        request.written_by(),
        Precondition(parsing.parse_if_match(", ".join(tags))) if tags else None,
    )
    done = "updated" if exists else "created"
    return entity_response(request, 200 if exists else 201, stored, f"{title_of(entity_type)} {done} successfully")


@router.post("/api/<collection>/batch")
def write_batch(collection: str) -> Response[str]:
    """Create or update several entities, and return a result for each. It does not wait for their syncs."""
    entity_type = by_collection(collection)
    if entity_type.is_read_only:
        raise MethodNotAllowed(f"Only Buildium creates and changes a {entity_type.name}.", ["GET", "PUT"])
    items = request_bodies.parse(request_bodies.BatchRequest, request.body(parsing.MAX_BATCH_BODY_BYTES))["items"]
    results = services().batches(request.time_left).write(entity_type, items, request.written_by())
    return json_response(200, {"results": results})


@router.get("/api/<collection>/<entity_id>")
def read(collection: str, entity_id: str) -> Response[str]:
    """Return one entity."""
    stored = services().entities.read(by_collection(collection), entity_id)
    return json_response(200, stored.to_response(), {"ETag": parsing.etag(stored.entity.version)})


@router.get("/api/<collection>/<entity_id>/history")
def history(collection: str, entity_id: str) -> Response[str]:
    """Return a page of an entity's overwritten values, newest first."""
    return json_response(200, services().change_history.page(by_collection(collection), entity_id, **request.page()))


@router.get("/api/<collection>/<entity_id>/calls")
def list_calls(collection: str, entity_id: str) -> Response[str]:
    """Return a page of the failed Buildium calls for an entity, newest first."""
    ref = services().entities.read(by_collection(collection), entity_id).entity.ref
    calls, cursor = services().failed_calls.page(ref, **request.page())
    return json_response(200, {"items": calls, "nextCursor": cursor})


@router.get("/api/<collection>/<entity_id>/erasure")
def get_erasure(collection: str, entity_id: str) -> Response[str]:
    """Return the last erasure of an entity."""
    ref = EntityRef(by_collection(collection).name, entity_id)
    return json_response(200, {"erasure": services().erasures.read(ref)})


@router.post("/api/<collection>/<entity_id>/erasure")
def post_erasure(collection: str, entity_id: str) -> Response[str]:
    """Start to erase the personal data of an entity."""
    ref = EntityRef(by_collection(collection).name, entity_id)
    return json_response(202, {"erasure": services().erasures.start(ref, request.author())})


@router.put("/api/<collection>/<entity_id>")
def update(collection: str, entity_id: str) -> Response[str]:
    """Update an entity and return it with the outcome of its sync. Of a read-only one, only the external id changes."""
    entity_type = by_collection(collection)
    tags = request.header_lines("If-Match")
    expected = parsing.parse_if_match(", ".join(tags) if tags else None)
    stored = services().entities.update(entity_type, entity_id, request.body(), request.written_by(), expected)
    return entity_response(request, 200, stored, f"{title_of(entity_type)} updated successfully")


def _writable(collection: str) -> EntityType:
    entity_type = by_collection(collection)
    if entity_type.is_read_only:
        raise MethodNotAllowed(f"Only Buildium creates and changes a {entity_type.name}.", ["GET"])
    return entity_type
