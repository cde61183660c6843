"""API Gateway's requests under /api: the routes are in `buildium_sync.routes`, errors become problem+json here."""

from collections.abc import Callable
from typing import Any

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from botocore.exceptions import ClientError as AwsError

from buildium_sync.api import parsing
from buildium_sync.api.query_parameters import check_query, supported_parameters
from buildium_sync.entity_types.registry import by_collection
from buildium_sync.errors import ClientError, ConcurrentWrite, MethodNotAllowed
from buildium_sync.gateway_request import request_id
from buildium_sync.observability import correlation_scope, instrumented, logger
from buildium_sync.routes import entity_routes, job_routes, nested_routes, operation_routes, search_routes, sync_routes
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.route_responses import problem_response
from buildium_sync.routes.route_table import RouteTable

_RETRY_AFTER = {"Retry-After": "1"}
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
request = Request(app)


@instrumented
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one request of API Gateway's REST proxy integration."""
    with correlation_scope(request_id(event)):
        return app.resolve({**event, "path": parsing.encode_external_id(event["path"])}, context)


def _check_path(_app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    parsing.check_path(app.current_event.path)
    return next_middleware(app)


def _check_route(_app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    route = app.context["_route"]
    routes.check(route.method, route.path, app.current_event.path)
    return next_middleware(app)


def _check_caller(_app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    route = app.context["_route"]
    ApiComposition.current().callers.require(request.api_key, route.method, route.path)
    return next_middleware(app)


def _check_query(_app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    route, arguments = app.context["_route"], app.context["_route_args"]
    entity_type = by_collection(arguments["collection"]) if "collection" in arguments else None
    query = app.current_event.multi_value_query_string_parameters
    check_query(query, supported_parameters(f"{route.method} {route.path}", entity_type))
    return next_middleware(app)


def _on_client_error(error: ClientError) -> Response[str]:
    problem = parsing.problem(error)
    fields = [at_fault["field"] for at_fault in problem.get("errors", [])]
    logger.info("Request rejected", extra={"status": error.status, "fields": fields})
    headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
    return problem_response(problem, headers)


def _on_conflict(error: ConcurrentWrite) -> Response[str]:
    logger.warning("Write conflict; returned 503", extra={"reason": str(error)})
    return problem_response(parsing.unavailable(), _RETRY_AFTER)


def _on_aws_error(error: AwsError) -> Response[str]:
    if error.response["Error"]["Code"] not in _THROTTLED:
        return _on_error(error)
    logger.warning("Throttled by AWS", extra={"reason": str(error)})
    return problem_response(parsing.unavailable(), _RETRY_AFTER)


def _on_error(_error: Exception) -> Response[str]:
    logger.exception("Unexpected error")
    return problem_response(parsing.internal_error(request.id), {})


# Routes with fixed names come before those of any collection.
_ROUTERS = [
    module.router for module in (sync_routes, job_routes, operation_routes, search_routes, nested_routes, entity_routes)
]
for _router in _ROUTERS:
    app.include_router(_router)
routes = RouteTable(_ROUTERS)
app.use([_check_path, _check_route, _check_caller, _check_query])
# Not as decorators: they have no types.
app.exception_handler(ClientError)(_on_client_error)
app.exception_handler(ConcurrentWrite)(_on_conflict)
app.exception_handler(AwsError)(_on_aws_error)
app.exception_handler(Exception)(_on_error)
