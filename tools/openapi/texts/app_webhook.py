"""Properties of the app webhook."""

from tools.openapi.texts.text import Texts, composed, integer, timestamp, value

TEXTS: Texts = {
    "Deliveries.items": composed("The deliveries of this page."),
    "Deliveries.receiver": composed("The state of the receiver."),
    "Receiver.status": value(
        "The state. `working`: the last attempt succeeded. `failing`: it failed. `paused`: only probes are sent.",
        "paused",
    ),
    "Receiver.failingSince": timestamp("The time of the first failure after the last success. null if none fails."),
    "Receiver.pausedAt": timestamp("The time when deliveries were paused. null if they are not paused."),
    "Receiver.error": value("The last error. null without one.", "HTTP status 503"),
    "Delivery.id": value("The id of the event.", "9b2d5f0e-7c1a-5d3e-8f4b-6a7c8d9e0f1a"),
    "Delivery.type": value("The type of the event.", "EntityUpdated"),
    "Delivery.at": timestamp("The time of the change."),
    "Delivery.status": value("The status of the delivery.", "delivered"),
    "Delivery.attempts": integer("The number of attempts.", 1),
    "Delivery.error": value("The error of the last attempt. null otherwise.", None),
    "Delivery.attemptedAt": timestamp("The time of the last attempt."),
    "TestDeliveryResponse.delivery": composed("The test event and its outcome."),
    "TestDelivery.id": value("The id of the event.", "test-0f6c1f5a"),
    "TestDelivery.delivered": value("Whether the receiver returned 2xx.", True),
    "TestDelivery.receiverStatus": integer("The HTTP status code of the receiver. null without a response.", 204),
    "TestDelivery.error": value("The reason why the event was not delivered. null otherwise.", None),
}
