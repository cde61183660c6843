"""Properties of the Buildium account."""

from tools.openapi.texts.text import Texts, buildium_id, composed, timestamp, value

TEXTS: Texts = {
    "References.items": composed("The active items, in order of their Buildium id, 2000 at most."),
    "References.readAt": timestamp("The time at which the list was read from Buildium."),
    "Reference.id": buildium_id("The Buildium id of the item.", 301),
    "Reference.name": value("The name of the item.", "Repairs"),
    "Reference.number": value("The number of a general ledger account. null without one.", "5000"),
    "Reference.type": value("The type of a general ledger account. null without one.", "Expense"),
    "Problem.errorCode": value("The kind of an error of Buildium, for programs.", "credentials"),
}
