"""Properties of the control state."""

from tools.openapi.texts.text import Texts, composed, timestamp, value

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
}
