"""Users of the account, read-only. Buildium: /v1/users."""

from tests.simulator.entity_type import EntityType
from tests.simulator.errors import Problem
from tests.simulator.filters import active, any_found, contains, ids
from tests.simulator.model import Json, Record
from tests.simulator.state import State

STAFF = "Staff"
KINDS = (STAFF, "RentalOwner", "Vendor")
BLANK: Json = {
    "UserTypes": [STAFF],
    "IsActive": True,
    "LastLogin": None,
    "FirstName": "Sam",
    "LastName": "Okafor",
    "CompanyName": None,
    "Email": "sam@example.com",
    "AlternateEmail": None,
    "PhoneNumbers": [],
    "UserRole": {"Id": 1, "Name": "Manager", "Description": None, "NumberOfUsers": 1},
    "IsCompany": False,
}


def check_staff(state: State, user_id: int, key: str) -> list[Problem]:
    """Tasks are assigned to users of the type `Staff`."""
    user = state.find("users", user_id)
    if user is None or STAFF in user.public["UserTypes"]:
        return []
    return [Problem(key, f"{key} must name a staff user.")]


def _names(record: Record) -> list[str | None]:
    user = record.public
    return [f"{user['FirstName']} {user['LastName']}", user["CompanyName"]]


USERS = EntityType(
    name="users",
    path="/users",
    first_id=201,
    blank=BLANK,
    seeds=(BLANK,),
    filters={
        "roleids": ids(lambda _state, record: [record.public["UserRole"]["Id"]]),
        "usertypes": any_found(lambda _state, record: record.public["UserTypes"], KINDS),
        "status": active({"Active": True, "Inactive": False}),
        "name": contains(_names),
        "email": contains(lambda record: [record.public["Email"], record.public["AlternateEmail"]]),
    },
)
