"""Operations on webhook events."""

from tools.openapi import requests
from tools.openapi.headers import SIGNATURE, TIMESTAMP
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_IDS, OF_QUERIES
from tools.openapi.responses import webhook_events as responses

TAG = "webhook events"
TAG_DESCRIPTION = "Webhook events from Buildium."

ROUTES: Routes = {
    ("GET", "/api/buildium/events"): Operation(
        "listEvents",
        "List webhook events",
        "Returns a page of the stored webhook events in one status, newest first; failed events by default.",
        TAG,
        {200: Response("A page of webhook events.", responses.StoredEvents)},
        OF_QUERIES,
        query=requests.EventQuery,
    ),
    ("POST", "/api/buildium/events/{event_id}/retry"): Operation(
        "retryEvent",
        "Retry a webhook event",
        "Queues a stored webhook event for processing again, whatever its status.",
        TAG,
        {202: Response("The event is queued.", responses.StoredEventResponse)},
        OF_IDS,
    ),
    ("POST", "/api/webhooks/buildium"): Operation(
        "receiveWebhook",
        "Receive webhook events from Buildium",
        "Stores events for processing. Accepts Buildium's form of one event and the form of several events. The "
        "signature replaces the API key.",
        TAG,
        {200: Response("The events are stored.", responses.WebhookReceipt)},
        frozenset({401}),
        body=requests.FlatEvent | requests.EventBatch,
        headers=(SIGNATURE, TIMESTAMP),
        needs_key=False,
    ),
}
