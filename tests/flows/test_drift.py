"""The drift check and its repair, end to end in one process."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.buildium import client as client_module
from buildium_sync.domain.entity import EntityRef, Origin
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name, listed_types
from buildium_sync.errors import MalformedRequest, NoDriftReport, NotFound
from buildium_sync.reconcile.drift import entry_chunks
from buildium_sync.reconcile.drift.comparison import differing
from buildium_sync.reconcile.drift.repair_worker import RepairWorker
from buildium_sync.reconcile.drift.selection import RepairSelection
from buildium_sync.reconcile.drift.worker import DriftWorker
from buildium_sync.reconcile.jobs import time_budget
from tests.flows.schedule import NAMES, TIME, Schedule
from tests.flows.system import OWNER, PROPERTY, System
from tests.flows.test_import import THEIRS, writes
from tests.flows.test_poll import ADDRESS, EDITS, account
from tests.harness.rounds import read_all, rounds_while
from tests.simulator import Simulator

TYPES = {each.name: each for each in listed_types()}


class DriftOf:
    """A drift check and a repair, slice by slice, as the reconcile function runs them."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.drifts = schedule.reconcile.drift_service()
        self._comparison = schedule.reconcile.drift_worker(schedule.time_left)
        self._compare_one = schedule.reconcile.comparison_worker(schedule.time_left)
        self._repair = schedule.reconcile.repair_worker(schedule.time_left)

    def _run(self, worker: DriftWorker | RepairWorker, seconds: float) -> None:
        for _ in rounds_while(lambda: self.schedule.woken):
            self.schedule.take_job(seconds)
            worker.run()

    def compare(self, *names: str, seconds: float = TIME) -> dict[str, Any]:
        """Check these types, or all, and return the report with all its entries."""
        self.drifts.start(names or list(TYPES))
        self._run(self._comparison, seconds)
        return self.report()

    def report(self, entity_type: str | None = None) -> dict[str, Any]:
        def page(cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
            found = self.drifts.report(entity_type, cursor)
            return found["items"], found["nextCursor"]

        return {**self.drifts.report(entity_type, None), "items": read_all(page)}

    def planned(self) -> list[dict[str, Any]]:
        """The result of a dry run."""
        return list(self.drifts.planned(None, None)["items"])

    def repair(self, seconds: float = TIME, selection: RepairSelection = RepairSelection()) -> dict[str, Any]:  # noqa: B008 -- immutable
        """Make the planned writes, all or the selected ones, and return the progress."""
        self.drifts.repair(None, selection)
        self.run_repair(seconds)
        return dict(self.drifts.report(None, None)["repair"])

    def run_repair(self, seconds: float = TIME) -> None:
        """Run the repair that was started."""
        self._run(self._repair, seconds)

    def run_slice_of_repair(self) -> None:
        """Run one slice of the repair that was started."""
        self.schedule.take_job(TIME)
        self._repair.run()

    def compare_one(self, ref: EntityRef) -> dict[str, Any]:
        """Compare one entity on its own and return the result."""
        comparisons = self.schedule.system.api.comparisons
        comparisons.start(ref)
        self.schedule.take_job(TIME)
        self._compare_one.run(ref)
        return comparisons.read(ref)


@pytest.fixture
def drift(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> DriftOf:
    return DriftOf(Schedule(system, monkeypatch))


def synced(drift: DriftOf, **fields: Any) -> StoredEntity:
    kept = drift.schedule.system.create("property", {**PROPERTY, **fields})
    drift.schedule.system.work()
    return kept


def agreed(drift: DriftOf, **fields: Any) -> StoredEntity:
    """A property that is equal on both sides, with Buildium's default bank account."""
    kept = synced(drift, **fields)
    drift.schedule.import_all("bank-account", "property")
    return kept


def rejected(drift: DriftOf, buildium: Simulator) -> StoredEntity:
    buildium.fault("status", "POST", "/rentals", status=422)
    kept = synced(drift)
    assert drift.schedule.system.sync_of(kept).status is Status.FAILED
    return kept


class TestDriftCheck:
    def test_a_drift_check_of_equal_sides_reports_and_writes_nothing(self, drift: DriftOf, buildium: Simulator) -> None:
        account(buildium)
        drift.schedule.import_all()
        seen = writes(drift.schedule)
        buildium.clear_requests()
        found = drift.compare()

        assert (found["drift"]["status"], found["items"], seen) == ("done", [], [])
        assert {name: (each["local"], each["remote"]) for name, each in found["drift"]["types"].items()} == {
            name: (len(drift.schedule.kept(name)), len(buildium.state()[plural])) for name, plural in NAMES.items()
        }
        assert {exchange.method for exchange in buildium.requests()} == {"GET"}

    def test_pending_and_blocked_entities_are_reported_without_writes(self, drift: DriftOf) -> None:
        system = drift.schedule.system
        system.create("owner", OWNER)
        system.work()
        pending = system.create("property", PROPERTY)
        found = drift.compare("owner", "property")["items"]

        assert [(each["syncStatus"], each["writes"]) for each in found] == [("blocked", []), ("pending", [])]
        assert all(each["note"] for each in found)
        assert system.sync_of(pending).status is Status.PENDING

    def test_an_entity_missing_from_a_list_is_no_drift(
        self, drift: DriftOf, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        agreed(drift)
        page = drift.schedule.client.page

        def hiding(*arguments: Any) -> Any:
            found = page(*arguments)
            return type(found)([], 0)

        monkeypatch.setattr(drift.schedule.client, "page", hiding)
        assert drift.compare("property")["items"] == []

    def test_an_auto_created_unit_is_reported_and_not_repaired(self, drift: DriftOf) -> None:
        synced(drift)
        [entry] = drift.compare("unit")["items"]

        assert (entry["kind"], entry["writes"]) == ("remoteOnly", [])
        assert "first matching local entity" in entry["note"]
        drift.repair()
        assert drift.schedule.kept("unit") == []

    def test_a_row_in_two_lists_is_reported_once(
        self, drift: DriftOf, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})
        monkeypatch.setattr(type(by_name("property")), "full_lists", lambda *_: ({}, {}))
        found = drift.compare("property")

        assert (len(found["items"]), found["drift"]["types"]["property"]["remote"]) == (1, 1)

    def test_a_differing_secret_is_not_shown(self, drift: DriftOf) -> None:
        entity_type = by_name("bank-account")
        ours, theirs = (dict.fromkeys(entity_type.secret_fields, number) for number in ("123456789", "987654321"))
        shown = differing(entity_type, ours, theirs)

        assert {each["field"] for each in shown} == entity_type.secret_fields
        assert "123456789" not in str(shown)
        assert "987654321" not in str(shown)

    def test_only_checked_types_have_a_drift_report(self, drift: DriftOf, buildium: Simulator) -> None:
        buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})
        drift.compare("property", "vendor")

        assert len(drift.report("property")["items"]) == 1
        assert drift.report("vendor")["items"] == []
        with pytest.raises(NotFound):
            drift.report("owner")
        with pytest.raises(MalformedRequest):
            drift.drifts.report(None, "eyJyZXBvcnQiOiAib3RoZXIiLCAicGFydCI6IDB9")


class TestRepair:
    @pytest.mark.parametrize("name", sorted(NAMES.keys() - {"lease-transaction"}))
    def test_an_edit_without_an_event_is_found_and_repaired(
        self, name: str, drift: DriftOf, buildium: Simulator
    ) -> None:
        buildium_id = account(buildium)[name]
        drift.schedule.import_all()
        message, field, value = EDITS[name]
        buildium.edit(NAMES[name], buildium_id, message)
        [entry] = drift.compare(name)["items"]

        differing = {each["field"]: each["remote"] for each in entry["fields"]}
        assert (entry["kind"], entry["buildiumId"], differing[field]) == ("different", buildium_id, value)
        assert [write["target"] for write in entry["writes"]] == ["local"]
        assert field in entry["writes"][0]["fields"]

        assert drift.repair()["done"] == 1
        assert drift.schedule.of(name, buildium_id).entity.fields[field] == value
        assert drift.compare(name)["items"] == []

    def test_repair_replaces_a_buildium_id_by_the_local_reference(self, drift: DriftOf, buildium: Simulator) -> None:
        buildium_ids = account(buildium)
        drift.schedule.import_all("unit")
        assert drift.schedule.of("unit", buildium_ids["unit"]).entity.fields["propertyId"] == buildium_ids["property"]
        drift.schedule.import_all("property")
        found = drift.compare("unit")["items"]

        assert buildium_ids["unit"] in {entry["buildiumId"] for entry in found}
        assert {each["field"] for entry in found for each in entry["fields"]} == {"propertyId"}
        assert drift.repair()["done"] == len(found)
        kept = drift.schedule.of("property", buildium_ids["property"])
        assert drift.schedule.of("unit", buildium_ids["unit"]).entity.fields["propertyId"] == kept.entity.ref.entity_id

    def test_a_rejected_create_is_local_only_and_repair_retries_it(self, drift: DriftOf, buildium: Simulator) -> None:
        kept = rejected(drift, buildium)
        [entry] = drift.compare("property")["items"]

        assert (entry["kind"], entry["entityId"], entry["syncStatus"]) == (
            "localOnly",
            kept.entity.ref.entity_id,
            "failed",
        )
        assert entry["writes"] == [{"target": "remote", "action": "create", "fields": []}]
        assert "422" in entry["note"]
        drift.repair()
        drift.schedule.system.work()
        assert drift.schedule.system.sync_of(kept).status is Status.SYNCED
        assert drift.schedule.system.queue.dead_lettered == []

    def test_repair_soft_deletes_what_is_deleted_in_buildium(self, drift: DriftOf, buildium: Simulator) -> None:
        gone, there = agreed(drift), agreed(drift, name="Stays")
        buildium.delete("rentals", 1001)
        found = drift.compare("property")["items"]
        assert [(each["kind"], each["entityId"], each["writes"][0]["action"]) for each in found] == [
            ("localOnly", gone.entity.ref.entity_id, "delete")
        ]

        drift.repair()
        records = drift.schedule.system.records
        assert records.read(by_name("property"), gone.entity.ref.entity_id).entity.deleted_at
        assert not records.read(by_name("property"), there.entity.ref.entity_id).entity.deleted_at

    def test_repair_links_single_matches_and_reviews_ambiguous_ones(self, drift: DriftOf, buildium: Simulator) -> None:
        sure = rejected(drift, buildium)
        theirs = buildium.create("rentals", THEIRS)["Id"]
        doubtful_at = {**PROPERTY, "name": "Twin"}
        buildium.fault("status", "POST", "/rentals", status=422)
        doubtful = synced(drift, name="Twin")
        for _ in range(2):
            buildium.create("rentals", {**THEIRS, "Name": doubtful_at["name"]})
        found = drift.compare("property")["items"]

        assert [each["kind"] for each in found] == ["remoteOnly"] * 3
        assert {tuple(each["candidates"]) for each in found} == {
            (sure.entity.ref.entity_id,),
            (doubtful.entity.ref.entity_id,),
        }
        assert {each["writes"][0]["action"] for each in found} == {"link"}
        progress = drift.repair()
        assert [progress[name] for name in ("planned", "done", "needsReview", "failed")] == [3, 1, 2, 0]
        drift.schedule.system.work()
        system = drift.schedule.system
        assert (system.sync_of(sure).buildium_id, system.sync_of(sure).status) == (theirs, Status.SYNCED)
        assert system.sync_of(doubtful).status is Status.NEEDS_REVIEW
        assert [each["fields"]["name"] for each in system.sync_of(doubtful).candidate_details] == ["Twin", "Twin"]
        assert len(buildium.state()["rentals"]) == 3


class TestDryRun:
    def test_a_dry_run_lists_the_repairs_writes_without_writing(self, drift: DriftOf, buildium: Simulator) -> None:
        kept = synced(drift)
        buildium.edit("rentals", 1001, {"Name": "Edited there"})
        stranger = buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})["Id"]
        drift.compare("property")
        seen = writes(drift.schedule)
        planned = drift.planned()

        assert seen == []
        assert {(each["buildiumId"], each["writes"][0]["action"]) for each in planned} == {
            (1001, "update"),
            (stranger, "create"),
        }
        assert drift.repair() | {"startedAt": "", "finishedAt": ""} == {
            "status": "done",
            "startedAt": "",
            "finishedAt": "",
            "planned": 2,
            "done": 2,
            "queued": 0,
            "failed": 0,
            "needsReview": 0,
            "errors": [],
        }
        assert drift.schedule.system.fields_of(kept)["name"] == "Edited there"
        assert drift.schedule.of("property", stranger).entity.origin is Origin.BUILDIUM


class TestChangesBeforeRepair:
    def test_repair_uses_the_current_state_and_not_the_report(self, drift: DriftOf, buildium: Simulator) -> None:
        stranger = buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})["Id"]
        drift.compare("property")
        drift.schedule.import_all("property")
        drift.repair()

        assert len(drift.schedule.kept("property")) == 1
        assert drift.schedule.of("property", stranger).entity.version == 1

    def test_repair_duplicates_no_entity_created_after_the_drift_check(
        self, drift: DriftOf, buildium: Simulator
    ) -> None:
        buildium.create("rentals", THEIRS)
        drift.compare("property")
        rejected(drift, buildium)
        drift.repair()

        assert len(drift.schedule.kept("property")) == 1

    def test_repair_requires_a_finished_drift_check(self, drift: DriftOf) -> None:
        with pytest.raises(NoDriftReport):
            drift.drifts.repair(None)
        drift.drifts.start(["property"])
        with pytest.raises(NoDriftReport):
            drift.drifts.planned(None, None)


class TestSlices:
    def test_drift_check_and_repair_run_in_several_slices(
        self, drift: DriftOf, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "PAGE_SIZE", 10)
        monkeypatch.setattr(entry_chunks, "MAX_CHUNK_BYTES", 500)
        for number in range(35):
            buildium.create("rentals", {"Name": f"R{number}", "Address": ADDRESS})
        # Little more than the time reserved for writing: it ends after one page.
        found = drift.compare("property", seconds=10.5)

        assert len({each["buildiumId"] for each in found["items"]}) == len(found["items"]) == 35
        assert found["drift"]["types"]["property"]["remoteOnly"] == 35
        assert drift.repair(seconds=11)["done"] == 35
        assert len(drift.schedule.kept("property")) == 35
        assert drift.compare("property")["items"] == []

    def test_a_later_slice_reads_no_listed_entity_again(
        self, drift: DriftOf, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(20):
            buildium.create("rentals", {"Name": f"R{number}", "Address": ADDRESS})
        drift.schedule.import_all("property")
        monkeypatch.setattr(client_module, "PAGE_SIZE", 10)
        monkeypatch.setattr(time_budget, "BATCH_SIZE", 4)
        store, clock = drift.schedule.system.store, drift.schedule.clock
        load_all = store.load_all

        def slowly(refs: Any) -> Any:
            clock.sleep(5)
            return load_all(refs)

        monkeypatch.setattr(store, "load_all", slowly)
        buildium.clear_requests()
        found = drift.compare("property", seconds=17)

        assert (found["items"], found["drift"]["types"]["property"]["local"]) == ([], 20)
        assert {exchange.path for exchange in buildium.requests()} == {"/v1/rentals"}

    def test_a_stalled_drift_check_is_queued_again_and_never_restarted(self, drift: DriftOf) -> None:
        first = drift.drifts.start(["property"])
        assert drift.drifts.start(["owner"]) == first
        drift.drifts.resume()
        assert drift.schedule.woken == [0], "its message is on its way"

        drift.schedule.lose_jobs()
        drift.schedule.clock.sleep(200)
        drift.drifts.resume()
        assert drift.schedule.woken == [0]


class TestBuildiumUnavailable:
    def test_a_rejected_list_fails_only_its_own_type(self, drift: DriftOf, buildium: Simulator) -> None:
        buildium.fault("status", "GET", "/rentals/owners", status=403)
        found = drift.compare("owner", "vendor")["drift"]

        assert (found["status"], found["types"]["vendor"]["state"]) == ("done", "done")
        assert found["types"]["owner"]["state"] == "failed"
        assert "403" in found["types"]["owner"]["error"]

    def test_a_drift_check_waits_for_an_outage_to_end(self, drift: DriftOf, buildium: Simulator) -> None:
        buildium.fault("status", "GET", "/vendors", status=503)
        assert drift.compare("vendor")["drift"]["types"]["vendor"]["state"] == "done"
