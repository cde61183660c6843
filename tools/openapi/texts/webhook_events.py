"""Properties of webhook events."""

from tools.openapi.texts.text import Texts, buildium_id, composed, integer, timestamp, value

_PAYLOAD = {
    "EventName": "Rental.Updated",
    "EventDateTime": "2025-01-15T10:30:00Z",
    "AccountId": 123456,
    "PropertyId": 12345,
}

TEXTS: Texts = {
    "FlatEvent.EventName": value("The name of the event: its subject and its operation.", "Rental.Updated"),
    "FlatEvent.EventDateTime": timestamp("The time of the event."),
    "FlatEvent.AccountId": buildium_id("The id of the Buildium account.", 123456),
    "EventBatch.AccountId": buildium_id("The id of the Buildium account.", 123456),
    "EventBatch.Events": composed("The events."),
    "BatchedEvent.Id": value("The id of the event.", "event-id"),
    "BatchedEvent.EventType": value("The name of the event: its subject and its operation.", "PropertyUpdated"),
    "BatchedEvent.EntityType": value("The subject of the event.", "Property"),
    "BatchedEvent.EntityId": buildium_id("The Buildium id of the entity."),
    "BatchedEvent.EventDate": timestamp("The time of the event."),
    "BatchedEvent.Data": value("Further data of the event.", {}),
    "StoredEvents.items": composed("The events of this page."),
    "StoredEventResponse.event": composed("The event."),
    "StoredEvent.eventId": value("The id of the stored event.", "98f453ff3596"),
    "StoredEvent.eventName": value("The name of the event: its subject and its operation.", "Rental.Updated"),
    "StoredEvent.subject": value("The subject of the event.", "Rental"),
    "StoredEvent.operation": value("The operation in Buildium.", "Updated"),
    "StoredEvent.accountId": buildium_id("The id of the Buildium account.", 123456),
    "StoredEvent.entityId": buildium_id("The Buildium id of the entity."),
    "StoredEvent.ids": value("All Buildium ids in the event, by name.", {"PropertyId": 12345}),
    "StoredEvent.eventDateTime": value(
        "The time of the event, as Buildium wrote it. Empty if it did not say.", "2025-01-15T10:30:00Z"
    ),
    "StoredEvent.receivedAt": timestamp("The time when the event was received."),
    "StoredEvent.correlationId": value("The id of the request in the log.", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
    "StoredEvent.payload": value("The event as it was received.", _PAYLOAD),
    "StoredEvent.status": value("The status of the event.", "processed"),
    "StoredEvent.updatedAt": timestamp("The time when the status was changed last."),
    "StoredEvent.error": value("The reason why the event failed or was ignored. null otherwise.", None),
    "WebhookReceipt.received": integer("The number of events in the request.", 1),
    "WebhookReceipt.new": integer("The number of events that had not been received before.", 1),
}
