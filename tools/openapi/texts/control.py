"""Properties of the control state."""

from tools.openapi.texts.text import Text, Texts, composed, timestamp, value

_TYPE = value("The paused entity type. null for all types.", "property")

TEXTS: Texts = {
    "direction": value("The direction: `outbound` to Buildium, `inbound` from Buildium.", "outbound"),
    "reason": value("The reason, for people.", "Wrong addresses"),
    "ControlResponse.control": composed("The control state."),
    "Control.startMode": value("The start mode of a stack that was never paused or resumed.", "normal"),
    "Control.pauses": composed("What is paused now."),
    "Control.changes": composed("The last 100 pauses and resumes, newest first."),
    "SyncPause.entityType": _TYPE,
    "SyncPause.since": timestamp("The time of the pause. null for the start mode."),
    "SyncPause.by": value("The operator. null for the start mode.", "abcdefghij"),
    "ControlChange.at": timestamp("The time of the change."),
    "ControlChange.action": value("What was done.", "pause"),
    "ControlChange.entityType": _TYPE,
    "ControlChange.by": value("The operator.", "abcdefghij"),
    "SystemStatusBody.stack": value("The name of the stack.", "buildium-sync"),
    "SystemStatusBody.version": value("The version of the product.", "0.1.0"),
    "SystemStatusBody.buildiumHost": value("The host of Buildium's API.", "apisandbox.buildium.com"),
    "SystemStatusBody.isProduction": value("Whether it is the host of live accounts.", False),
    "SystemStatusBody.buildiumAppUrl": Text(
        "The address of the account in Buildium's web application. null without `BUILDIUM_APP_URL`.",
        "https://www.example.com",
        {"format": "uri"},
    ),
    "SystemStatusBody.buildiumPages": composed("The pages of entities in that application, by entity type."),
    "PageBody.entityType": value("The entity type.", "unit"),
    "PageBody.path": value(
        "The path, with `{id}` for the Buildium id and reference fields for those of other entities.",
        "/manager/app/properties/{propertyId}/units/{id}/summary",
    ),
    "PageBody.reference": value(
        "The field with the entity whose page it is, such as `leaseId`. null for the entity's own page.", None
    ),
    "SystemStatusBody.at": timestamp("The time of the status."),
    "SystemStatusBody.conditions": composed("The conditions, the most severe first."),
    "Condition.code": value("The kind of the condition, for programs.", "buildium_outage"),
    "Condition.severity": value("The severity: error, warning or info.", "error"),
    "Condition.since": timestamp("The time when it began. null if it is not known."),
    "Condition.entityType": value("The entity type that it concerns. null for all types.", None),
    "Condition.consequence": value("What it means.", "Buildium does not respond: changes stay pending."),
    "Condition.action": value("What the operator can do.", "Wait. The sync then resumes."),
    "Condition.link": value("The view of the console.", "#syncs?status=pending"),
}
