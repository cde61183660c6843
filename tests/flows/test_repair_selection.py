"""A repair writes the selected entities and no other: neither locally nor in Buildium."""

from typing import Any

import pytest

from buildium_sync.api.request_bodies import RepairRequest
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite, DriftReportReplaced
from buildium_sync.outbound.manual_retry import SyncRetrier
from buildium_sync.reconcile.drift.comparison_service import ComparisonService
from buildium_sync.reconcile.drift.selection import RepairSelection, key
from tests.flows.schedule import Schedule
from tests.flows.system import System
from tests.flows.test_drift import DriftOf, agreed, rejected, synced
from tests.flows.test_import import THEIRS, writes
from tests.flows.test_poll import ADDRESS
from tests.simulator import Simulator


@pytest.fixture
def drift(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> DriftOf:
    return DriftOf(Schedule(system, monkeypatch))


def chosen(*entries: dict[str, Any]) -> RepairSelection:
    return RepairSelection.of(None, map(key, entries))


def revisions(drift: DriftOf) -> dict[str, tuple[int, int]]:
    """The versions of all properties and of their sync records."""
    return {each.entity.ref.pk: (each.entity.version, each.sync.revision) for each in drift.schedule.kept("property")}


def edited(drift: DriftOf, buildium: Simulator, count: int) -> list[StoredEntity]:
    """Properties that were edited in Buildium, without an event."""
    kept = [agreed(drift, name=f"Elm {number}") for number in range(count)]
    for each in kept:
        buildium_id = drift.schedule.system.sync_of(each).buildium_id
        assert buildium_id
        buildium.edit("rentals", buildium_id, {"Name": f"Edited {buildium_id}"})
    return kept


class TestSelectedEntities:
    def test_a_repair_of_two_of_five_writes_no_other(self, drift: DriftOf, buildium: Simulator) -> None:
        edited(drift, buildium, 5)
        entries = drift.compare("property")["items"]
        before, requests = revisions(drift), len(buildium.requests())
        progress = drift.repair(selection=chosen(entries[1], entries[3]))

        repaired = {f"property#{entries[number]['entityId']}" for number in (1, 3)}
        assert (len(entries), progress["planned"], progress["done"], progress["failed"]) == (5, 2, 2, 0)
        assert {pk for pk, revision in revisions(drift).items() if revision != before[pk]} == repaired
        assert {exchange.method for exchange in buildium.requests()[requests:]} == {"GET"}
        assert {each["entityId"] for each in drift.compare("property")["items"]} == {
            entries[number]["entityId"] for number in (0, 2, 4)
        }

    def test_a_selected_stranger_is_created_locally_alone(self, drift: DriftOf, buildium: Simulator) -> None:
        for number in range(3):
            buildium.create("rentals", {"Name": f"R{number}", "Address": ADDRESS})
        entries = drift.compare("property")["items"]
        drift.repair(selection=chosen(entries[1]))

        assert [each.sync.buildium_id for each in drift.schedule.kept("property")] == [entries[1]["buildiumId"]]
        assert [each["name"] for each in entries] == ["R0", "R1", "R2"]

    def test_an_ambiguous_match_is_not_linked_by_a_selection(self, drift: DriftOf, buildium: Simulator) -> None:
        doubtful = rejected(drift, buildium)
        for _ in range(2):
            buildium.create("rentals", THEIRS)
        [first, _] = drift.compare("property")["items"]
        drift.repair(selection=chosen(first))

        sync = drift.schedule.system.sync_of(doubtful)
        assert (sync.status, sync.buildium_id, len(sync.candidates)) == (Status.NEEDS_REVIEW, None, 2)

    def test_an_unselected_match_is_left_alone(self, drift: DriftOf, buildium: Simulator) -> None:
        waiting = rejected(drift, buildium)
        buildium.create("rentals", THEIRS)
        buildium.create("rentals", {"Name": "Another", "Address": ADDRESS})
        entries = drift.compare("property")["items"]
        [stranger] = [each for each in entries if not each["candidates"]]
        drift.repair(selection=chosen(stranger))

        assert drift.schedule.system.sync_of(waiting).status is Status.FAILED

    def test_the_followers_of_a_selected_entity_are_not_written(self, drift: DriftOf, buildium: Simulator) -> None:
        system = drift.schedule.system
        system.create("vendor", {"isCompany": True, "companyName": "Pipes Ltd"})
        task = system.create("task", {"title": "Fix the tap"})
        system.work()
        [vendor] = drift.schedule.kept("vendor")
        references = {"vendorId": vendor.entity.ref.entity_id, "taskId": task.entity.ref.entity_id}
        order = system.create("work-order", references)
        system.work()
        drift.schedule.import_all()
        buildium.edit("tasks", system.sync_of(task).buildium_id or 0, {"Title": "Fix the roof"})
        entries = drift.compare("task", "work-order")["items"]
        drift.repair(selection=chosen(*(each for each in entries if each["entityType"] == "task")))

        assert system.fields_of(task)["title"] == "Fix the roof"
        assert system.fields_of(order)["title"] == "Fix the tap"
        assert {each["entityType"] for each in entries} == {"task", "work-order"}


class TestDirections:
    def test_an_inbound_repair_writes_nothing_in_buildium(self, drift: DriftOf, buildium: Simulator) -> None:
        [kept] = edited(drift, buildium, 1)
        waiting = rejected(drift, buildium)
        drift.compare("property")
        requests = len(buildium.requests())
        progress = drift.repair(selection=RepairSelection.of("inbound", None))
        drift.schedule.system.work()

        assert (progress["planned"], progress["done"]) == (1, 1)
        assert drift.schedule.system.fields_of(kept)["name"].startswith("Edited")
        assert drift.schedule.system.sync_of(waiting).status is Status.FAILED
        assert {exchange.method for exchange in buildium.requests()[requests:]} == {"GET"}

    def test_an_outbound_repair_changes_no_local_entity(self, drift: DriftOf, buildium: Simulator) -> None:
        [kept] = edited(drift, buildium, 1)
        waiting = rejected(drift, buildium)
        drift.compare("property")
        progress = drift.repair(selection=RepairSelection.of("outbound", None))
        drift.schedule.system.work()

        assert (progress["planned"], progress["done"], progress["queued"]) == (1, 1, 1)
        assert drift.schedule.system.fields_of(kept)["name"] == "Elm 0"
        assert drift.schedule.system.sync_of(waiting).status is Status.SYNCED

    def test_a_sync_that_is_not_queued_is_not_done(
        self, drift: DriftOf, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rejected(drift, buildium)
        drift.compare("property")

        def conflict(*_: object) -> None:
            raise ConcurrentWrite("the record changed")

        monkeypatch.setattr(SyncRetrier, "_reset", conflict)
        progress = drift.repair(selection=RepairSelection.of("outbound", None))

        assert (progress["done"], progress["queued"], progress["failed"]) == (0, 0, 1)
        assert "retry again" in progress["errors"][0]["error"]

    def test_a_link_that_writes_in_buildium_is_in_no_direction(self, drift: DriftOf, buildium: Simulator) -> None:
        waiting = rejected(drift, buildium)
        buildium.create("rentals", {**THEIRS, "YearBuilt": 1950})
        [entry] = drift.compare("property")["items"]
        assert [(each["target"], each["action"]) for each in entry["writes"]] == [
            ("local", "link"),
            ("remote", "update"),
        ]
        assert [each["fields"] for each in entry["writes"]] == [
            ["operatingBankAccountId", "yearBuilt"],
            ["addressLine1"],
        ]

        for direction in ("inbound", "outbound"):
            assert drift.repair(selection=RepairSelection.of(direction, None))["planned"] == 0
        assert drift.schedule.system.sync_of(waiting).status is Status.FAILED

        drift.repair(selection=chosen(entry))
        drift.schedule.system.work()
        assert drift.schedule.system.fields_of(waiting)["yearBuilt"] == 1950
        [rental] = buildium.state()["rentals"]
        assert rental["Address"]["AddressLine1"] == "123 Main St"


class TestValues:
    def test_an_entity_of_one_side_shows_all_its_values(self, drift: DriftOf, buildium: Simulator) -> None:
        rejected(drift, buildium)
        buildium.create("rentals", {"Name": "Another", "Address": ADDRESS})
        found = drift.compare("property")["items"]
        values = {
            each["kind"]: {row["field"]: (row["local"], row["remote"]) for row in each["fields"]} for each in found
        }

        assert values["localOnly"]["name"] == ("Sunset Apartments", None)
        assert values["remoteOnly"]["name"] == (None, "Another")
        assert values["remoteOnly"]["city"] == (None, "Reno")

    def test_a_deleted_entity_shows_its_values(self, drift: DriftOf, buildium: Simulator) -> None:
        kept = agreed(drift)
        buildium.delete("rentals", drift.schedule.system.sync_of(kept).buildium_id or 0)
        [entry] = drift.compare("property")["items"]

        assert [each["action"] for each in entry["writes"]] == ["delete"]
        assert {"field": "name", "local": "Sunset Apartments", "remote": None} in entry["fields"]


class TestOneEntity:
    @pytest.fixture
    def comparisons(self, drift: DriftOf) -> ComparisonService:
        return drift.schedule.system.api.comparisons

    def test_one_entity_is_compared_and_repaired_alone(
        self, drift: DriftOf, buildium: Simulator, comparisons: ComparisonService
    ) -> None:
        first, second = edited(drift, buildium, 2)
        report, ref = drift.compare("property"), first.entity.ref
        buildium.clear_requests()
        found = drift.compare_one(ref)
        assert (found["status"], found["entry"]["fields"][0]["field"]) == ("done", "name")
        assert [exchange.path for exchange in buildium.requests()] == [f"/v1/rentals/{found['entry']['buildiumId']}"]
        assert drift.report()["items"] == report["items"], "the last drift report stays"

        with pytest.raises(DriftReportReplaced):
            comparisons.repairable(ref, "2020-01-01T00:00:00.000Z")
        drift.drifts.repair_one(*comparisons.repairable(ref, found["startedAt"]))
        drift.run_repair()
        assert drift.schedule.system.fields_of(first)["name"].startswith("Edited")
        assert drift.schedule.system.fields_of(second)["name"] == "Elm 1"
        assert drift.compare_one(ref)["entry"] is None

    def test_an_entity_without_buildium_id_is_local_only(self, drift: DriftOf, buildium: Simulator) -> None:
        kept = rejected(drift, buildium)

        assert drift.compare_one(kept.entity.ref)["entry"]["kind"] == "localOnly"

    def test_an_outage_is_the_result_of_a_comparison(self, drift: DriftOf, buildium: Simulator) -> None:
        kept = synced(drift)
        buildium.fault("status", "GET", "/rentals/1001", status=503, times=20)
        found = drift.compare_one(kept.entity.ref)

        assert (found["status"], found["entry"]) == ("failed", None)
        assert "503" in found["error"]

    def test_a_dry_run_of_one_entity_lists_its_writes(self, drift: DriftOf, buildium: Simulator) -> None:
        [kept] = edited(drift, buildium, 1)
        drift.compare_one(kept.entity.ref)
        seen = writes(drift.schedule)
        request: RepairRequest = {"dryRun": True, "entityType": "property", "entityId": kept.entity.ref.entity_id}
        planned = drift.schedule.system.api.repairs.run(request)

        assert (planned["planned"], planned["items"][0]["name"], seen) == (1, "Elm 0", [])
