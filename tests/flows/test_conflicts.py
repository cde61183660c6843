"""Both sides changed a field since they last agreed: one wins by the policy, and no value is lost."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.observability import metrics
from tests.clocks import VirtualClock
from tests.flows.system import PROPERTY, System
from tests.flows.test_history import PAST_THE_ECHO, history, receive_event, rental_id
from tests.flows.test_outbound import LEASE
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BEFORE, OURS, THEIRS = PROPERTY["name"], "Ours", "Theirs"


@pytest.fixture
def buildium_wins(
    dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> System:
    return System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_CONFLICT_POLICY="local,property=buildium")


def both_rename(system: System, buildium: Simulator, more: dict[str, Any] | None = None) -> StoredEntity:
    """Return a property with two concurrent new names: a local one, then one in Buildium. No event was received.

    Version 2 is the create's response with the bank account.
    """
    kept = system.create("property", PROPERTY)
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    metrics.clear_metrics()
    kept = system.update(kept, {"name": OURS, **(more or {})})
    system.clock.sleep(1)
    buildium.edit("rentals", rental_id(system, kept), {"Name": THEIRS})
    return kept


def names(system: System, buildium: Simulator, kept: StoredEntity) -> tuple[str, str]:
    """Return the local name and Buildium's."""
    return system.fields_of(kept)["name"], buildium.get("rentals", rental_id(system, kept))["Name"]


def conflicts(system: System, kept: StoredEntity) -> list[dict[str, Any]]:
    return [{**note, "at": None} for note in system.sync_of(kept).to_response()["conflicts"]]


def counted(capsys: pytest.CaptureFixture[str]) -> float:
    metrics.flush_metrics()
    return float(sum(json.loads(capsys.readouterr().out.splitlines()[-1]).get("SyncConflict", [0])))


def note(winner: str, version: int) -> dict[str, Any]:
    return {"field": "name", "local": OURS, "remote": THEIRS, "winner": winner, "version": version, "at": None}


def overwritten(system: System, kept: StoredEntity, old: str, new: str) -> list[list[str]]:
    """Return the conflicts in the history in which one name replaced another."""
    return [
        entry["conflict"] for entry in history(system, kept) if entry["changes"].get("name") == {"old": old, "new": new}
    ]


class TestLocalWins:
    def test_local_wins_by_default_and_history_keeps_buildiums_value(
        self, system: System, buildium: Simulator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = both_rename(system, buildium)
        system.work()

        assert names(system, buildium, kept) == (OURS, OURS)
        assert overwritten(system, kept, THEIRS, OURS) == [["name"]]
        assert overwritten(system, kept, BEFORE, OURS) == [[]]
        assert conflicts(system, kept) == [note("local", 3)]
        assert (system.sync_of(kept).status, counted(capsys)) == (Status.SYNCED, 1)

    def test_a_rejected_overwrite_is_not_in_the_history(self, system: System, buildium: Simulator) -> None:
        kept = both_rename(system, buildium)
        buildium.fault("status", method="PUT", path="/rentals/*", status=422)
        system.work()

        assert names(system, buildium, kept) == (OURS, THEIRS)
        assert overwritten(system, kept, THEIRS, OURS) == []
        assert conflicts(system, kept) == []
        assert system.sync_of(kept).status is Status.FAILED

        system.retry.retry_one(kept.entity.ref)
        system.work()
        assert overwritten(system, kept, THEIRS, OURS) == [["name"]]
        assert conflicts(system, kept) == [note("local", 3)]

    def test_an_overwrite_with_a_lost_response_stays_in_the_history(self, system: System, buildium: Simulator) -> None:
        kept = both_rename(system, buildium)
        buildium.fault("reset_after", method="PUT", path="/rentals/*")
        system.work()

        assert names(system, buildium, kept) == (OURS, OURS)
        assert overwritten(system, kept, THEIRS, OURS) == [["name"]]

    def test_local_wins_by_default_when_the_webhook_comes_first(
        self, system: System, buildium: Simulator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = both_rename(system, buildium)
        buildium.edit("rentals", rental_id(system, kept), {"StructureDescription": "Brick"})
        receive_event(system, kept)
        system.work()

        assert names(system, buildium, kept) == (OURS, OURS)
        assert system.fields_of(kept)["structureDescription"] == "Brick"
        assert overwritten(system, kept, THEIRS, OURS) == [["name"]]
        assert conflicts(system, kept) == [note("local", 4)]
        assert counted(capsys) == 1


class TestBuildiumWins:
    def test_buildium_wins_by_policy_and_history_keeps_the_local_value(
        self, buildium_wins: System, buildium: Simulator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = both_rename(buildium_wins, buildium)
        buildium_wins.work()

        assert names(buildium_wins, buildium, kept) == (THEIRS, THEIRS)
        assert overwritten(buildium_wins, kept, OURS, THEIRS) == [["name"]]
        assert conflicts(buildium_wins, kept) == [note("remote", 4)]
        assert (buildium_wins.sync_of(kept).status, counted(capsys)) == (Status.SYNCED, 1)
        assert buildium_wins.calls("PUT") == 0

    def test_buildium_wins_by_policy_when_the_webhook_comes_first(
        self, buildium_wins: System, buildium: Simulator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = both_rename(buildium_wins, buildium, {"structureDescription": "Brick"})
        receive_event(buildium_wins, kept)
        buildium_wins.work()

        assert names(buildium_wins, buildium, kept) == (THEIRS, THEIRS)
        assert buildium.get("rentals", rental_id(buildium_wins, kept))["StructureDescription"] == "Brick"
        assert overwritten(buildium_wins, kept, OURS, THEIRS) == [["name"]]
        assert conflicts(buildium_wins, kept) == [note("remote", 4)]
        assert counted(capsys) == 1

    @pytest.mark.parametrize("policy", ["owner=buildium"])
    def test_a_policy_for_one_type_affects_no_other_type(self, system: System, buildium: Simulator) -> None:
        kept = both_rename(system, buildium)
        system.work()

        assert names(system, buildium, kept) == (OURS, OURS)

    def test_a_concurrent_edit_keeps_the_conflict_that_buildium_won(
        self, buildium_wins: System, buildium: Simulator
    ) -> None:
        kept = both_rename(buildium_wins, buildium, {"structureDescription": "Brick"})

        outcome = buildium_wins.during(
            "/v1/rentals", lambda: buildium_wins.update(kept, {"addressLine2": "Floor 2"}), "PUT"
        )
        buildium_wins.work()

        assert isinstance(outcome[0], StoredEntity)
        rental = buildium.get("rentals", rental_id(buildium_wins, kept))
        assert names(buildium_wins, buildium, kept) == (THEIRS, THEIRS)
        assert (rental["Address"]["AddressLine2"], rental["StructureDescription"]) == ("Floor 2", "Brick")
        assert overwritten(buildium_wins, kept, OURS, THEIRS) == [["name"]]
        assert conflicts(buildium_wins, kept) == [note("remote", 5)]


class TestRecordedOnce:
    def test_a_conflict_with_a_lost_response_is_recorded_once(
        self, system: System, buildium: Simulator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = both_rename(system, buildium)
        # The next attempt finds the local value in Buildium, so there is no conflict.
        buildium.fault("reset_after", method="PUT", path="/rentals/*")
        system.work()

        assert names(system, buildium, kept) == (OURS, OURS)
        assert overwritten(system, kept, THEIRS, OURS) == [["name"]]
        assert (conflicts(system, kept), counted(capsys)) == ([note("local", 3)], 1)

    def test_a_conflict_found_again_is_recorded_once(
        self, system: System, buildium: Simulator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = both_rename(system, buildium)
        buildium.fault("status", method="PUT", status=503, times=2)
        system.work()

        assert names(system, buildium, kept) == (OURS, OURS)
        assert overwritten(system, kept, THEIRS, OURS) == [["name"]]
        assert (conflicts(system, kept), counted(capsys)) == ([note("local", 3)], 1)


class TestNoConflict:
    def test_an_edit_after_a_lost_create_wins_under_any_policy(
        self, buildium_wins: System, buildium: Simulator
    ) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = buildium_wins.create("property", PROPERTY)
        buildium_wins.work_once()
        buildium_wins.update(kept, {"name": OURS})
        buildium_wins.clock.sleep(LEASE)
        buildium_wins.work()

        assert names(buildium_wins, buildium, kept) == (OURS, OURS)

    def test_edits_of_different_fields_are_no_conflict(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit("rentals", rental_id(system, kept), {"IsActive": False})
        system.update(kept, {"name": OURS})
        system.work()

        assert system.fields_of(kept)["status"] == "Inactive"
        assert conflicts(system, kept) == []
