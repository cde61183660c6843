"""Values in Buildium's fields that are not modelled survive an update."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.domain.sync_status import Status
from tests.flows.system import PROPERTY, System
from tests.simulator import Simulator
from tests.simulator.entity_type import copied
from tests.simulator.validation import optional, text

VENDOR = {"isCompany": True, "companyName": "Pipes Ltd"}


def add_field(buildium: Simulator, type_name: str, name: str) -> None:
    """Add a string field to a type in Buildium: a read returns it and a PUT replaces it."""
    entities = buildium.entities
    known = entities.types[type_name]

    def read(body: Mapping[str, Any], current: dict[str, Any] | None) -> dict[str, Any]:
        return {**known.read(dict(body), current), **copied(body, name)}

    newer = replace(
        known, blank={**known.blank, name: None}, put={**(known.put or {}), name: optional(text())}, read=read
    )
    entities.types = {**entities.types, type_name: newer}
    entities.collections = {**entities.collections, known.path: newer}


@pytest.mark.sends_invalid_requests
@pytest.mark.parametrize(
    ("name", "type_name", "body", "change"),
    [
        ("vendor", "vendors", VENDOR, {"comments": "Fast"}),
        ("property", "rentals", PROPERTY, {"name": "Sunrise"}),
        ("bank-account", "bankaccounts", {"name": "T", "bankAccountType": "Savings", "country": "US"}, {"name": "R"}),
    ],
)
def test_an_update_keeps_a_field_that_buildium_added_later(
    name: str,
    type_name: str,
    body: dict[str, Any],
    change: dict[str, Any],
    system: System,
    buildium: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The document does not have the field.
    monkeypatch.setattr(Simulator, "shared_observers", [])
    add_field(buildium, type_name, "AddedLater")
    kept = system.create(name, body)
    system.work()
    buildium_id = system.sync_of(kept).buildium_id or 0
    buildium.edit(type_name, buildium_id, {"AddedLater": "Entered by a person"})
    system.clock.sleep(60)
    system.update(kept, change)
    system.work()

    assert system.sync_of(kept).status is Status.SYNCED
    assert buildium.get(type_name, buildium_id)["AddedLater"] == "Entered by a person"


@pytest.fixture
def order(system: System) -> Any:
    """A work order with its own task."""
    vendor = system.create("vendor", VENDOR).entity.ref.entity_id
    system.work()
    made = system.create("work-order", {"vendorId": vendor, "title": "Fix the tap"})
    system.work()
    system.clock.sleep(60)
    return made


def test_an_update_keeps_a_work_order_title_set_in_buildium(system: System, buildium: Simulator, order: Any) -> None:
    buildium_id = system.sync_of(order).buildium_id or 0
    buildium.edit("workorders", buildium_id, {"Title": "Tap, kitchen"})
    system.update(order, {"vendorNotes": "Bring a washer"})
    system.work()

    shown = buildium.get("workorders", buildium_id)
    assert (shown["Title"], shown["VendorNotes"]) == ("Tap, kitchen", "Bring a washer")
    assert system.fields_of(order)["title"] == "Tap, kitchen"


def test_a_new_work_order_title_does_not_change_the_task(system: System, buildium: Simulator, order: Any) -> None:
    buildium_id = system.sync_of(order).buildium_id or 0
    system.update(order, {"title": "Tap, bath"})
    system.work()

    shown = buildium.get("workorders", buildium_id)
    assert (shown["Title"], shown["Task"]["Title"]) == ("Tap, bath", "Fix the tap")
    assert (system.fields_of(order)["title"], system.sync_of(order).status) == ("Tap, bath", Status.SYNCED)


def test_two_work_orders_of_one_task_have_separate_titles(system: System, buildium: Simulator) -> None:
    task = system.create("task", {"title": "Renovate"}).entity.ref.entity_id
    vendor = system.create("vendor", VENDOR).entity.ref.entity_id
    system.work()
    titles = ("Paint", None)
    orders = [system.create("work-order", {"vendorId": vendor, "taskId": task, "title": title}) for title in titles]
    system.work()

    ids = [system.sync_of(order).buildium_id or 0 for order in orders]
    assert [buildium.get("workorders", each)["Title"] for each in ids] == ["Paint", "Renovate"]
    assert [system.fields_of(order)["title"] for order in orders] == ["Paint", "Renovate"]


def test_an_update_keeps_the_cosigners_of_a_lease(system: System, buildium: Simulator) -> None:
    home = system.create("property", PROPERTY).entity.ref.entity_id
    address = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
    unit = system.create("unit", {"propertyId": home, "unitNumber": "2A", **address}).entity.ref.entity_id
    terms = {"leaseType": "Fixed", "leaseFromDate": "2026-01-01", "leaseToDate": "2026-12-31"}
    eva = {"firstName": "Eva", "lastName": "Lind", "phone": "5550102030", **address}
    lease = system.create("lease", {**terms, "unitId": unit, "cosigners": [eva]})
    system.work()
    buildium_id = system.sync_of(lease).buildium_id or 0
    [made] = buildium.get("leases", buildium_id)["Cosigners"]
    assert (made["FirstName"], made["Address"]["City"]) == ("Eva", PROPERTY["city"])
    system.clock.sleep(60)
    system.update(lease, {"leaseToDate": "2027-06-30"})
    system.work()

    assert system.sync_of(lease).status is Status.SYNCED
    assert buildium.get("leases", buildium_id)["Cosigners"] == [made]
    assert [each["firstName"] for each in system.fields_of(lease)["cosigners"]] == ["Eva"]


def test_a_work_order_without_a_title_follows_its_task(system: System, buildium: Simulator, order: Any) -> None:
    buildium_id = system.sync_of(order).buildium_id or 0
    task_id = buildium.get("workorders", buildium_id)["Task"]["Id"]
    buildium.edit("tasks", task_id, {"Title": "Fix both taps"})

    assert buildium.get("workorders", buildium_id)["Title"] == "Fix both taps"
