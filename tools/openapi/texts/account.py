"""Properties of the Buildium account."""

from tools.openapi.texts.text import Texts, buildium_id, composed, integer, timestamp, value

TEXTS: Texts = {
    "References.items": composed("The active items, in order of their Buildium id, 2000 at most."),
    "References.readAt": timestamp("The time at which the list was read from Buildium."),
    "Reference.id": buildium_id("The Buildium id of the item.", 301),
    "Reference.name": value("The name of the item.", "Repairs"),
    "Reference.number": value("The number of a general ledger account. null without one.", "5000"),
    "Reference.type": value("The type of a general ledger account. null without one.", "Expense"),
    "Connection.ready": value("Whether no check failed.", False),
    "Connection.calls": integer("The number of calls to Buildium.", 16),
    "Connection.checks": composed("The results of the checks."),
    "ConnectionFinding.name": value("The name of the check: `key`, `read:property`, `default:categoryId`.", "key"),
    "ConnectionFinding.status": value("The result of the check.", "failed"),
    "ConnectionFinding.detail": value("What was found, for people.", "BUILDIUM_API_KEY is empty."),
    "ConnectionFinding.remedy": value("What to do about it. null if nothing is wrong.", "Set BUILDIUM_API_KEY."),
    "Problem.errorCode": value("The kind of an error of Buildium, for programs.", "credentials"),
}
