"""Changes on both sides at once: echoes, missed webhooks, shifting lists and repeated creates."""

import pytest

from buildium_sync.buildium import client
from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import BUILDIUM_FIELDS, COLLECTIONS, LOCAL_FIELDS, body
from tests.faults.calls import CallOutcome
from tests.faults.convergence import converge
from tests.faults.invariants import local_entities
from tests.faults.world import World
from tests.flows.schedule import NAMES
from tests.simulator.model import Json


@pytest.mark.brief
@pytest.mark.scenario(27, "own write's webhook, before and after the call's response")
@pytest.mark.parametrize("late", [(0.0, 0.02), (3.0, 6.0)], ids=["before", "after"])
def test_the_echo_of_a_write_causes_no_call(world: World, late: tuple[float, float]) -> None:
    world.buildium.webhook_sender.late = late
    ref = world.create("properties", body("property", "Echo", {}))
    world.run(30)
    world.update(ref, {"name": "Echo of an update"})
    world.run(30)

    assert (world.buildium.count("POST"), world.buildium.count("PUT")) == (1, 1)
    assert world.buildium.count("GET", f"/v1/rentals/{world.buildium_id(ref)}") == 1, "the update's own"
    assert [each.entity_type for each in local_entities(world)].count("property") == 1
    converge(world)


@pytest.mark.scenario(28, "subscription suspended for six hours")
def test_polling_applies_missed_edits_of_every_type(world: World) -> None:
    ids: dict[str, str] = {}
    refs = {}
    for name, collection in COLLECTIONS.items():
        refs[name] = world.create(collection, body(name, f"A {name}", ids))
        ids[name] = refs[name].entity_id
    world.run(120)
    assert {world.sync_of(ref).status for ref in refs.values()} == {Status.SYNCED}

    world.buildium.webhook_sender.loss_probability = 1.0
    world.schedule_seconds = 3600.0
    for name, field in BUILDIUM_FIELDS.items():
        world.run(6 * 3600 / len(BUILDIUM_FIELDS))
        world.buildium.edit(NAMES[name], world.buildium_id(refs[name]), {field: f"Remote {name}"})
    world.schedule_seconds = 60.0

    converge(world)
    for name, field in LOCAL_FIELDS.items():
        kept = world.entities.load(refs[name])
        assert kept is not None
        assert kept.entity.fields[field] == f"Remote {name}"


@pytest.mark.scenario(29, "pages shift during a poll")
def test_a_shifting_list_is_read_completely(world: World) -> None:
    world.patch.setattr(client, "PAGE_SIZE", 5)
    place = {"AddressLine1": "1 Main St", "City": "Reno", "State": "NV", "PostalCode": "89501"}
    made = [
        world.buildium.create("rentals", {"Name": f"Remote {n}", "Address": {**place, "Country": "UnitedStates"}})
        for n in range(14)
    ]
    world.run(90)
    world.buildium.webhook_sender.loss_probability = 1.0

    def shift(_response: Json) -> None:
        world.buildium.webhook_sender.loss_probability = 0.0
        world.buildium.delete("rentals", made[0]["Id"])
        world.buildium.webhook_sender.loss_probability = 1.0
        world.buildium.edit("rentals", made[1]["Id"], {"Name": "Moved"})
        world.buildium.edit("rentals", made[13]["Id"], {"Name": "Moved too"})
        world.buildium.create("rentals", {"Name": "New", "Address": {**place, "Country": "UnitedStates"}})

    for each in made:
        world.buildium.edit("rentals", each["Id"], {"Reserve": 100.0})
    world.buildium.on_commit("GET", "/v1/rentals", shift)

    converge(world)
    properties = [each for ref, each in local_entities(world).items() if ref.entity_type == "property"]
    assert len(properties) == 15
    assert [each.entity.deleted_at is not None for each in properties].count(True) == 1


@pytest.mark.brief
@pytest.mark.scenario(34, "Idempotency-Key on creates")
def test_a_create_repeated_under_its_key_makes_one_entity(world: World) -> None:
    key = {"Idempotency-Key": "create-1", "Prefer": "respond-async"}
    sent = body("property", "Once", {})
    # The function ends after it stored the entity, so the client does not know.
    world.inject(CallOutcome.KILLED_AFTER, "TransactWriteItems", "", "api")
    assert world.request("POST", "/api/properties", sent, key).status == 502

    replies = [world.send("POST", "/api/properties", sent, key) for _ in range(5)]
    world.run(120)
    replies.append(world.request("POST", "/api/properties", sent, key))

    assert replies[-1].status == 201
    assert {reply.ref for reply in replies if reply.status == 201} == {replies[-1].ref}
    assert world.request("POST", "/api/properties", body("property", "Other", {}), key).status == 422
    converge(world)
    assert world.buildium.count("POST", "/v1/rentals") == 1
