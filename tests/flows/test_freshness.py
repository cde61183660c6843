"""A change that reaches the other side is counted once, by the time that it took."""

from collections import Counter
from typing import Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.domain.duration_histogram import FRESHNESS
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.metric_counts import FRESHNESS_PREFIXES, counts_by_class
from buildium_sync.domain.pauses import Direction
from buildium_sync.reconcile.poll_state import OVERLAP_SECONDS
from tests.aws import CONTROL
from tests.flows.schedule import EVERY, Schedule
from tests.flows.system import PROPERTY, System
from tests.simulator import Simulator

ADDRESS = {"AddressLine1": "1 A St", "City": "Reno", "State": "NV", "PostalCode": "89501", "Country": "UnitedStates"}
WAITED_SECONDS = 90.0
"""Within the overlap of two polls."""
WEEKS_SECONDS = 3 * 7 * 86_400.0


@pytest.fixture
def schedule(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


@pytest.fixture
def started(schedule: Schedule) -> Schedule:
    """A schedule after its first complete poll."""
    schedule.poll()
    return schedule


def counted(system: System, direction: Direction) -> dict[int, int]:
    """Return the number of changes since the last call, by the class of their freshness."""
    found = Counter[int]()
    for numbers in system.sync.metric_counts.take().values():
        found.update(counts_by_class(numbers, FRESHNESS_PREFIXES[direction]))
    return dict(found)


def once(seconds: float) -> dict[int, int]:
    return {FRESHNESS.class_of(seconds): 1}


def task(buildium: Simulator) -> int:
    """Create a task in Buildium, and return its id."""
    return int(buildium.create("tasks", {"Title": "Fix"})["Id"])


def task_changed_earlier(buildium: Simulator, seconds: float) -> None:
    """Create a task in Buildium whose last change was `seconds` ago."""
    buildium_id = task(buildium)
    [record] = [each for each in buildium.entities.state.all("tasks") if each.id == buildium_id]
    record.updated_at -= seconds


def receive(system: System, name: str, id_field: str, buildium_id: int | None, **at: float) -> EventStatus:
    return system.inbound.process_event(system.event(name, id_field, buildium_id, **at))


def test_a_synced_version_is_counted_once_by_its_freshness(system: System, buildium: Simulator) -> None:
    system.create("property", {**PROPERTY, "operatingBankAccountId": 1})
    system.clock.sleep(WAITED_SECONDS)
    system.work()
    system.work()

    assert counted(system, Direction.OUTBOUND) == once(WAITED_SECONDS)


class TestEvents:
    def test_an_event_counts_only_if_the_local_entity_changes(self, system: System, buildium: Simulator) -> None:
        buildium_id, changed_at = task(buildium), system.clock()
        system.clock.sleep(WAITED_SECONDS)
        statuses = [receive(system, "Task.Created", "TaskId", buildium_id, at=changed_at) for _ in range(2)]

        assert statuses == [EventStatus.PROCESSED] * 2
        assert counted(system, Direction.INBOUND) == once(WAITED_SECONDS)

    def test_a_deletion_counts_as_a_change(self, system: System, buildium: Simulator) -> None:
        buildium_id = task(buildium)
        receive(system, "Task.Created", "TaskId", buildium_id)
        counted(system, Direction.INBOUND)
        buildium.delete("tasks", buildium_id)
        deleted_at = system.clock()
        system.clock.sleep(WAITED_SECONDS)
        receive(system, "Task.Deleted", "TaskId", buildium_id, at=deleted_at)

        assert counted(system, Direction.INBOUND) == once(WAITED_SECONDS)

    def test_the_echo_of_an_own_write_is_not_counted(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", {**PROPERTY, "operatingBankAccountId": 1})
        system.work()
        status = receive(system, "Rental.Created", "PropertyId", system.sync_of(kept).buildium_id)

        assert status is EventStatus.PROCESSED
        assert counted(system, Direction.INBOUND) == {}


class TestPolls:
    def test_a_polled_change_is_counted_once_across_overlapping_polls(
        self, started: Schedule, buildium: Simulator
    ) -> None:
        assert WAITED_SECONDS < OVERLAP_SECONDS
        started.clock.sleep(EVERY - WAITED_SECONDS)
        buildium_id = task(buildium)
        started.clock.sleep(WAITED_SECONDS)
        started.poll()
        assert counted(started.system, Direction.INBOUND) == once(WAITED_SECONDS)

        for _ in range(2):
            started.poll_later()
        receive(started.system, "Task.Created", "TaskId", buildium_id)
        assert counted(started.system, Direction.INBOUND) == {}

    def test_a_poll_after_weeks_counts_by_the_last_change(self, started: Schedule, buildium: Simulator) -> None:
        buildium_id = task(buildium)
        started.poll_later()
        counted(started.system, Direction.INBOUND)
        started.clock.sleep(WEEKS_SECONDS)
        buildium.edit("tasks", buildium_id, {"Title": "Paint"})
        started.clock.sleep(WAITED_SECONDS)
        started.poll()

        assert counted(started.system, Direction.INBOUND) == once(WAITED_SECONDS)

    def test_the_first_poll_counts_no_change(self, schedule: Schedule, buildium: Simulator) -> None:
        task(buildium)
        schedule.clock.sleep(WAITED_SECONDS)
        schedule.poll()

        assert len(schedule.kept("task")) == 1
        assert counted(schedule.system, Direction.INBOUND) == {}

    def test_a_change_before_the_previous_poll_is_not_counted(self, started: Schedule, buildium: Simulator) -> None:
        task_changed_earlier(buildium, 86_400.0)
        started.poll_later()

        assert len(started.kept("task")) == 1
        assert counted(started.system, Direction.INBOUND) == {}

    def test_a_change_in_a_gap_of_the_webhooks_counts(self, started: Schedule, buildium: Simulator) -> None:
        task_changed_earlier(buildium, 7200.0)
        gap: Any = {"pk": {"S": "webhooks"}, "rewindTo": {"S": format_iso(started.clock() - 86_400)}}
        started.system.dynamodb.put_item(TableName=CONTROL, Item=gap)
        started.poll_later()

        assert counted(started.system, Direction.INBOUND) == once(7200.0 + EVERY)

    def test_an_import_counts_no_change(self, started: Schedule, buildium: Simulator) -> None:
        task(buildium)
        started.import_all()

        assert len(started.kept("task")) == 1
        assert counted(started.system, Direction.INBOUND) == {}

    def test_an_own_write_that_a_poll_lists_is_not_counted(self, started: Schedule, buildium: Simulator) -> None:
        rental = int(buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})["Id"])
        started.poll_later()
        counted(started.system, Direction.INBOUND)
        own = started.system.create("task", {"title": "Own", "propertyId": rental})
        started.system.work()
        assert started.system.sync_of(own).buildium_id is not None
        started.poll_later()

        assert counted(started.system, Direction.INBOUND) == {}
