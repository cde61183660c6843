"""Properties of failed calls."""

from tools.openapi.texts.text import Texts, composed, integer, timestamp, value

TEXTS: Texts = {
    "FailedCalls.items": composed("The failed calls of this page."),
    "FailedCall.at": timestamp("The time at which the call failed."),
    "FailedCall.method": value("The method.", "POST"),
    "FailedCall.path": value("The path below the base URL.", "/rentals"),
    "FailedCall.query": value("The query as JSON. null without one.", None),
    "FailedCall.requestBody": value(
        "The request body, redacted and at most 4000 characters. null without one.", '{"Name":"Maple Court"}'
    ),
    "FailedCall.status": integer("The HTTP status code. null without a response.", 422),
    "FailedCall.responseBody": value(
        "The response body, redacted and at most 4000 characters. null without one.",
        '{"UserMessage":"The request is not valid."}',
    ),
    "FailedCall.requestId": value("Buildium's id of the call. null without one.", "0f6c1f5a"),
    "FailedCall.durationMs": integer("The duration in milliseconds.", 180),
    "FailedCall.errorCode": value("The kind of the error.", "rejected"),
    "FailedCall.error": value("The error.", "Buildium returned 422: The request is not valid."),
}
