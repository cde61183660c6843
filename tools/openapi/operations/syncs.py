"""Operations on syncs."""

from buildium_sync.api import request_bodies
from tools.openapi import requests
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_BODIES, OF_IDS, OF_QUERIES
from tools.openapi.responses import syncs as responses
from tools.openapi.responses.metrics import MetricsResponse

TAG = "syncs"
TAG_DESCRIPTION = "The state of syncs: status, retry, review, timeline, overview and metrics."

ROUTES: Routes = {
    ("GET", "/api/buildium/sync"): Operation(
        "getSync",
        "Get the status of one sync or list syncs",
        "With `entityId`, returns the sync of that entity. Without it, returns a page of syncs in one status, newest "
        "first; failed syncs by default.",
        TAG,
        {200: Response("The sync, or a page of syncs.", responses.SyncStatusResponse | responses.FailedSyncs)},
        OF_QUERIES | OF_IDS,
        query=requests.SyncQuery,
    ),
    ("POST", "/api/buildium/sync"): Operation(
        "retrySyncs",
        "Retry failed syncs",
        "Retries one sync, several syncs, all failed syncs of an entity type, or all failed syncs. A sync that is "
        "named is also retried if it is deferred.",
        TAG,
        {200: Response("The number of retried syncs, and the syncs that could not be retried.", responses.RetryReport)},
        OF_BODIES | OF_IDS,
        body=request_bodies.RetrySelection | request_bodies.RetrySeveral,
        is_body_required=False,
    ),
    ("POST", "/api/buildium/review"): Operation(
        "resolveReview",
        "Resolve the review of an entity",
        "Links an entity in review to one of its candidates in Buildium, or has a new Buildium entity created.",
        TAG,
        {200: Response("The sync after the decision.", responses.SyncStatusResponse)},
        OF_BODIES | OF_IDS | {409},
        body=request_bodies.ReviewDecision,
    ),
    ("GET", "/api/buildium/review"): Operation(
        "getReview",
        "Get the review of an entity",
        "Returns the candidates of an entity in review, the fields of both sides, and the value that a link would "
        "keep. Also returns the last decision, and why it cannot be undone.",
        TAG,
        {200: Response("The review.", responses.ReviewResponse)},
        OF_QUERIES | OF_IDS,
        query=requests.EntityQuery,
    ),
    ("GET", "/api/buildium/review/decisions"): Operation(
        "listDecisions",
        "List the decisions of reviews",
        "Returns a page of the decisions of the last 90 days that were not undone, newest first.",
        TAG,
        {200: Response("A page of decisions.", responses.Decisions)},
        OF_QUERIES,
        query=requests.PageQuery,
    ),
    ("POST", "/api/buildium/review/undo"): Operation(
        "undoReview",
        "Undo the decision of a review",
        "Unlinks an entity from the Buildium entity that a decision linked or created. The entity needs a review "
        "again. What the sync has written since stays.",
        TAG,
        {200: Response("The sync after the undo.", responses.SyncStatusResponse)},
        OF_BODIES | OF_IDS | {409},
        body=request_bodies.ReviewUndo,
    ),
    ("GET", "/api/search"): Operation(
        "search",
        "List the entities that a text finds",
        "Finds entities of all types by local id, Buildium id or external id, or by the beginning of a name, e-mail "
        "address or street. Case and accents do not matter.",
        TAG,
        {200: Response("The entities, those with an equal id first.", responses.SearchResults)},
        OF_QUERIES,
        query=requests.SearchQuery,
    ),
    ("GET", "/api/buildium/timeline"): Operation(
        "getTimeline",
        "List the timeline of an entity",
        "Returns what happened to an entity in the last 90 days, oldest first.",
        TAG,
        {200: Response("A page of the timeline.", responses.Timeline)},
        OF_QUERIES | OF_IDS,
        query=requests.TimelineQuery,
    ),
    ("GET", "/api/buildium/overview"): Operation(
        "getOverview",
        "Get an overview of all syncs",
        "Returns counts of entities by type and status, and the use of Buildium's rate limit. Lists open circuits, the "
        "oldest pending sync, dead letters, webhook rejections and the last import.",
        TAG,
        {200: Response("The overview.", responses.OverviewResponse)},
    ),
    ("GET", "/api/buildium/metrics"): Operation(
        "getMetrics",
        "Get the numbers of the last day",
        "Returns the calls to Buildium, their response times, results of syncs, webhook events and rejected requests "
        "of the last day, by 15 minutes.",
        TAG,
        {200: Response("The numbers of the last day.", MetricsResponse)},
    ),
}
