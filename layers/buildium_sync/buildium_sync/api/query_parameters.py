"""The query parameters of each route. A new route with query parameters needs a row here.

A misspelled or repeated parameter is rejected: ignored, it would return the wrong list.
"""

from collections.abc import Mapping, Sequence

from buildium_sync.api.list_filter import filter_names
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.errors import FieldError, MalformedRequest

PAGE = ("limit", "cursor")
LIST_ROUTE = "GET /api/<collection>"
"""Each type has filters of its own."""
QUERY_PARAMETERS: Mapping[str, Sequence[str]] = {
    "GET /api/balances": ("minimum", *PAGE),
    "GET /api/buildium/calls": PAGE,
    "GET /api/buildium/drift": ("entityType", "cursor"),
    "GET /api/buildium/events": ("status", *PAGE),
    "GET /api/buildium/review": ("entityType", "entityId"),
    "GET /api/buildium/review/decisions": PAGE,
    "GET /api/buildium/sync": ("entityType", "entityId", "status", *PAGE),
    "GET /api/buildium/timeline": ("entityType", "entityId", *PAGE),
    "GET /api/changes": ("entityType", *PAGE),
    "GET /api/reference/<list>": ("refresh",),
    "GET /api/search": ("q",),
    "GET /api/webhooks/deliveries": PAGE,
    LIST_ROUTE: PAGE,
    "GET /api/<collection>/<entity_id>/calls": PAGE,
    "GET /api/<collection>/<entity_id>/history": PAGE,
}
"""By method and path of the resolver. A route without a row has no query parameters."""


def supported_parameters(route: str, entity_type: EntityType | None) -> Sequence[str]:
    """Return the names of a route's parameters. `entity_type` is that of the collection in the path."""
    filters = filter_names(entity_type) if route == LIST_ROUTE and entity_type else ()
    return (*filters, *QUERY_PARAMETERS.get(route, ()))


def check_query(query: Mapping[str, Sequence[str]], supported: Sequence[str]) -> None:
    """Raise MalformedRequest for a parameter that is not supported or has several values."""
    errors = [FieldError(name, "is not supported") for name in query if name not in supported]
    errors += [
        FieldError(name, "must occur once") for name, values in query.items() if name in supported and len(values) > 1
    ]
    if errors:
        names = f"this route supports {', '.join(supported)}" if supported else "this route has no query parameters"
        raise MalformedRequest(f"Query parameter {errors[0].field!r} {errors[0].message}; {names}.", errors)
