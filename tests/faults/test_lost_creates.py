"""Lost creates while people work in Buildium: adopt only what the create made, and never create twice."""

from collections.abc import Callable
from typing import Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import ALL_COLLECTIONS, BUILDIUM_FIELDS, COLLECTIONS, body
from tests.faults.calls import CallOutcome
from tests.faults.convergence import converge
from tests.faults.invariants import local_entities
from tests.faults.lease_operations import (
    BUILDIUM_TYPES,
    ENTRY_COLLECTIONS,
    create_pattern,
    created_id,
    edit,
    payload,
    records,
)
from tests.faults.world import World
from tests.flows.ledger_bodies import income_account
from tests.simulator import faults
from tests.simulator.model import Json

EDITS: dict[str, Json] = {
    **{name: {field: "Edited there"} for name, field in BUILDIUM_FIELDS.items()},
    "lease": {"LeaseToDate": "2027-06-30"},
    **{name: {"Date": "2026-01-20"} for name in (*ENTRY_COLLECTIONS, "lease-payment-reversal")},
    "lease-rent-schedule": {"RentCycle": "Weekly"},
    "lease-renewal": {"LeaseToDate": "2031-06-30"},
    "lease-move-out": {"MoveOutDate": "2026-06-30"},
}
ADDRESS = {
    "AddressLine1": "123 Main St",
    "City": "Los Angeles",
    "State": "CA",
    "PostalCode": "90001",
    "Country": "UnitedStates",
}


def reset(world: World, name: str) -> None:
    world.buildium.fault(faults.RESET_AFTER, "POST", create_pattern(name))


def kill(world: World, name: str) -> None:
    world.inject(CallOutcome.KILLED_AFTER, "POST", f"/v1{create_pattern(name)}")


LOSSES: dict[str, Callable[[World, str], None]] = {"response lost": reset, "worker killed": kill}


PARENTS = {"lease-payment-reversal": "lease-payment", "lease-renewal": "tenant", "lease-move-out": "tenant"}
"""The type that only these types refer to."""


def parents(world: World, child: str = "") -> dict[str, str]:
    """Create an entity of every type that others refer to, or that the type `child` refers to."""
    income_account(world.buildium)
    ids: dict[str, str] = {}
    for name in ("property", "unit", "vendor", "task", "lease", *([PARENTS[child]] if child in PARENTS else [])):
        ids[name] = world.create(ALL_COLLECTIONS[name], body(name, f"Parent {name}", ids)).entity_id
        world.run(20)
    if "lease-payment" in ids:
        deposit(world, EntityRef("lease-payment", ids["lease-payment"]))
    return ids


def deposit(world: World, payment: EntityRef) -> None:
    """Have a person deposit a payment: only a deposited one can be reversed."""
    world.buildium.deposit(world.buildium_id(payment))


def edit_created(world: World, name: str, response: Any, fields: Json) -> None:
    """Have a person edit the entity that the response to a create contains."""
    edit(world.buildium, name, created_id(name, response) or 0, fields)


def newest(world: World, name: str) -> int:
    """Return the Buildium id of the newest entity of a type."""
    return max(records(world.buildium, name))


def create_lookalike(world: World, name: str, ids: dict[str, str]) -> int:
    """Have a person create an entity with the same name and address. Returns its Buildium id."""
    if name == "property":
        fields: Json = {
            "Name": "Smithson",
            "Address": ADDRESS,
            "OperatingBankAccountId": 1,
            "StructureDescription": "Old",
        }
    else:
        property_id = world.buildium_id(EntityRef("property", ids["property"]))
        fields = {
            "FirstName": "Jane",
            "LastName": "Smithson",
            "Email": "jane@example.com",
            "Address": {**ADDRESS, "AddressLine1": "9 Oak Ave", "PostalCode": "90002"},
            "Comment": "Another person",
            "PropertyIds": [property_id],
        }
    return int(world.buildium.create(BUILDIUM_TYPES[name], fields)["Id"])


class TestCandidates:
    @pytest.mark.scenario(36, "edited in Buildium between a lost response and the search")
    @pytest.mark.parametrize("how", LOSSES)
    @pytest.mark.parametrize("name", ALL_COLLECTIONS)
    def test_an_edited_lost_create_needs_a_review(self, world: World, name: str, how: str) -> None:
        ids = parents(world, name)
        LOSSES[how](world, name)
        path = f"/v1{create_pattern(name)}"
        world.buildium.on_commit("POST", path, lambda made: edit_created(world, name, made, EDITS[name]))
        sent = world.buildium.count("POST", path)

        ref = world.create(ALL_COLLECTIONS[name], body(name, "Lost", ids))

        converge(world)
        made = newest(world, name)
        sync = world.sync_of(ref)
        assert (sync.status, sync.candidates) == (Status.NEEDS_REVIEW, [made])
        assert world.buildium.count("POST", path) == sent + 1
        decision = {"entityType": name, "entityId": ref.entity_id, "buildiumId": made}
        assert world.request("POST", "/api/buildium/review", decision).status == 200
        converge(world)
        after = payload(world.buildium, name, made)
        assert {key: after[key] for key in EDITS[name]} == EDITS[name], "the edit is kept"

    @pytest.mark.scenario(37, "lookalike in Buildium, create not applied")
    @pytest.mark.parametrize(
        ("name", "known"),
        [
            ("property", "by webhook"),
            ("property", "by poll"),
            ("owner", "by webhook"),
            ("owner", "by poll"),
            # The first create of a type reads the highest id, even if the poll has stored one.
            ("owner", "unknown"),
        ],
    )
    def test_an_older_lookalike_is_not_changed(self, world: World, name: str, known: str) -> None:
        ids = parents(world)
        world.buildium.webhook_sender.loss_probability = 0.0 if known == "by webhook" else 1.0
        world.schedule_runs = known != "unknown"
        lookalike = create_lookalike(world, name, ids)
        world.run(400)
        before = world.buildium.get(BUILDIUM_TYPES[name], lookalike)
        world.buildium.fault(faults.STATUS, "POST", create_pattern(name), status=503)

        ref = world.create(COLLECTIONS[name], body(name, "Smithson", ids))

        converge(world)
        assert world.sync_of(ref).status is Status.SYNCED
        assert world.buildium_id(ref) != lookalike
        assert world.buildium.get(BUILDIUM_TYPES[name], lookalike) == before

    @pytest.mark.scenario(40, "candidate of a lost create not chosen")
    def test_a_candidate_not_chosen_is_created_locally(self, world: World) -> None:
        reset(world, "vendor")
        world.buildium.on_commit(
            "POST", "/v1/vendors", lambda made: edit_created(world, "vendor", made, {"CompanyName": "Other"})
        )
        ref = world.create("vendors", body("vendor", "Lost", {}))
        converge(world)
        made = newest(world, "vendor")

        decision: dict[str, Any] = {"entityType": "vendor", "entityId": ref.entity_id, "buildiumId": None}
        assert world.request("POST", "/api/buildium/review", decision).status == 200
        world.run(1200)

        converge(world)
        assert world.buildium_id(ref) != made
        assert world.entities.local_ids([("vendor", made)]), "the entity that was not chosen"


class TestAdoption:
    @pytest.mark.scenario(39, "equal creates, all responses lost")
    @pytest.mark.parametrize("how", LOSSES)
    def test_equal_lost_creates_adopt_one_entity_each(self, world: World, how: str) -> None:
        for _ in range(3):
            LOSSES[how](world, "task")

        refs = [world.create("tasks", {"title": "Check the boiler"}) for _ in range(3)]

        converge(world)
        assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}
        assert len({world.buildium_id(ref) for ref in refs}) == 3
        assert len(world.buildium.entities.state.all("tasks")) == 3

    @pytest.mark.scenario(43, "amounts that binary fractions cannot hold, response lost")
    @pytest.mark.parametrize("how", LOSSES)
    def test_a_lost_create_of_a_bill_is_found_by_amounts(self, world: World, how: str) -> None:
        ids = parents(world)
        LOSSES[how](world, "bill")
        amounts = [0.29, 1.15, 2.67, 1234567.89, 0.1, 0.2, -0.07]
        lines = [{"accountingEntityId": ids["property"], "amount": amount} for amount in amounts]

        ref = world.create("bills", {**body("bill", "Cents", ids), "lines": lines})

        converge(world)
        assert world.sync_of(ref).status is Status.SYNCED
        assert world.buildium.count("POST", "/v1/bills") == 1
        [bill] = world.buildium.entities.state.all("bills")
        assert [line["Amount"] for line in world.buildium.get("bills", bill.id)["Lines"]] == amounts


class TestAutoCreatedUnits:
    @pytest.mark.brief
    @pytest.mark.scenario(38, "killed before a property's id is saved, with webhooks and a first unit")
    @pytest.mark.parametrize("how", LOSSES)
    def test_the_first_unit_claims_the_auto_created_unit_despite_losses(self, world: World, how: str) -> None:
        LOSSES[how](world, "property")

        property_ = world.create("properties", body("property", "Lost", {}))
        unit = world.create("units", body("unit", "U1", {"property": property_.entity_id}))

        converge(world)
        [only] = world.buildium.entities.state.all("units")
        assert (world.sync_of(unit).status, world.buildium_id(unit)) == (Status.SYNCED, only.id)
        assert [ref for ref in local_entities(world) if ref.entity_type == "unit"] == [unit]

    @pytest.mark.scenario(44, "auto-created unit deleted before the first unit")
    @pytest.mark.parametrize("lost", [0.0, 1.0], ids=["webhook comes", "webhook lost"])
    @pytest.mark.parametrize("response", [True, False], ids=["property known", "property's response lost"])
    def test_the_first_unit_replaces_a_deleted_auto_created_unit(
        self, world: World, lost: float, response: bool
    ) -> None:
        if not response:
            reset(world, "property")
        property_ = world.create("properties", body("property", "Emptied", {}))
        world.run(200)
        world.buildium.webhook_sender.loss_probability = lost
        for unit in world.buildium.entities.state.all("units"):
            world.buildium.delete("units", unit.id)

        ref = world.create("units", body("unit", "U1", {"property": property_.entity_id}))

        converge(world)
        [only] = world.buildium.entities.state.all("units")
        assert (world.sync_of(ref).status, world.buildium_id(ref)) == (Status.SYNCED, only.id)
