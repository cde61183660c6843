"""Fields that tenants and cosigners have in common."""

from tests.simulator.contacts import address, phones, read_address, read_phones
from tests.simulator.entity_type import copied, utc
from tests.simulator.model import Json
from tests.simulator.state import State
from tests.simulator.validation import email, name, one_of, optional, required

MAILING = ("PrimaryAddress", "AlternateAddress")
NAMES = ("FirstName", "LastName", "Email", "AlternateEmail")
PERSON = {
    "FirstName": required(name(127)),
    "LastName": required(name(127)),
    "Email": optional(email()),
    "AlternateEmail": optional(email()),
    "PhoneNumbers": optional(phones()),
    "Address": optional(address()),
    "AlternateAddress": optional(address()),
    "MailingPreference": optional(one_of(*MAILING)),
}


def read_person(written: Json) -> Json:
    """A person as in a response."""
    where, elsewhere = written.get("Address"), written.get("AlternateAddress")
    return {
        **copied(written, *NAMES),
        "PhoneNumbers": read_phones(written.get("PhoneNumbers")),
        "Address": where and read_address(where),
        "AlternateAddress": elsewhere and read_address(elsewhere),
        "MailingPreference": written.get("MailingPreference") or MAILING[0],
    }


def identified(state: State, cosigners: list[Json]) -> list[Json]:
    """The cosigners of a lease; new ones get an id and a time."""
    made = utc(state.clock())
    return [
        person if "Id" in person else {"Id": state.new_id("cosigners"), "CreatedDateTime": made, **person}
        for person in cosigners
    ]
