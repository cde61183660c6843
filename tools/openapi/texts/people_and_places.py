"""Fields that several entity types share."""

from tools.openapi.texts.text import Texts, composed, email, timestamp, value

_LINES = {1: "The street address.", 2: "The second line of the address.", 3: "The third line of the address."}
_EXAMPLES = {1: "123 Main St", 2: "Suite 200", 3: "Building C"}


def _address(prefix: str = "") -> Texts:
    def name(part: str) -> str:
        return prefix + part[0].upper() + part[1:] if prefix else part

    return {
        **{name(f"addressLine{line}"): value(_LINES[line], _EXAMPLES[line]) for line in _LINES},
        name("city"): value("The city.", "New York"),
        name("state"): value("The state or province of the country, by code or name.", "NY"),
        name("postalCode"): value("The postal code.", "10001"),
        name("country"): value("The country: an ISO 3166 code or an English name.", "US"),
    }


TEXTS: Texts = {
    **_address(),
    **_address("primary"),
    **_address("alternate"),
    "id": value("The local id of the entity.", "entity-id"),
    "externalId": value(
        "The id of the entity in your application: 1 to 255 characters, unique among the entities of the type. "
        "Buildium does not get it.",
        "A-1001",
    ),
    "createdAt": timestamp("The time of the creation."),
    "updatedAt": timestamp("The time of the last change."),
    "deletedAt": timestamp("The time of the deletion in Buildium. Absent unless the entity is deleted."),
    "deletionRequestedAt": timestamp("The time of a client's DELETE. Absent unless there was one."),
    "status": value("`Active`: in use. `Inactive`: not in use any more. A request may write it in any case.", "Active"),
    "isCompany": value("true for a company, false for a person.", False),
    "firstName": value("The first name. Required for a person.", "John"),
    "lastName": value("The last name. Required for a person.", "Doe"),
    "companyName": value(
        "The name of the company. Required for a company without a person's name.", "Doe Holdings LLC"
    ),
    "primaryEmail": email("The primary e-mail address.", "john.doe@example.com"),
    "alternateEmail": email("Another e-mail address.", "john@example.org"),
    "primaryPhone": value("The primary telephone number, 10 to 20 characters.", "+1-555-0123"),
    "email": email("The e-mail address.", "john.doe@example.com"),
    "phone": value("The telephone number, 10 to 20 characters.", "+1-555-0123"),
    "nextCursor": value("The value of `cursor` for the next page. null on the last page.", "eyJpZCI6ICJiODlhYzA5ZiJ9"),
    "items": composed("The entities of this page or batch."),
    "buildiumSync": composed("The result of the sync of the entity."),
    "message": value("A confirmation for people. Present in responses to creates and updates.", "Created successfully"),
}
