"""The nightly drift check, end to end in one process: what it finds, and when it deletes."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.errors import BuildiumNotFound, InboundPaused
from buildium_sync.reconcile.drift import nightly
from tests.flows.schedule import TIME, Schedule
from tests.flows.system import System
from tests.flows.test_poll import ADDRESS
from tests.harness.rounds import rounds_while
from tests.simulator import Simulator

HOUR_SECONDS = 3600.0
VENDOR = {"IsCompany": True, "Address": ADDRESS}


class Nights:
    """The schedule over days, with a nightly drift check of vendors and properties."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.clock = schedule.clock
        self.checks: list[str] = []

    def pass_hours(self, hours: float) -> None:
        """Try to start the drift check four times an hour, and run the queued jobs."""
        for _ in range(round(hours * 4)):
            self.clock.sleep(HOUR_SECONDS / 4)
            self.tick()

    def tick(self) -> None:
        if self.schedule.reconcile.nightly_drift().start_if_due():
            self.checks.append(format_iso(self.clock()))
        for _ in rounds_while(lambda: self.schedule.woken):
            self.schedule.take_job(TIME)
            self.schedule.reconcile.drift_worker(self.schedule.time_left).run()

    def pass_night(self) -> None:
        """Continue until the next drift check has ended."""
        done = len(self.checks)
        for _ in rounds_while(lambda: len(self.checks) == done):
            self.pass_hours(0.25)

    def check_now(self) -> None:
        """Run a drift check that an operator starts."""
        self.schedule.reconcile.drift_service().start(["vendor", "property"])
        self.tick()

    def reported(self) -> set[int]:
        """The Buildium ids in the report on vendors."""
        found = self.schedule.reconcile.drift_service().report("vendor", None)
        assert found["nextCursor"] is None
        return {each["buildiumId"] for each in found["items"]}

    def deleted(self) -> set[int]:
        """The Buildium ids of the locally deleted vendors."""
        found = self.schedule.kept("vendor")
        return {each.sync.buildium_id for each in found if each.entity.deleted_at and each.sync.buildium_id}


@pytest.fixture
def nights(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Nights:
    one = Nights(Schedule(system, monkeypatch))
    one.tick()
    return one


@pytest.fixture
def hidden(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The ids of the Buildium entities that neither a list nor a read shows."""
    ids = set[int]()
    client = nights.schedule.client
    page, read = client.page, client.read

    def shown_page(*arguments: Any) -> Any:
        found = page(*arguments)
        rows = [row for row in found.rows if row["Id"] not in ids]
        return type(found)(rows, found.total - len(found.rows) + len(rows))

    def shown(path: str) -> Any:
        if int(path.rpartition("/")[2]) in ids:
            raise BuildiumNotFound("no such entity", status=404)
        return read(path)

    monkeypatch.setattr(client, "page", shown_page)
    monkeypatch.setattr(client, "read", shown)
    return ids


def imported(nights: Nights, buildium: Simulator, number: int) -> list[int]:
    """Create vendors and a property in Buildium, import them, and return the vendors' ids."""
    buildium.create("rentals", {"Name": "Elm", "Address": ADDRESS})
    ids = [int(buildium.create("vendors", {**VENDOR, "CompanyName": f"V{n}"})["Id"]) for n in range(number)]
    nights.schedule.import_all("property", "vendor")
    assert len(nights.schedule.kept("vendor")) == number
    return ids


def lose(buildium: Simulator, ids: Iterable[int]) -> None:
    """Delete vendors in Buildium. Their events are lost."""
    for buildium_id in ids:
        buildium.delete("vendors", buildium_id)


def test_fifty_missed_deletions_are_found_by_the_second_night(nights: Nights, buildium: Simulator) -> None:
    ids = imported(nights, buildium, 80)
    nights.pass_night()
    # The subscription is suspended for six hours.
    for start in range(0, 50, 10):
        nights.pass_hours(1)
        lose(buildium, ids[start : start + 10])
    nights.pass_hours(1)

    nights.pass_night()
    assert nights.deleted() == set()
    assert nights.reported() == set(ids[:50])
    nights.pass_night()
    assert nights.deleted() == set(ids[:50])
    assert nights.reported() == set()
    nights.pass_night()
    assert nights.deleted() == set(ids[:50])


def test_an_entity_that_is_found_in_between_is_not_deleted(
    nights: Nights, buildium: Simulator, hidden: set[int]
) -> None:
    [one, *_] = imported(nights, buildium, 3)
    for is_hidden in (True, False, True):
        hidden.clear()
        hidden |= {one} if is_hidden else set()
        nights.pass_night()
    assert nights.deleted() == set()

    nights.pass_night()
    assert nights.deleted() == {one}, "two nights in a row"


def test_checks_in_one_night_delete_nothing(nights: Nights, buildium: Simulator) -> None:
    ids = imported(nights, buildium, 3)
    lose(buildium, ids[:1])
    nights.pass_night()
    for _ in range(3):
        nights.check_now()
        nights.clock.sleep(HOUR_SECONDS)
    assert nights.deleted() == set()


def test_frequent_checks_wait_for_a_night(nights: Nights, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = imported(nights, buildium, 3)
    vars(nights.schedule.reconcile.settings)["drift_hours"] = 4
    nights.pass_night()
    lose(buildium, ids[:1])
    for _ in range(3):
        nights.pass_night()
        assert nights.deleted() == set()
    nights.pass_night()
    assert nights.deleted() == set(ids[:1])


def test_a_manual_drift_check_does_not_interrupt_the_nights(nights: Nights, buildium: Simulator) -> None:
    ids = imported(nights, buildium, 3)
    lose(buildium, ids[:1])
    nights.pass_night()
    nights.check_now()
    nights.pass_night()
    assert nights.deleted() == set(ids[:1])


def test_another_account_deletes_nothing(nights: Nights, buildium: Simulator, hidden: set[int]) -> None:
    ids = set(imported(nights, buildium, 3))
    hidden |= {*ids, *(rental["Id"] for rental in buildium.state()["rentals"])}
    for _ in range(3):
        nights.pass_night()
    assert nights.deleted() == set()
    assert nights.reported() == ids


def test_an_entity_that_is_being_synced_is_deleted_later(nights: Nights, buildium: Simulator) -> None:
    [gone, *_] = imported(nights, buildium, 3)
    lose(buildium, [gone])
    nights.pass_night()
    store, kept = nights.schedule.system.store, nights.schedule.of("vendor", gone)
    leased = kept.sync.leased("worker", nights.clock(), nights.clock() + 30 * HOUR_SECONDS)
    store.write(store.writes.put_sync(leased))
    nights.pass_night()
    assert nights.deleted() == set()

    nights.pass_night()
    assert nights.deleted() == {gone}


def test_a_paused_inbound_sync_deletes_nothing(
    nights: Nights, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    [gone, *_] = imported(nights, buildium, 3)
    lose(buildium, [gone])
    with monkeypatch.context() as patch:
        patch.setattr(nights.schedule.reconcile.control, "check_inbound", _paused)
        nights.pass_night()
        nights.pass_night()
        assert nights.deleted() == set()

    nights.pass_night()
    assert nights.deleted() == {gone}


def _paused(_entity_type: str) -> None:
    raise InboundPaused("by an operator")


def test_an_entity_that_was_only_linked_keeps_its_link(nights: Nights, buildium: Simulator) -> None:
    [gone, *_] = imported(nights, buildium, 3)
    lose(buildium, [gone])
    store, kept = nights.schedule.system.store, nights.schedule.of("vendor", gone)
    store.write(store.writes.put_sync(replace(kept.sync, revision=kept.sync.revision + 1, base=None)))
    for _ in range(3):
        nights.pass_night()

    assert nights.deleted() == set()
    assert nights.schedule.of("vendor", gone).sync.buildium_id == gone


def test_the_nightly_check_sends_no_repair_to_buildium(nights: Nights, buildium: Simulator) -> None:
    ids = imported(nights, buildium, 2)
    buildium.create("vendors", {**VENDOR, "CompanyName": "Unknown"})
    lose(buildium, ids[:1])
    buildium.clear_requests()
    nights.pass_night()
    nights.pass_night()

    assert {exchange.method for exchange in buildium.requests()} == {"GET"}
    assert len(nights.schedule.kept("vendor")) == 2


def test_the_check_runs_once_a_day_and_not_during_an_import(nights: Nights) -> None:
    nights.pass_hours(72)
    assert len(nights.checks) == 3

    nights.schedule.begin_import("vendor")
    import_jobs = len(nights.schedule.woken)
    nights.schedule.lose_jobs()
    nights.pass_hours(24)
    assert import_jobs == 1
    assert len(nights.checks) == 3


def test_zero_hours_turn_the_check_off(nights: Nights) -> None:
    vars(nights.schedule.reconcile.settings)["drift_hours"] = 0
    nights.pass_hours(49)
    assert nights.checks == []


def test_the_check_is_off_while_sync_is_off(nights: Nights) -> None:
    vars(nights.schedule.reconcile.settings)["sync_enabled"] = False
    nights.pass_hours(49)
    assert nights.checks == []


def test_only_a_check_of_all_types_reports_its_drift(
    nights: Nights, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[float] = []
    monkeypatch.setattr(nightly, "record_metric", lambda _name, value, _unit: measured.append(value))
    nights.schedule.import_all()
    buildium.create("vendors", {**VENDOR, "CompanyName": "Unknown"})
    nights.check_now()
    assert measured == []

    nights.pass_night()
    assert measured == [1]
