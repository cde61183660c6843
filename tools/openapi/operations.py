"""What each route takes and answers with. The routes themselves are the functions' and the template's."""

from dataclasses import dataclass, field
from typing import Any

from pydantic.alias_generators import to_pascal

from buildium_sync.webhooks.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from tools.openapi import answers, requests
from tools.openapi.shapes import Shapes

Header = tuple[str, str, bool]
"""Its name, what it says, and whether it must be there."""

_PREFER: Header = ("Prefer", "`wait=N` waits N seconds for the sync's outcome, `respond-async` not at all.", False)
_KEY: Header = ("Idempotency-Key", "Sent again with the same body, it makes no second entity for seven days.", False)
_IF_MATCH: Header = ("If-Match", "The ETags of the versions that may be changed, or `*`.", False)
_ETAG = {"ETag": "The entity's version."}
_APPLIED = {"Preference-Applied": "What of Prefer was applied."}
_REPLAYED = {"Idempotent-Replayed": "`true` where the Idempotency-Key had made the entity before."}
RETRY_AFTER = {"Retry-After": "Seconds after which to send the request again."}
PROBLEMS = {
    400: "It cannot be read: a body that is not JSON, a cursor or header that is none of ours.",
    401: "It is not signed as Buildium signs its webhooks.",
    403: "The header x-api-key holds no valid API key.",
    404: "There is no such thing.",
    409: "It does not go with how things stand; the detail says why.",
    412: "If-Match names a version that is not the current one.",
    413: "The body has more than 256 KB, or the entity is too large to be stored.",
    415: "The body is in another charset than UTF-8.",
    422: "Values are not acceptable; errors names each field.",
    429: "More requests than the API key may make.",
    500: "It failed by our own fault.",
    503: "Too much is going on at once: send it again.",
    504: "It took too long, and may have been carried out.",
}
OF_ALL = frozenset({500, 503, 504})
OF_A_KEY = frozenset({403, 429})


@dataclass(frozen=True, slots=True)
class Operation:
    """One route: `answers` are the bodies by status, None for none, `problems` the statuses of its own."""

    id: str
    summary: str
    tag: str
    answers: dict[int, Any]
    problems: frozenset[int] = frozenset()
    query: Any = None
    body: Any = None
    body_required: bool = True
    headers: tuple[Header, ...] = ()
    answer_headers: dict[str, str] = field(default_factory=dict)
    needs_key: bool = True
    media_types: tuple[str, ...] = ("application/json",)


Routes = dict[tuple[str, str], Operation]

_BAD, _UNKNOWN = frozenset({400}), frozenset({404})
_REFUSED = frozenset({400, 413, 415, 422})

CONTROL: Routes = {
    ("GET", "/api/buildium/sync"): Operation(
        "getSync",
        "One sync's status, or a page of those that failed or are in another state",
        "syncs",
        {200: answers.SyncStatusAnswer | answers.FailedSyncs},
        _BAD | _UNKNOWN,
        query=requests.SyncQuery,
    ),
    ("POST", "/api/buildium/sync"): Operation(
        "retrySyncs",
        "Try failed syncs again: one, several, all of a type, or all",
        "syncs",
        {200: answers.Retried},
        _REFUSED | _UNKNOWN,
        body=requests.RetryOne | requests.RetryAll | requests.RetrySeveral,
        body_required=False,
    ),
    ("POST", "/api/buildium/review"): Operation(
        "decide",
        "Decide which of Buildium's entities one in review is, or that it is a new one",
        "syncs",
        {200: answers.SyncStatusAnswer},
        _REFUSED | _UNKNOWN | {409},
        body=requests.Decision,
    ),
    ("GET", "/api/buildium/timeline"): Operation(
        "getTimeline",
        "What happened to one entity, oldest first, for 90 days",
        "syncs",
        {200: answers.Timeline},
        _BAD | _UNKNOWN,
        query=requests.TimelineQuery,
    ),
    ("GET", "/api/buildium/overview"): Operation(
        "getOverview", "How everything stands", "syncs", {200: answers.OverviewAnswer}
    ),
    ("GET", "/api/buildium/import"): Operation(
        "getImport", "How far the last import is", "import and drift", {200: answers.ImportAnswer}
    ),
    ("POST", "/api/buildium/import"): Operation(
        "startImport",
        "Begin to bring over what Buildium has, of one type or all",
        "import and drift",
        {202: answers.ImportAnswer},
        _REFUSED | _UNKNOWN,
        body=requests.OfType,
        body_required=False,
    ),
    ("GET", "/api/buildium/drift"): Operation(
        "getDrift",
        "What the last comparison of both sides found, how far it is, and how far the last repair is",
        "import and drift",
        {200: answers.DriftReport},
        _BAD | _UNKNOWN,
        query=requests.DriftQuery,
    ),
    ("POST", "/api/buildium/drift"): Operation(
        "startDrift",
        "Begin to compare both sides, of one type or all",
        "import and drift",
        {202: answers.DriftAnswer},
        _REFUSED | _UNKNOWN,
        body=requests.OfType,
        body_required=False,
    ),
    ("POST", "/api/buildium/drift/repair"): Operation(
        "repairDrift",
        "List every write that would make both sides the same, or begin to make them",
        "import and drift",
        {200: answers.RepairPlan, 202: answers.RepairAnswer},
        _REFUSED | _UNKNOWN | {409},
        body=requests.RepairOrder,
        body_required=False,
    ),
    ("GET", "/api/buildium/events"): Operation(
        "listEvents",
        "Webhook events in one state, newest first",
        "webhook events",
        {200: answers.StoredEvents},
        _BAD,
        query=requests.EventQuery,
    ),
    ("POST", "/api/buildium/events/{event_id}/retry"): Operation(
        "retryEvent",
        "Work on a webhook event once more",
        "webhook events",
        {202: answers.StoredEventAnswer},
        _UNKNOWN,
    ),
    ("POST", "/api/webhooks/buildium"): Operation(
        "receiveWebhook",
        "Take Buildium's webhooks, in either of their forms; their signature is the guard",
        "webhook events",
        {200: answers.Received},
        frozenset({401}),
        body=requests.FlatEvent | requests.EventBatch,
        headers=(
            (SIGNATURE_HEADER, "base64(HMAC-SHA256(secret, timestamp + `.` + body)).", True),
            (TIMESTAMP_HEADER, "UNIX time of sending.", True),
        ),
        needs_key=False,
    ),
}


_PAGE = {200: str, 304: None}
PAGES: Routes = {
    ("GET", "/console"): Operation(
        "getConsole", "The console, for a browser", "pages", _PAGE, media_types=("text/html",), needs_key=False
    ),
    ("GET", "/console/{file}"): Operation(
        "getConsoleFile",
        "A part of the console",
        "pages",
        _PAGE,
        _UNKNOWN,
        media_types=("text/css", "text/javascript", "image/svg+xml"),
        needs_key=False,
    ),
    ("GET", "/docs"): Operation(
        "getDocs", "This document, for a browser", "pages", _PAGE, media_types=("text/html",), needs_key=False
    ),
    ("GET", "/docs/{file}"): Operation(
        "getDocsFile",
        "A part of the documentation's page",
        "pages",
        _PAGE,
        _UNKNOWN,
        media_types=("text/css", "text/javascript"),
        needs_key=False,
    ),
    ("GET", "/openapi.json"): Operation(
        "getOpenApi", "This document", "pages", {200: dict[str, Any], 304: None}, needs_key=False
    ),
}


def of_collection(shapes: Shapes) -> Routes:
    """Return the routes of one type's collection, as the function has them for any."""
    entity_type = shapes.entity_type
    tag, words = entity_type.collection, entity_type.name.replace("-", " ")
    one, many = to_pascal(entity_type.name.replace("-", "_")), to_pascal(entity_type.collection.replace("-", "_"))
    a_word = f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
    return {
        ("GET", "/api/{collection}"): Operation(
            f"list{many}", "List in order of creation", tag, {200: shapes.page}, _BAD, query=requests.Paging
        ),
        ("POST", "/api/{collection}"): Operation(
            f"create{one}",
            f"Create {a_word}",
            tag,
            {201: shapes.answer},
            _REFUSED,
            body=entity_type.model,
            headers=(_PREFER, _KEY),
            answer_headers={**_ETAG, **_APPLIED, **_REPLAYED},
        ),
        ("GET", "/api/{collection}/{entity_id}"): Operation(
            f"get{one}", f"Read {a_word}", tag, {200: shapes.answer}, _UNKNOWN, answer_headers=_ETAG
        ),
        ("PUT", "/api/{collection}/{entity_id}"): Operation(
            f"update{one}",
            "Change the fields given; null empties one, what is left out stays",
            tag,
            {200: shapes.answer},
            _REFUSED | _UNKNOWN | {409, 412},
            body=shapes.changes,
            headers=(_PREFER, _IF_MATCH),
            answer_headers={**_ETAG, **_APPLIED},
        ),
        ("GET", "/api/{collection}/{entity_id}/history"): Operation(
            f"get{one}History",
            "What was overwritten, newest first",
            tag,
            {200: answers.History},
            _BAD | _UNKNOWN,
            query=requests.Paging,
        ),
    }
