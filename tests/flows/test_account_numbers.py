"""Account numbers that a client and a person in Buildium change: Buildium returns only their last digits."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.merge import Side
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import InvalidFields
from tests.flows.schedule import Schedule
from tests.flows.system import System
from tests.flows.test_composites import EITHER_WINS, POLICIES, receive_event
from tests.flows.test_history import history
from tests.flows.test_types import CASES, PAST_THE_ECHO, known
from tests.simulator import Simulator

FIRST = "100020008899"
CLIENTS = "3000400050"
STAFFS = "999966666666"
LATERS = "555544447777"


@pytest.fixture
def winner() -> Side:
    return Side.LOCAL


@pytest.fixture
def policy(winner: Side) -> str:
    return POLICIES[winner]


def account(system: System, buildium: Simulator, *, is_imported: bool = False) -> StoredEntity:
    """Return a synced account with the first number. If it is imported, no client has set its number."""
    number = {} if is_imported else {"accountNumber": FIRST}
    kept = system.create("bank-account", {**CASES["bank-account"].body({}), **number})
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    if is_imported:
        edit(system, buildium, kept, FIRST)
        receive_event(system, kept)
    return kept


def edit(system: System, buildium: Simulator, kept: StoredEntity, number: str | None) -> None:
    """Change the number in Buildium."""
    buildium.edit("bankaccounts", known(system, kept), {"AccountNumberUnmasked": number})


def deliver_edit(system: System, buildium: Simulator, kept: StoredEntity, by: str, patch: pytest.MonkeyPatch) -> None:
    """Let an edit arrive by webhook or by poll."""
    if by == "webhook":
        receive_event(system, kept)
        return
    schedule = Schedule(system, patch)
    schedule.poll()
    schedule.poll_later()


def number_there(system: System, buildium: Simulator, kept: StoredEntity) -> Any:
    return buildium.get("bankaccounts", known(system, kept))["AccountNumberUnmasked"]


def response(system: System, kept: StoredEntity) -> dict[str, Any]:
    return system.records.read(kept.entity_type, kept.entity.ref.entity_id).to_list_item()


def assert_number(system: System, buildium: Simulator, kept: StoredEntity, number: str) -> None:
    """Assert that Buildium has this number, and that both fields of the API show its last digits."""
    assert system.sync_of(kept).status is Status.SYNCED
    shown = response(system, kept)
    ending = number[-4:]
    assert number_there(system, buildium, kept) == number
    assert (shown["accountNumber"], shown["accountNumberEnding"]) == (f"****{ending}", ending)


def assert_conflict(system: System, kept: StoredEntity, winner: Side) -> None:
    """Assert that one conflict is recorded, with no number in it or in the history."""
    [note] = system.sync_of(kept).to_response()["conflicts"]
    assert (note["field"], note["winner"], {"local", "remote"} & note.keys()) == ("accountNumber", winner, set())
    entries = history(system, kept)
    assert [entry["changes"]["accountNumber"] for entry in entries if entry["conflict"]] == ["changed"]
    assert not [number for number in (FIRST, CLIENTS, STAFFS) if number in str(entries)]


def assert_never_stored(system: System, kept: StoredEntity, number: str) -> None:
    assert number not in str(system.store.load(kept.entity.ref))


class TestConflicts:
    @EITHER_WINS
    @pytest.mark.parametrize("is_imported", [False, True])
    @pytest.mark.parametrize("has_event", [False, True])
    def test_a_number_changed_on_both_sides_is_a_conflict(
        self, system: System, buildium: Simulator, winner: Side, is_imported: bool, has_event: bool
    ) -> None:
        kept = account(system, buildium, is_imported=is_imported)
        kept = system.update(kept, {"accountNumber": CLIENTS})
        edit(system, buildium, kept, STAFFS)
        if has_event:
            receive_event(system, kept)
        system.work()

        assert_number(system, buildium, kept, CLIENTS if winner is Side.LOCAL else STAFFS)
        assert_conflict(system, kept, winner)
        assert_never_stored(system, kept, STAFFS)

    @EITHER_WINS
    def test_a_number_that_both_sides_add_is_a_conflict(
        self, system: System, buildium: Simulator, winner: Side
    ) -> None:
        kept = system.create("bank-account", CASES["bank-account"].body({}))
        system.work()
        kept = system.update(kept, {"accountNumber": CLIENTS})
        edit(system, buildium, kept, STAFFS)
        system.work()

        assert_number(system, buildium, kept, CLIENTS if winner is Side.LOCAL else STAFFS)
        assert_conflict(system, kept, winner)

    @EITHER_WINS
    @pytest.mark.parametrize("has_event", [False, True])
    def test_a_number_edited_after_a_lost_update_is_a_conflict(
        self, system: System, buildium: Simulator, winner: Side, has_event: bool
    ) -> None:
        kept = account(system, buildium)
        buildium.fault("reset_after", method="PUT", path="/bankaccounts/*")
        kept = system.update(kept, {"accountNumber": CLIENTS})
        system.work_once()
        assert number_there(system, buildium, kept) == CLIENTS
        edit(system, buildium, kept, STAFFS)
        if has_event:
            receive_event(system, kept)
        system.work()

        assert_number(system, buildium, kept, CLIENTS if winner is Side.LOCAL else STAFFS)
        assert_conflict(system, kept, winner)
        assert_never_stored(system, kept, STAFFS)

    @EITHER_WINS
    @pytest.mark.parametrize("has_event", [False, True])
    def test_a_lost_update_of_a_number_is_no_conflict(
        self, system: System, buildium: Simulator, winner: Side, has_event: bool
    ) -> None:
        kept = account(system, buildium)
        buildium.fault("reset_after", method="PUT", path="/bankaccounts/*")
        kept = system.update(kept, {"accountNumber": CLIENTS})
        system.work_once()
        if has_event:
            receive_event(system, kept)
        system.work()

        assert_number(system, buildium, kept, CLIENTS)
        assert system.sync_of(kept).to_response()["conflicts"] == []

    @EITHER_WINS
    def test_routing_and_account_number_come_from_the_same_side(
        self, system: System, buildium: Simulator, winner: Side
    ) -> None:
        kept = account(system, buildium)
        kept = system.update(kept, {"routingNumber": "021000021"})
        edit(system, buildium, kept, STAFFS)
        system.work()

        assert_number(system, buildium, kept, FIRST if winner is Side.LOCAL else STAFFS)
        routing = buildium.get("bankaccounts", known(system, kept))["RoutingNumber"]
        assert (routing == "021000021") is (winner is Side.LOCAL)
        assert {note["field"] for note in system.sync_of(kept).to_response()["conflicts"]} == {
            "accountNumber",
            "routingNumber",
        }


class TestNumberChangedInBuildium:
    @EITHER_WINS
    @pytest.mark.parametrize("by", ["webhook", "poll"])
    def test_a_number_changed_in_buildium_is_shown_and_kept(
        self, system: System, buildium: Simulator, by: str, winner: Side, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = account(system, buildium)
        edit(system, buildium, kept, LATERS)
        deliver_edit(system, buildium, kept, by, monkeypatch)
        assert_number(system, buildium, kept, LATERS)
        for name in ("Trust 2", "Trust 3"):
            system.clock.sleep(PAST_THE_ECHO)
            kept = system.update(kept, {"name": name})
            system.work()
            assert_number(system, buildium, kept, LATERS)

        assert system.sync_of(kept).to_response()["conflicts"] == []
        assert_never_stored(system, kept, LATERS)
        assert_never_stored(system, kept, FIRST)

    def test_a_number_changed_in_buildium_is_kept_by_an_update(self, system: System, buildium: Simulator) -> None:
        kept = account(system, buildium)
        edit(system, buildium, kept, LATERS)
        kept = system.update(kept, {"name": "Trust 2"})
        system.work()

        assert_number(system, buildium, kept, LATERS)
        assert buildium.get("bankaccounts", known(system, kept))["Name"] == "Trust 2"
        assert system.sync_of(kept).to_response()["conflicts"] == []

    def test_a_client_can_replace_a_number_edited_in_buildium(self, system: System, buildium: Simulator) -> None:
        kept = account(system, buildium)
        for number in (FIRST, CLIENTS):
            edit(system, buildium, kept, LATERS)
            receive_event(system, kept)
            kept = system.update(kept, {"accountNumber": number})
            system.work()
            system.clock.sleep(PAST_THE_ECHO)

            assert_number(system, buildium, kept, number)
        assert system.sync_of(kept).to_response()["conflicts"] == []

    def test_a_second_edit_of_a_number_is_shown_too(self, system: System, buildium: Simulator) -> None:
        kept = account(system, buildium)
        for number in (LATERS, STAFFS, CLIENTS):
            edit(system, buildium, kept, number)
            receive_event(system, kept)

            assert_number(system, buildium, kept, number)


class TestNumberSentBack:
    def test_a_number_from_buildium_may_be_sent_back(self, system: System, buildium: Simulator) -> None:
        kept = account(system, buildium)
        edit(system, buildium, kept, LATERS)
        receive_event(system, kept)
        kept = system.update(kept, {**response(system, kept), "name": "Trust 2"})
        system.work()

        assert_number(system, buildium, kept, LATERS)

    @pytest.mark.parametrize("value", [None, "", "****8899"])
    def test_a_number_from_buildium_cannot_be_cleared(
        self, system: System, buildium: Simulator, value: str | None
    ) -> None:
        kept = account(system, buildium)
        edit(system, buildium, kept, LATERS)
        receive_event(system, kept)

        with pytest.raises(InvalidFields) as caught:
            system.update(kept, {"accountNumber": value})

        assert [error.field for error in caught.value.errors] == ["accountNumber"]
