"""Routes below another entity, such as the payments of a lease."""

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import Response

from buildium_sync.domain.entity_type import NestedRoute
from buildium_sync.entity_types.nested_types import NESTED_ROUTES
from buildium_sync.entity_types.registry import by_collection, by_name
from buildium_sync.errors import FieldError, InvalidFields
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.entity_writes import create_entity, entity_response, title_of
from buildium_sync.routes.route_table import Router

router = Router()
request = Request(router)
services = ApiComposition.current


def _add_nested_route(name: str, route: NestedRoute) -> None:
    def create_nested(entity_id: str) -> Response[str]:
        parent = by_collection(route.collection)
        stored, body = services().entities.read(parent, entity_id), request.body()
        named = body.get(route.field, entity_id)
        if named not in (entity_id, stored.sync.buildium_id) or named is None:
            raise InvalidFields([FieldError(route.field, f"must be omitted, or be the {parent.name} of the path")])
        return create_entity(request, by_name(name), {**body, route.field: entity_id})

    rule = route.path.replace("{entity_id}", "<entity_id>")
    router.post(rule)(create_nested)
    if route.has_delete:
        _add_delete_route(name, route.collection, f"{rule}/<nested_id>")


def _add_delete_route(name: str, parent: str, rule: str) -> None:
    def delete_nested(entity_id: str, nested_id: str) -> Response[str]:
        entity_type, entities = by_name(name), services().entities
        stored = entities.read_below(entity_type, nested_id, entities.read(by_collection(parent), entity_id))
        marked = entities.delete(stored, request.written_by())
        return entity_response(request, 200, marked, f"{title_of(entity_type)} deletion requested")

    router.delete(rule)(delete_nested)


for _name, _route in NESTED_ROUTES.items():
    _add_nested_route(_name, _route)
