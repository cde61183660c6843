"""Buildium applied an update, but its response was lost: a client's later change counts from what was sent."""

from collections.abc import Callable

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from tests.flows.system import PROPERTY, System
from tests.flows.test_conflicts import BEFORE, buildium_wins, names
from tests.flows.test_history import PAST_THE_ECHO, receive_event, rental_id
from tests.flows.test_outbound import LEASE
from tests.flows.test_status import Killed
from tests.simulator import Simulator

__all__ = ["buildium_wins"]
SENT = "Sent"


def synced(system: System) -> StoredEntity:
    kept = system.create("property", PROPERTY)
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    return kept


def lose_update(system: System, buildium: Simulator, kept: StoredEntity) -> StoredEntity:
    """Change the name, and lose the response to the update that Buildium applies."""
    buildium.fault("reset_after", method="PUT", path="/rentals/*")
    changed = system.update(kept, {"name": SENT})
    system.work_once()
    assert names(system, buildium, kept) == (SENT, SENT)
    assert not system.sync_of(kept).is_synced
    return changed


def be_killed_after_update(system: System, buildium: Simulator, kept: StoredEntity) -> StoredEntity:
    """Change the name, and end the worker before it records the update that Buildium has applied."""

    def killed(*_arguments: object) -> None:
        raise Killed

    changed = system.update(kept, {"name": SENT})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttemptRecorder, "record_success", killed)
        with pytest.raises(Killed):
            system.work_once()
    assert names(system, buildium, kept) == (SENT, SENT)
    return changed


@pytest.mark.parametrize("lose", [lose_update, be_killed_after_update])
def test_a_change_back_after_a_lost_update_reaches_buildium(
    lose: Callable[[System, Simulator, StoredEntity], StoredEntity], system: System, buildium: Simulator
) -> None:
    changed = lose(system, buildium, synced(system))
    system.update(changed, {"name": BEFORE})
    system.clock.sleep(LEASE)
    system.work()

    assert names(system, buildium, changed) == (BEFORE, BEFORE)
    assert system.sync_of(changed).sent_updates == []


def test_an_event_of_a_lost_update_keeps_a_change_back(system: System, buildium: Simulator) -> None:
    changed = lose_update(system, buildium, synced(system))
    system.update(changed, {"name": BEFORE})
    receive_event(system, changed)
    system.work()

    assert names(system, buildium, changed) == (BEFORE, BEFORE)


def test_a_change_back_after_several_lost_updates_reaches_buildium(system: System, buildium: Simulator) -> None:
    changed = lose_update(system, buildium, synced(system))
    buildium.fault("reset_before", method="PUT", path="/rentals/*")
    changed = system.update(changed, {"name": "Not applied"})
    system.clock.sleep(LEASE)
    system.work_once()
    system.update(changed, {"name": BEFORE})
    system.clock.sleep(LEASE)
    system.work()

    assert names(system, buildium, changed) == (BEFORE, BEFORE)


def test_a_change_after_a_lost_update_is_no_conflict(buildium_wins: System, buildium: Simulator) -> None:
    changed = lose_update(buildium_wins, buildium, synced(buildium_wins))
    buildium_wins.update(changed, {"name": "Later"})
    buildium_wins.clock.sleep(LEASE)
    buildium_wins.work()

    assert names(buildium_wins, buildium, changed) == ("Later", "Later")
    assert buildium_wins.sync_of(changed).to_response()["conflicts"] == []


def test_a_change_back_after_an_adoption_reaches_buildium(system: System, buildium: Simulator) -> None:
    buildium.fault("reset_after", method="POST", path="/rentals")
    kept = system.create("property", PROPERTY)
    system.work_once()
    system.clock.sleep(LEASE)
    changed = lose_update(system, buildium, kept)
    system.update(changed, {"name": BEFORE})
    system.clock.sleep(LEASE)
    system.work()

    assert names(system, buildium, changed) == (BEFORE, BEFORE)


def test_a_buildium_edit_after_a_rejected_update_is_kept(system: System, buildium: Simulator) -> None:
    buildium.fault("status", method="PUT", path="/rentals/*", status=422)
    kept = synced(system)
    changed = system.update(kept, {"name": SENT})
    system.work()
    system.update(changed, {"name": BEFORE})
    buildium.edit("rentals", rental_id(system, kept), {"Name": SENT})
    system.work()

    assert names(system, buildium, kept) == (SENT, SENT)
