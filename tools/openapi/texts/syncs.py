"""Properties of problems, syncs, timelines, histories and the overview."""

from tools.openapi.texts.text import Text, Texts, buildium_id, composed, integer, number, timestamp, value

ENTITY_ID = "property-id"
_CHANGES = {"name": {"old": "Sample Property", "new": "Sample Tower"}}
_ERROR = "API rate limit exceeded"

SHARED: Texts = {
    "entityType": value("The entity type, the singular of its collection.", "property"),
    "entityId": value("The local id of the entity.", ENTITY_ID),
    "buildiumId": buildium_id("The id of the entity in Buildium. null if it is not known."),
    "nextCursor": value("The value of `cursor` for the next page. null on the last page.", "eyJpZCI6ICJiODlhYzA5ZiJ9"),
    "cursor": value("`nextCursor` of the previous page.", "eyJpZCI6ICJiODlhYzA5ZiJ9"),
    "errorCode": value("The kind of the error, for programs. null if the last attempt did not fail.", "rate_limited"),
    "errorMessage": value("The reason why the last attempt failed. null if it did not fail.", _ERROR),
    "syncStatus": value("The status of the sync.", "synced"),
    "startedAt": timestamp("The time of the start. null before it."),
    "finishedAt": timestamp("The time of the end. null before it.", "2025-01-15T10:42:00Z"),
}
_PROBLEM: Texts = {
    "FieldError.field": value("The path of the field, in the names of the request. Empty for the body.", "postalCode"),
    "FieldError.message": value("The reason.", "Field required"),
    "Problem.type": Text("The type of the problem, a URI reference.", "about:blank", {"format": "uri-reference"}),
    "Problem.title": value("The name of the HTTP status.", "Unprocessable Content"),
    "Problem.status": integer("The HTTP status code.", 422),
    "Problem.detail": value("The reason, for people.", "postalCode: Field required"),
    "Problem.errors": composed("The invalid fields, 100 at most."),
    "Problem.entityId": value("The entity that has the same `externalId`.", "property-id"),
    "BatchResults.results": composed("A result for each item."),
    "BatchResult.status": integer("The HTTP status code of the item: 201 created, 200 updated or unchanged.", 201),
    "BatchResult.externalId": value("The external id of the item. null if it has none.", "A-1001"),
    "BatchResult.id": value("The local id of the written entity.", ENTITY_ID),
    "BatchResult.version": integer("The version of the written entity, a number that grows.", 1),
    "BatchResult.problem": composed("The problem of an item that was not written."),
    "Problem.requestId": value("The id of the request in the log.", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
}
_SYNC: Texts = {
    "BuildiumSync.success": value(
        "true if Buildium has the entity, false if the sync needs attention, null if the result is not known yet.", True
    ),
    "BuildiumSync.error": value("The reason why the sync did not succeed, or why it waits. null otherwise.", None),
    "BuildiumSync.errorCode": value("The code of the condition that keeps the sync pending.", "outbound_paused"),
    "BuildiumSync.status": value("The status of the sync.", "synced"),
    "SyncStatus.lastSyncedAt": timestamp("The time of the last successful sync. null before it."),
    "SyncStatus.errors": composed("The fields that Buildium rejected."),
    "SyncStatus.candidates": value("The Buildium ids of all candidates of an entity in review.", [1005, 1006]),
    "SyncStatus.candidateDetails": composed("The details of the candidates, ten at most."),
    "SyncStatus.conflicts": composed("The last ten fields that were changed locally and in Buildium."),
    "SyncStatus.createdAt": timestamp("The time when the sync record was created."),
    "SyncStatus.updatedAt": timestamp("The time when the sync record was changed last."),
    "SyncStatusResponse.syncStatus": composed("The sync."),
    "FailedSyncs.failedSyncs": composed("The syncs of this page."),
    "FieldConflict.field": value("The name of the field.", "name"),
    "FieldConflict.local": value("The local value. Absent for a secret field.", "Sample Property"),
    "FieldConflict.remote": value("The value in Buildium. Absent for a secret field.", "Sample Tower"),
    "FieldConflict.winner": value("The side whose value was kept.", "remote"),
    "FieldConflict.version": integer("The version of the entity after the merge, a number that grows by one.", 3),
    "FieldConflict.at": timestamp("The time of the merge."),
    "ReviewCandidate.buildiumId": buildium_id("The id of the candidate in Buildium.", 1005),
    "ReviewCandidate.fields": value("Those fields of the candidate that identify it.", {"name": "Sample Property"}),
    "ReviewCandidate.differingFields": value(
        "The fields whose values differ from those of the local entity.", ["yearBuilt"]
    ),
}
_RETRY: Texts = {
    "RetrySeveral.entities": composed("The entities whose syncs are retried."),
    "ReviewDecision.buildiumId": buildium_id(
        "The Buildium id of the candidate. null creates a new Buildium entity instead.", 1005
    ),
    "ReviewUndo.decidedAt": timestamp(
        "`decidedAt` of the decision. If a later one has replaced it, the response is 409. Without it, the last one is "
        "undone."
    ),
    "RetryError.error": value("The reason why the sync could not be retried.", "Property 'x' not found."),
    "RetryReport.success": value("true if all syncs could be retried.", True),
    "RetryReport.retried": integer("The number of syncs that were retried.", 1),
    "RetryReport.errors": value("The syncs that could not be retried.", []),
    "RetryReport.results": composed("The result for each entity of the request."),
    "RetryReport.hasMore": value(
        "true if failed syncs are left because the time was used up: retry again. Absent otherwise.",
        True,
    ),
    "RetryResult.retried": value("Whether the sync was retried.", True),
    "RetryResult.syncStatus": composed("The sync after the retry. Absent if it could not be read."),
    "RetryResult.error": value("The reason why the sync could not be retried.", "Property 'x' not found."),
}
_SEARCH: Texts = {
    "SearchResults.items": composed("The entities, at most 20."),
    "SearchResults.hasMore": value("Whether the text finds more entities.", False),
    "SearchResult.name": value("The name of the entity. null if it has none.", "Sample Property"),
    "SearchResult.externalId": value("The application's own id of the entity. null if it has none.", "A-1001"),
    "SearchResult.address": value("The address of the entity. null if it has none.", "1 Main Street, Boston"),
    "SearchResult.syncStatus": value("The status of the sync.", "synced"),
    "SearchResult.matched": value("What the text is: one of the ids, or the beginning of a term.", "term"),
}
_REVIEW: Texts = {
    "ReviewResponse.review": composed("The review."),
    "Review.syncStatus": value("The status of the sync.", "needs_review"),
    "Review.name": value("The name of the local entity. null if it has none.", "Sample Property"),
    "Review.address": value("The address of the local entity. null if it has none.", "1 Main Street, Boston"),
    "Review.candidates": composed("The candidates. Empty if the entity is not in review."),
    "Review.decision": composed("The last decision about the entity. null without one that is kept."),
    "CandidateDetails.buildiumId": buildium_id("The Buildium id of the candidate."),
    "CandidateDetails.name": value("The name of the candidate. null if it is not known.", "Sample Property"),
    "CandidateDetails.address": value("The address of the candidate. null if it is not known.", "1 Main Street"),
    "CandidateDetails.hasDetails": value("Whether fields of the candidate are stored.", True),
    "CandidateDetails.fields": composed("The fields of both sides."),
    "ComparedField.field": value("The name of the field.", "name"),
    "ComparedField.local": value("The local value.", "Sample Property"),
    "ComparedField.buildium": value("The value in Buildium.", "Sample Tower"),
    "ComparedField.differs": value("Whether the values differ.", True),
    "ComparedField.winner": value("The side whose value a link would keep. null for equal values.", "local"),
    "DecisionState.decidedAt": timestamp("The time of the decision."),
    "DecisionState.decidedBy": value("The id of the API key that made the decision.", "abcdefghij"),
    "DecisionState.operator": value("The name of the operator whose API key it is. null otherwise.", "Ann"),
    "DecisionState.chosenId": buildium_id("The Buildium id that was chosen. null for a new entity."),
    "DecisionState.buildiumId": buildium_id("The Buildium id that the entity has now. null without one."),
    "DecisionState.undoObstacle": value("The reason why the decision cannot be undone. null if it can be.", None),
    "Decisions.items": composed("The decisions of this page."),
    "Decision.decidedAt": timestamp("The time of the decision."),
    "Decision.decidedBy": value("The id of the API key that made the decision.", "abcdefghij"),
    "Decision.operator": value("The name of the operator whose API key it is. null otherwise.", "Ann"),
    "Decision.chosenId": buildium_id("The Buildium id that was chosen. null for a new entity."),
    "Decision.buildiumId": buildium_id("The Buildium id that the entity has now. null without one."),
    "Decision.undoObstacle": value("The reason why the decision cannot be undone. null if it can be.", None),
    "Decision.name": value("The name of the local entity. null if it has none.", "Sample Property"),
}
_TIMELINE: Texts = {
    "Timeline.items": composed("The entries of this page."),
    "TimelineEntry.kind": value(
        "The kind of entry. `updated_by_client`: a client wrote a version. `created_from_buildium`: the entity was "
        "created from a Buildium entity. `updated_from_buildium`: a change in Buildium was applied. "
        "`deleted_in_buildium`: the Buildium entity was deleted. `picked_up`: a sync picked up the version. "
        "`attempt_started`: an attempt started. `attempt_finished`: an attempt ended. `echo_received`: the webhook "
        "event of a write by this system arrived. `conflict`: a field was changed on both sides. `linked`: the entity "
        "was linked to a Buildium entity. `review_requested`: a review was requested. `review_resolved`: a review was "
        "resolved. `review_undone`: its decision was undone. `retried`: a client retried the sync. `in_sync`: Buildium "
        "has the current version.",
        "updated_by_client",
    ),
    "TimelineEntry.outcome": value(
        "The status after the attempt: that of a sync, or `lease_expired` if the attempt never ended.", "synced"
    ),
    "TimelineEntry.at": timestamp("The time of the entry."),
    "TimelineEntry.version": integer("The version of the entity, a number that grows by one.", 3),
    "TimelineEntry.by": composed("The author of the version."),
    "TimelineEntry.changes": value("The old and new values of the changed fields, by field.", _CHANGES),
    "TimelineEntry.durationMs": integer("The duration of what the entry describes, in milliseconds.", 840),
    "TimelineEntry.error": value("The reason why the attempt failed, or why a review is required.", _ERROR),
    "TimelineEntry.errorCode": value("The kind of the error, for programs. null if there is none.", "rate_limited"),
    "TimelineEntry.retryAt": timestamp("The time of the next attempt."),
    "TimelineEntry.operation": value("The operation in Buildium that the webhook event reports.", "Updated"),
    "TimelineEntry.conflicts": value(
        "The fields that were changed on both sides.", [{"field": "name", "winner": "remote"}]
    ),
    "History.items": composed("The writes of this page."),
    "HistoryEntry.at": timestamp("The time of the write."),
    "HistoryEntry.origin": value("Where the new values came from.", "api"),
    "HistoryEntry.apiKeyId": value("The id of the client's API key. null for values from Buildium.", "abcdefghij"),
    "HistoryEntry.operator": value("The name of the operator whose API key it is. null otherwise.", "Ann"),
    "HistoryEntry.version": integer("The version of the entity after the write, a number that grows by one.", 3),
    "HistoryEntry.changes": value(
        "The old and new values of the changed fields, by field. `changed` for a secret field.", _CHANGES
    ),
    "HistoryEntry.conflict": value("The fields that were changed on both sides.", ["name"]),
    "Author.origin": value("Where the version came from: `api` for a client, `buildium` for Buildium.", "api"),
    "Author.apiKeyId": value("The id of the client's API key. null for a version from Buildium.", "abcdefghij"),
    "Author.source": value(
        "How the version came from Buildium: `webhook`, `poll`, `import`, `repair`, `drift` or `sync`. null for a "
        "client.",
        "webhook",
    ),
}
_OVERVIEW: Texts = {
    "OverviewResponse.overview": composed("The overview."),
    "OverviewBody.at": timestamp("The time of the overview."),
    "OverviewBody.entities": value(
        "The number of entities by entity type and sync status.", {"property": {"synced": 12}}
    ),
    "OverviewBody.calls": composed("The use of Buildium's rate limit."),
    "OverviewBody.openCircuits": composed("The circuits that are open: calls to Buildium that are paused."),
    "OverviewBody.oldestPending": composed("The pending sync that was requested first. null if none is pending."),
    "OverviewBody.deadLetters": value("The number of dead letters by queue.", {"sync": 0, "events": 1}),
    "OverviewBody.webhookRejections": composed("The rejected webhook requests."),
    "OverviewBody.import": value("The last import, as `GET /api/buildium/import` returns it.", {"status": "done"}),
    "RateLimitUsage.limit": number("The rate limit, in calls per second.", 8.0),
    "RateLimitUsage.now": composed("The calls of the last minutes."),
    "RecentUsage.seconds": integer("The length of the period, in seconds.", 290),
    "RecentUsage.calls": integer("The number of calls in the period.", 58),
    "RecentUsage.share": number("The used share of the rate limit, a ratio from 0 to 1.", 0.025),
    "OldestPendingSync.syncStatus": value("The status of the sync: `pending` or `syncing`.", "pending"),
    "OldestPendingSync.requestedAt": timestamp("The time when the sync was requested."),
    "OldestPendingSync.ageSeconds": integer("The time since the request, in seconds.", 12),
    "OpenCircuit.circuit": value(
        "The paused calls: `outage` or `key` for all calls, or a method and a path.", "GET /rentals"
    ),
    "OpenCircuit.status": integer("The HTTP status code that opened the circuit. null without a response.", 503),
    "OpenCircuit.reason": value("The reason why the circuit is open.", "Buildium returned 503"),
    "OpenCircuit.since": timestamp("The time when the circuit opened."),
    "OpenCircuit.nextProbeAt": timestamp("The time of the next probe.", "2025-01-15T10:31:00Z"),
    "WebhookRejections.consecutive": integer("The number of consecutive rejections.", 0),
    "WebhookRejections.lastAt": timestamp("The time of the last rejection. null if there is none."),
}
_METRICS: Texts = {
    "MetricsResponse.metrics": composed("The numbers of the last day."),
    "MetricsBody.begin": timestamp("The start of the first interval.", "2025-01-14T10:45:00Z"),
    "MetricsBody.bucketSeconds": integer("The length of an interval, in seconds.", 900),
    "MetricsBody.limit": number("Buildium's rate limit, in calls per second.", 8.0),
    "MetricsBody.calls": value("The number of calls to Buildium in each interval.", [12, 0, 58]),
    "MetricsBody.syncs": value(
        "The number of attempts to sync in each interval, by result. A `deferred` attempt is repeated.",
        {"synced": [12, 0, 57], "failed": [0, 0, 1]},
    ),
    "MetricsBody.webhookEvents": value(
        "The number of webhook events in each interval, by result.", {"processed": [4, 0, 9], "failed": [0, 0, 1]}
    ),
    "MetricsBody.rejectedRequests": value("The number of rejected webhook requests in each interval.", [0, 0, 1]),
    "MetricsBody.buildiumLatency": composed("The response times of Buildium in each interval."),
    "BuildiumLatency.p50Ms": value("The time that half of the calls do not exceed, in milliseconds.", [110, None, 95]),
    "BuildiumLatency.p95Ms": value("The time that 95% of the calls do not exceed, in milliseconds.", [460, None, 310]),
}
TEXTS: Texts = {**SHARED, **_PROBLEM, **_SYNC, **_RETRY, **_SEARCH, **_REVIEW, **_TIMELINE, **_OVERVIEW, **_METRICS}
