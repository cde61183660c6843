"""Properties of the change feed."""

from tools.openapi.texts.text import Texts, buildium_id, composed, integer, timestamp, value

TEXTS: Texts = {
    "Changes.items": composed("The changes of this page."),
    "Changes.nextCursor": value(
        "The value of `cursor` for the changes after this page. Present on every page, also on an empty one.",
        "eyJpZCI6ICJiODlhYzA5ZiJ9",
    ),
    "Changes.hasMore": value("Whether more changes may follow at once. They may also follow an empty page.", False),
    "Change.id": value("The id of the change. It is the same in the feed, on the bus and in webhooks.", "change-id"),
    "Change.type": value("What changed.", "EntityUpdated"),
    "Change.schemaVersion": integer("The version of the schema of this object, a number that grows by one.", 1),
    "Change.at": timestamp("The time of the change."),
    "Change.externalId": value("The id of the entity in the application. null if it has none.", None),
    "Change.buildiumId": buildium_id("The id of the entity in Buildium. null if it is not known."),
    "Change.version": integer("The version of the entity, a number that grows by one.", 2),
    "Change.source": value("What caused the change.", "client"),
    "Change.changedFields": value("The names of the changed fields.", ["name"]),
    "Change.syncStatus": value("The status of the sync at that time. null if it is not known.", "pending"),
    "Change.error": value("The reason why the sync stopped. null otherwise.", None),
    "Change.changes": value(
        "The old and new value of each changed field, or `changed` for a secret field. Large values become "
        "`{truncated, bytes}`.",
        {"name": {"old": "Sample Property", "new": "Sample Tower"}},
    ),
}
