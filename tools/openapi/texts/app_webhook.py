"""Properties of the app webhook."""

from tools.openapi.texts.text import Texts, composed, integer, value

TEXTS: Texts = {
    "TestDeliveryResponse.delivery": composed("The test event and its outcome."),
    "TestDelivery.id": value("The id of the event.", "test-0f6c1f5a"),
    "TestDelivery.delivered": value("Whether the receiver returned 2xx.", True),
    "TestDelivery.receiverStatus": integer("The HTTP status code of the receiver. null without a response.", 204),
    "TestDelivery.error": value("The reason why the event was not delivered. null otherwise.", None),
}
