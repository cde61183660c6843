"""The flow to Buildium: from a message that says "look at this entity" to what came of it."""
