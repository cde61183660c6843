"""What API Gateway adds to a request of its REST proxy integration. A client cannot forge it."""

from collections.abc import Mapping
from typing import Any


def request_id(event: Mapping[str, Any]) -> str:
    """Return the id of a request.

    A client can set `requestId` with the header `x-amzn-requestid`, but not the extended id. Some local tools send
    only `requestId`.
    """
    context = event["requestContext"]
    return str(context.get("extendedRequestId") or context["requestId"])


def checked_api_key(event: Mapping[str, Any]) -> str:
    """Return the API key that API Gateway checked.

    A request can repeat the header, and another value has no role. Local clouds have only the header.
    """
    checked = event["requestContext"].get("identity", {}).get("apiKey")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return str(checked or headers.get("x-api-key", ""))
