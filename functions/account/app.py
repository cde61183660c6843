"""GET /api/buildium/connection and /api/reference/{list}: read the Buildium account on request, and write nothing.

Only operators may refresh a list, because each refresh calls Buildium.
"""

import json
from collections.abc import Mapping
from typing import Any

from buildium_sync.composition.account import AccountComposition

from buildium_sync.api import parsing
from buildium_sync.api.query_parameters import QUERY_PARAMETERS, check_query
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, ClientError, RateLimited
from buildium_sync.gateway_request import checked_api_key, request_id
from buildium_sync.http_headers import DATA_HEADERS
from buildium_sync.observability import correlation_scope, instrumented, logger
from buildium_sync.problem import problem_details

_CONNECTION = "/api/buildium/connection"
_REFERENCE = "/api/reference/"
_SWITCH = {"true": True, "false": False}


@instrumented
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one request of API Gateway's REST proxy integration."""
    composition = AccountComposition.current()
    with correlation_scope(request_id(event)):
        try:
            return _response(200, _respond(event, context))
        except ClientError as error:
            return _rejected(error)
        except BuildiumError as error:
            return _failed(error)
        except Exception:  # noqa: BLE001 -- the response is problem+json, as of the api function
            logger.exception("Unexpected error")
            return _problem(parsing.internal_error(request_id(event)))
        finally:
            composition.metric_flusher.flush()


def _respond(event: dict[str, Any], context: Any) -> dict[str, Any]:
    composition = AccountComposition.current()

    def time_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    query = event["multiValueQueryStringParameters"] or {}
    if event["path"] == _CONNECTION:
        check_query(query, ())
        return composition.connection_check(time_left).run()
    check_query(query, QUERY_PARAMETERS[f"GET {_REFERENCE}<list>"])
    refresh = parsing.parse_choice("refresh", query.get("refresh", [None])[0], _SWITCH, False)
    if refresh:
        composition.callers.require_operator(checked_api_key(event))
    return composition.reference_lists(time_left).read(event["path"].removeprefix(_REFERENCE), refresh=refresh)


def _rejected(error: ClientError) -> dict[str, Any]:
    logger.info("Request rejected", extra={"status": error.status})
    return _problem(parsing.problem(error))


def _failed(error: BuildiumError) -> dict[str, Any]:
    """Return the problem of a failed call: 503 if it may soon succeed, 502 if an operator must act first."""
    logger.warning("Buildium call failed", extra={"code": error.code, "status": error.status})
    if isinstance(error, BuildiumUnavailable | RateLimited):
        problem = problem_details(503, "Service Unavailable", str(error))
        return _problem({**problem, "errorCode": error.code}, {"Retry-After": "5"})
    return _problem({**problem_details(502, "Bad Gateway", str(error)), "errorCode": error.code})


def _problem(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return _response(problem["status"], problem, headers)


def _response(status: int, body: Mapping[str, Any], more: Mapping[str, str] | None = None) -> dict[str, Any]:
    media_type = "application/problem+json" if status >= 400 else "application/json"
    headers = {"Content-Type": media_type, **DATA_HEADERS, **(more or {})}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
