"""Properties of operators."""

from tools.openapi.texts.text import Texts, composed, value

TEXTS: Texts = {
    "CallerResponse.operator": composed("The permissions of the API key."),
    "Caller.name": value("The name of the operator. null for the application.", "Ann"),
    "Caller.role": value(
        "The role. `read`: may only read. `operate`: may do everything. `application`: a key of the application.",
        "operate",
    ),
    "Caller.canWrite": value("Whether the key may write entities, retry syncs and start imports.", True),
    "Caller.canOperate": value("Whether the key may do what only operators may do.", True),
    "Author.name": value("The name of the operator whose API key it is. null otherwise.", "Ann"),
}
