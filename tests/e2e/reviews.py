"""Properties that need a review, because Buildium has several of the same name and address."""

from typing import Any, NamedTuple

from tests.e2e.account import create_rejected
from tests.e2e.api import Api, Json, property_body
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator

ADDRESS = {
    "AddressLine1": "12 Maple Street",
    "City": "Portland",
    "State": "OR",
    "PostalCode": "97201",
    "Country": "UnitedStates",
}
"""The address of `property_body`."""
MAX_ATTEMPTS = 3


class OpenReview(NamedTuple):
    """A property that needs a review, and the Buildium ids of its candidates."""

    name: str
    entity_id: str
    candidates: list[int]


def create_review(api: Api, simulator: RemoteSimulator, name: str) -> OpenReview:
    """Create a property with two candidates in Buildium.

    The poll may run before the import and create the candidates locally. Then another name is used.
    """
    for number in range(MAX_ATTEMPTS):
        review = import_lookalikes(api, simulator, f"{name} {number or ''}".strip())
        if api.sync_status("property", review.entity_id)["syncStatus"] == "needs_review":
            return review
        api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": review.entity_id})
    raise AssertionError("the poll ran before each import")


def import_lookalikes(api: Api, simulator: RemoteSimulator, name: str) -> OpenReview:
    simulator.configure_webhooks(enabled=False)
    try:
        entity_id = create_rejected_property(api, simulator, name)
        candidates = [
            create_in_buildium(simulator, name),
            create_in_buildium(simulator, name, RentalSubType="SingleFamily", YearBuilt=1998),
        ]
        # A unit that a poll imports would refer to its property, whose decision could then not be undone.
        for unit in simulator.state()["units"]:
            if unit["PropertyId"] in candidates:
                simulator.delete("units", unit["Id"])
        import_properties(api)
    finally:
        simulator.configure_webhooks(enabled=True)
    return OpenReview(name, entity_id, candidates)


def create_rejected_property(api: Api, simulator: RemoteSimulator, name: str) -> str:
    """Create a local property that Buildium rejects. Returns its local id."""
    return create_rejected(api, simulator, "property", property_body(name), name)


def create_in_buildium(simulator: RemoteSimulator, name: str, **more: Any) -> int:
    """Create a property in Buildium. Returns its Buildium id."""
    made = simulator.create("rentals", {"Name": name, "Address": ADDRESS, "RentalSubType": "MultiFamily", **more})
    return int(made["Id"])


def import_properties(api: Api) -> Json:
    """Import the properties. Returns their progress when the import is done."""
    assert api.send("POST", "/api/buildium/import", {"entityType": "property"}).status_code == 202
    ended = eventually(lambda: api.get("/api/buildium/import")["import"], lambda seen: seen["status"] == "done")
    progress: Json = ended["types"]["property"]
    return progress


def decide(api: Api, entity_id: str, buildium_id: int | None) -> None:
    body = {"entityType": "property", "entityId": entity_id, "buildiumId": buildium_id}
    assert api.send("POST", "/api/buildium/review", body).status_code == 200
