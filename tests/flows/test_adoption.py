"""After a lost create: adopt only what the create made, and never create twice."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.buildium.list_tail import newest_id, rows_after
from buildium_sync.domain.create_intent import AutoCreatedUnit
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name, listed_types
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.store.queues import SyncMessage
from tests.aws import CONTROL, ENTITIES
from tests.faults.bodies import body
from tests.flows.schedule import NAMES as PLURALS
from tests.flows.schedule import Schedule
from tests.flows.system import SETTLING, System
from tests.simulator import Simulator

NAMES = [entity_type.name for entity_type in listed_types() if not entity_type.is_read_only]
EDITS = [
    ("property", {"Address": {"AddressLine1": "77 Pine Street", "PostalCode": "90001", "Country": "UnitedStates"}}),
    ("property", {"Name": "Renamed there"}),
    ("property", {"StructureDescription": "Brick"}),
    ("unit", {"UnitNumber": "9Z"}),
    ("unit", {"Description": "Corner"}),
    ("owner", {"LastName": "Married"}),
    ("owner", {"Email": "new@example.com"}),
    ("owner", {"Comment": "Call first"}),
    ("vendor", {"PrimaryEmail": "new@example.com"}),
    ("vendor", {"CompanyName": "Renamed there"}),
    ("task", {"DueDate": "2027-01-31"}),
    ("task", {"Title": "Renamed there"}),
    ("work-order", {"VendorNotes": "Ring twice"}),
    ("work-order", {"WorkDetails": "Other work"}),
    ("bill", {"DueDate": "2026-03-31"}),
    ("bill", {"Memo": "Changed there"}),
    ("bank-account", {"Name": "Renamed there"}),
    ("bank-account", {"Description": "Changed there"}),
    ("lease", {"LeaseToDate": "2027-06-30"}),
    ("lease", {"LeaseFromDate": "2026-02-01"}),
    ("tenant", {"LastName": "Married"}),
    ("tenant", {"Email": "new@example.com"}),
    ("tenant", {"Comment": "Call first"}),
]
LOST = [("reset_after", {}), ("error_after", {"status": 503}), ("garbage_after", {}), ("delay_after", {"seconds": 4})]


@pytest.fixture
def schedule(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


def parents(system: System) -> dict[str, str]:
    """Create an entity of every type that others refer to. The property's first unit claims the auto-created unit."""
    ids: dict[str, str] = {}
    for name in ("property", "unit", "vendor", "task", "lease"):
        ids[name] = system.create(name, body(name, f"Parent {name}", ids)).entity.ref.entity_id
        system.work()
    return ids


def lose(system: System, buildium: Simulator, name: str, kind: str = "reset_after", **options: Any) -> StoredEntity:
    """Create an entity; Buildium applies the create, and its response is lost."""
    ids = parents(system)
    buildium.fault(kind, method="POST", path=by_name(name).create_path(), **options)
    kept = system.create(name, body(name, f"Lost {name}", ids))
    system.work_once()
    assert system.sync_of(kept).status is Status.PENDING
    return kept


def lose_and_edit(system: System, buildium: Simulator, name: str, edit: dict[str, Any]) -> tuple[StoredEntity, int]:
    """Lose the response to a create, then edit the created entity in Buildium. Returns both ids."""
    kept = lose(system, buildium, name)
    made = int(newest(buildium, name)["Id"])
    buildium.edit(PLURALS[name], made, edit)
    return kept, made


def newest(buildium: Simulator, name: str) -> dict[str, Any]:
    return max(buildium.state()[PLURALS[name]], key=lambda each: int(each["Id"]))


def count(buildium: Simulator, name: str) -> int:
    return len(buildium.state()[PLURALS[name]])


def unlink(system: System, kept: StoredEntity) -> int:
    """Delete a local entity and its link, so that only Buildium has it. Returns its Buildium id."""
    buildium_id = system.sync_of(kept).buildium_id
    assert buildium_id is not None
    ref = kept.entity.ref
    for pk in (ref.pk, f"buildium#{ref.entity_type}#{buildium_id}"):
        found = system.dynamodb.query(
            TableName=ENTITIES, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}}
        )
        for item in found["Items"]:
            system.dynamodb.delete_item(TableName=ENTITIES, Key={"pk": item["pk"], "sk": item["sk"]})
    return buildium_id


def locals_of(system: System, name: str) -> list[EntityRef]:
    entities, _ = system.store.page(name, limit=100, cursor=None)
    return [entity.ref for entity in entities]


def _created(system: System, name: str, fields: dict[str, Any]) -> StoredEntity:
    kept = system.create(name, fields)
    message = system.queue.take_latest()
    system.outbound.sync(message)
    return kept


def _be_killed(system: System, kept: StoredEntity) -> None:
    """Process an entity, and end before its Buildium id is saved."""

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttemptRecorder, "record_success", killed)
        with pytest.raises(KeyboardInterrupt):
            system.outbound.sync(SyncMessage.of(kept.sync))
    system.queue.clear()


class TestAdoption:
    @pytest.mark.parametrize(("kind", "options"), LOST)
    @pytest.mark.parametrize("name", NAMES)
    def test_an_unedited_lost_create_is_adopted(
        self, name: str, kind: str, options: dict[str, Any], system: System, buildium: Simulator
    ) -> None:
        kept = lose(system, buildium, name, kind, **options)
        made = newest(buildium, name)["Id"]
        before = count(buildium, name)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.buildium_id) == (Status.SYNCED, made)
        assert count(buildium, name) == before

    def test_each_of_two_equal_lost_creates_adopts_one(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/tasks/todorequests", times=2)
        pair = [system.create("task", {"title": "Check the boiler"}) for _ in range(2)]
        system.work()

        ids = {system.sync_of(kept).buildium_id for kept in pair}
        assert ids == {task["Id"] for task in buildium.state()["tasks"]}
        assert len(ids) == 2

    def test_an_edit_after_the_adoption_started_is_merged(self, system: System, buildium: Simulator) -> None:
        kept = lose(system, buildium, "property")
        made = newest(buildium, "property")["Id"]
        system.update(kept, {"yearBuilt": 1999})
        edit = {"StructureDescription": "Brick"}
        system.during(f"/v1/rentals/{made}", lambda: buildium.edit("rentals", made, edit), "PUT")
        system.work()

        assert buildium.get("rentals", made)["YearBuilt"] == 1999
        assert system.sync_of(kept).buildium_id == made

    def test_rows_after_an_id_are_found_in_a_long_list(self, system: System, buildium: Simulator) -> None:
        client = system.writer._client
        for number in range(25):
            buildium.create("vendors", {"CompanyName": f"V{number}", "IsCompany": True})
        ids = sorted(vendor["Id"] for vendor in buildium.state()["vendors"])
        client._page_divisor = 100

        assert newest_id(client, "/vendors", {}) == ids[-1]
        assert [row["Id"] for row in rows_after(client, "/vendors", {}, ids[20])] == ids[21:]
        assert rows_after(client, "/vendors", {}, ids[-1]) == []
        assert [row["Id"] for row in rows_after(client, "/vendors", {}, 0)] == ids

    def test_an_event_with_an_unknown_id_prevents_no_adoption(self, system: System, buildium: Simulator) -> None:
        system.inbound.process_event(system.event("Vendor.Updated", "VendorId", 900_000))
        kept = lose(system, buildium, "vendor")
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.buildium_id) == (Status.SYNCED, newest(buildium, "vendor")["Id"])
        assert len([each for each in buildium.state()["vendors"] if each["CompanyName"] == "Lost vendor"]) == 1

    def test_a_lost_create_of_an_inactive_property_is_adopted(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = system.create("property", {**body("property", "Lost", {}), "status": "Inactive"})
        system.work()

        [rental] = buildium.state()["rentals"]
        record = system.sync_of(kept)
        assert (record.status, record.buildium_id) == (Status.SYNCED, rental["Id"])
        assert rental["IsActive"] is False


class TestLookalikes:
    @pytest.mark.parametrize("name", [name for name in NAMES if name != "unit"])
    def test_an_older_lookalike_is_never_adopted(self, name: str, system: System, buildium: Simulator) -> None:
        ids = parents(system)
        older = system.create(name, body(name, "Alike", ids))
        system.work()
        existing = unlink(system, older)
        before = buildium.get(PLURALS[name], existing)
        buildium.fault("status", method="POST", path=by_name(name).create_path(), status=503)
        kept = system.create(name, body(name, "Alike", ids))
        system.work()

        record = system.sync_of(kept)
        assert record.status is Status.SYNCED
        assert record.buildium_id not in (None, existing)
        assert buildium.get(PLURALS[name], existing) == before

    def test_a_lookalike_is_never_adopted_without_a_stored_highest_id(
        self, system: System, buildium: Simulator
    ) -> None:
        existing = system.create("vendor", body("vendor", "Alike", {}))
        system.work()
        buildium_id = unlink(system, existing)
        system.dynamodb.delete_item(TableName=CONTROL, Key={"pk": {"S": "highest-ids"}})
        system.highest_ids._seen.clear()
        system.highest_ids._stored.clear()
        buildium.fault("status", method="POST", path="/vendors", status=503)
        kept = system.create("vendor", body("vendor", "Alike", {}))
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.buildium_id != buildium_id) == (Status.SYNCED, True)
        assert count(buildium, "vendor") == 2


class TestReview:
    @pytest.mark.parametrize(("name", "edit"), EDITS)
    def test_an_edited_lost_create_is_reviewed_and_not_created_twice(
        self, name: str, edit: dict[str, Any], system: System, buildium: Simulator
    ) -> None:
        kept, made = lose_and_edit(system, buildium, name, edit)
        before = count(buildium, name)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.candidates) == (Status.NEEDS_REVIEW, [made])
        assert [each["buildiumId"] for each in record.candidate_details] == [made]
        assert count(buildium, name) == before

    @pytest.mark.parametrize(("name", "edit"), EDITS)
    def test_an_edit_made_before_the_review_is_kept(
        self, name: str, edit: dict[str, Any], system: System, buildium: Simulator, schedule: Schedule
    ) -> None:
        kept, made = lose_and_edit(system, buildium, name, edit)
        after = buildium.get(PLURALS[name], made)
        system.work()
        schedule.review.decide(kept.entity.ref, made)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.buildium_id) == (Status.SYNCED, made)
        shown = buildium.get(PLURALS[name], made)
        assert {key: shown[key] for key in edit} == {key: after[key] for key in edit}

    @pytest.mark.parametrize(("name", "edit"), EDITS)
    def test_an_import_creates_no_local_entity_for_a_candidate(
        self, name: str, edit: dict[str, Any], system: System, buildium: Simulator, schedule: Schedule
    ) -> None:
        kept, made = lose_and_edit(system, buildium, name, edit)
        system.work()
        schedule.import_all(name)

        assert system.sync_of(kept).status is Status.NEEDS_REVIEW
        assert system.store.local_ids([(name, made)]) == {}

    def test_a_candidate_not_chosen_is_created_locally(
        self, system: System, buildium: Simulator, schedule: Schedule
    ) -> None:
        kept = lose(system, buildium, "vendor")
        made = newest(buildium, "vendor")["Id"]
        buildium.edit("vendors", made, {"PrimaryEmail": "new@example.com"})
        schedule.poll()
        system.work()
        assert system.store.local_ids([("vendor", made)]) == {}
        schedule.review.decide(kept.entity.ref, None)
        system.work()
        schedule.poll_later()

        assert system.sync_of(kept).buildium_id not in (None, made)
        assert system.store.local_ids([("vendor", made)]) != {}

    def test_an_unrelated_entity_is_created_locally_after_the_review(
        self, system: System, buildium: Simulator, schedule: Schedule
    ) -> None:
        ids = parents(system)
        buildium.fault("reset_before", method="POST", path="/rentals/units")
        kept = system.create("unit", body("unit", "2A", ids))
        system.work_once()
        property_id = system.store.sync_record(EntityRef("property", ids["property"]))
        assert property_id is not None
        place = {"AddressLine1": "1 Main St", "PostalCode": "90001", "Country": "UnitedStates"}
        other = buildium.create("units", {"PropertyId": property_id.buildium_id, "UnitNumber": "7", "Address": place})
        schedule.poll()
        system.work()
        assert system.store.local_ids([("unit", other["Id"])]) == {}
        schedule.review.decide(kept.entity.ref, None)
        system.work()
        schedule.poll_later()

        assert system.sync_of(kept).status is Status.SYNCED
        assert system.store.local_ids([("unit", other["Id"])]) != {}


class TestCandidates:
    def test_an_unrelated_entity_is_no_candidate(self, system: System, buildium: Simulator) -> None:
        ids = parents(system)
        other = body("owner", "Else", ids) | {
            "firstName": "Ann",
            "primaryEmail": "ann@example.com",
            "primaryPhone": "5559998877",
            "primaryAddressLine1": "1 Elm St",
        }
        buildium.fault("reset_before", method="POST", path="/rentals/owners")
        kept = system.create("owner", body("owner", "Lost", ids))
        system.work_once()
        unlink(system, _created(system, "owner", other))
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert count(buildium, "owner") == 2

    def test_an_entity_of_another_open_create_is_no_candidate(self, system: System, buildium: Simulator) -> None:
        ids = parents(system)
        buildium.fault("reset_after", method="POST", path="/rentals/units")
        buildium.fault("reset_before", method="POST", path="/rentals/units")
        pair = [system.create("unit", body("unit", number, ids)) for number in ("2A", "2B")]
        system.work()

        assert [system.sync_of(kept).status for kept in pair] == [Status.SYNCED, Status.SYNCED]
        assert sorted(unit["UnitNumber"] for unit in buildium.state()["units"]) == ["2A", "2B", "Parent unit"]


class TestAutoCreatedUnits:
    @pytest.mark.parametrize("kind", ["reset_after", "error_after"])
    def test_an_adopted_propertys_first_unit_claims_the_auto_created_unit(
        self, kind: str, system: System, buildium: Simulator
    ) -> None:
        buildium.fault(kind, method="POST", path="/rentals")
        property_ = system.create("property", body("property", "Lost", {}))
        unit = system.create("unit", body("unit", "U1", {"property": property_.entity.ref.entity_id}))
        system.work()

        [only] = buildium.state()["units"]
        assert (only["UnitNumber"], system.sync_of(unit).buildium_id) == ("U1", only["Id"])

    def test_a_reviewed_propertys_first_unit_claims_the_auto_created_unit(
        self, system: System, buildium: Simulator, schedule: Schedule
    ) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        property_ = system.create("property", body("property", "Lost", {}))
        unit = system.create("unit", body("unit", "U1", {"property": property_.entity.ref.entity_id}))
        system.work_once()
        made = newest(buildium, "property")["Id"]
        buildium.edit("rentals", made, {"Name": "Renamed there"})
        system.work()
        schedule.review.decide(property_.entity.ref, made)
        system.work()

        [only] = buildium.state()["units"]
        assert (only["UnitNumber"], system.sync_of(unit).buildium_id) == ("U1", only["Id"])

    def test_an_auto_created_unit_waits_for_a_killed_property_create(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", body("property", "Lost", {}))
        unit = system.create("unit", body("unit", "U1", {"property": property_.entity.ref.entity_id}))
        _be_killed(system, property_)
        system.clock.sleep(200)
        auto_created = buildium.state()["units"][0]["Id"]
        event = system.event("RentalUnit.Created", "UnitId", auto_created)
        assert system.inbound.process_event(event) is EventStatus.IGNORED
        system.queue.send(SyncMessage.of(system.sync_of(property_)))
        system.queue.send(SyncMessage.of(system.sync_of(unit)))
        system.work()

        assert system.inbound.process_event(event) in (EventStatus.PROCESSED, EventStatus.IGNORED)
        assert [each["UnitNumber"] for each in buildium.state()["units"]] == ["U1"]
        assert len(locals_of(system, "unit")) == 1

    def test_a_deleted_auto_created_unit_is_replaced(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        property_ = system.create("property", body("property", "Lost", {}))
        system.work()
        buildium.delete("units", buildium.state()["units"][0]["Id"])
        unit = system.create("unit", body("unit", "U1", {"property": property_.entity.ref.entity_id}))
        system.work()
        system.clock.sleep(SETTLING)
        system.queue.send(SyncMessage.of(system.sync_of(unit)))
        system.work()

        assert [each["UnitNumber"] for each in buildium.state()["units"]] == ["U1"]

    def test_an_auto_created_units_id_is_stored_once_found(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        property_ = system.create("property", body("property", "Lost", {}))
        system.work()
        [unit] = buildium.state()["units"]
        ref = property_.entity.ref
        assert system.store.auto_created_unit(ref, "unit") == AutoCreatedUnit(None, system.clock())

        found = system.auto_created.of(ref, "unit")

        assert found is not None
        assert found.buildium_id == unit["Id"]
        assert system.store.auto_created_unit(ref, "unit") == found
