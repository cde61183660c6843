"""The problems (RFC 9457) that operations return, by status."""

from tools.openapi.headers import RETRY_AFTER, Parameter

DESCRIPTIONS = {
    400: "The request is malformed: the body is not JSON, or a header or query parameter is invalid.",
    401: "The webhook signature is missing or invalid.",
    403: "The header x-api-key has no valid API key, or with the `errorCode` `operator_required` its role is too low. "
    "Or a firewall blocked the request.",
    404: "Not found.",
    409: "The request conflicts with the current state.",
    410: "The changes after the cursor are no longer kept. The detail says how to resynchronise.",
    412: "`If-Match` does not name the current version.",
    413: "The body exceeds 256 KiB, or the entity is too large to be stored.",
    415: "The charset of the body is not UTF-8.",
    422: "Values are invalid. `errors` identifies each field.",
    429: "Too many requests: more than the API key may send, or than the route accepts.",
    500: "Internal error.",
    502: "The API failed. Or Buildium rejected a call: `errorCode` has the kind of error, and an operator must act.",
    503: "The service is busy. Retry the request shortly.",
    504: "The request timed out. It may have been carried out.",
}
HEADERS: dict[int, tuple[Parameter, ...]] = {429: (RETRY_AFTER,), 503: (RETRY_AFTER,)}

OF_EVERY_OPERATION = frozenset({403, 429, 500, 502, 503, 504})
"""API Gateway and a firewall before it also return them for routes without an API key."""
OF_QUERIES = frozenset({400})
OF_BODIES = frozenset({400, 413, 415, 422})
OF_IDS = frozenset({404})
