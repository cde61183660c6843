"""Operations on the app webhook."""

from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.responses import app_webhook as responses

TAG = "app webhook"
TAG_DESCRIPTION = "Change events that are sent to the application."

ROUTES: Routes = {
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
