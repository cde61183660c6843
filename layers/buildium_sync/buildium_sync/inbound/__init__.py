"""The flow from Buildium: from a webhook request, over the event bus, to our entity."""
