"""Operations on the app webhook."""

from tools.openapi import requests
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_QUERIES
from tools.openapi.responses import app_webhook as responses

TAG = "app webhook"
TAG_DESCRIPTION = "Change events that are sent to the application."

ROUTES: Routes = {
    ("GET", "/api/webhooks/deliveries"): Operation(
        "listDeliveries",
        "List deliveries to the application",
        "Returns a page of the events of the last 30 days that were sent to the application, newest first, and the "
        "state of its receiver.",
        TAG,
        {200: Response("A page of deliveries.", responses.Deliveries)},
        OF_QUERIES,
        query=requests.PageQuery,
    ),
    ("POST", "/api/webhooks/test"): Operation(
        "sendTestEvent",
        "Send a test event to the application",
        "Sends a signed test event to `APP_WEBHOOK_URL` at once, and returns the outcome. A success resumes paused "
        "deliveries.",
        TAG,
        {200: Response("The outcome of the test event.", responses.TestDeliveryResponse)},
        frozenset({409}),
    ),
}
