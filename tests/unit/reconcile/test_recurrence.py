from typing import TYPE_CHECKING

import pytest

from buildium_sync.reconcile.recurrence import Recurrence, Recurring
from buildium_sync.store.jobs import JobStore
from tests.aws import CONTROL
from tests.clocks import VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOUR = 3600
DAILY = Recurrence("daily", every_hours=24, at_hour=8)


class Work:
    """Recurring work on moto's table. `ran` are the times of its runs, in hours since the start."""

    def __init__(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        self.clock = clock
        self.start = clock()
        self.ran: list[int] = []
        self.recurring = Recurring(JobStore(dynamodb, CONTROL), clock)

    def run_for(self, hours: int, recurrence: Recurrence = DAILY) -> None:
        """Try once an hour."""
        for _ in range(hours):
            self.clock.sleep(HOUR)
            self.recurring.run_if_due(recurrence, self._run)

    def _run(self) -> bool:
        self.ran.append(round((self.clock() - self.start) / HOUR))
        return True


@pytest.fixture
def work(dynamodb: "DynamoDBClient", clock: VirtualClock) -> Work:
    return Work(dynamodb, clock)


def test_work_runs_once_per_interval(work: Work) -> None:
    work.run_for(24 * 4)

    first, *others = work.ran
    assert first <= 24
    assert others == [first + 24, first + 48, first + 72]


def test_intervals_begin_at_the_same_hour(work: Work) -> None:
    work.run_for(48)

    hours = {int((work.start + ran * HOUR) // HOUR % 24) for ran in work.ran}
    assert hours in ({8}, {9})


def test_a_new_stack_waits_for_the_next_interval(work: Work) -> None:
    assert work.recurring.run_if_due(DAILY, work._run) is False
    assert work.ran == []


def test_work_that_failed_is_repeated_in_the_same_interval(work: Work) -> None:
    work.run_for(24)
    work.clock.sleep(24 * HOUR)

    def fail() -> bool:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        work.recurring.run_if_due(DAILY, fail)
    assert work.recurring.run_if_due(DAILY, work._run) is False, "the lease of the failed run"
    work.clock.sleep(61)
    assert work.recurring.run_if_due(DAILY, work._run) is True


def test_shorter_intervals_run_more_often(work: Work) -> None:
    work.run_for(24, Recurrence("often", every_hours=6, at_hour=8))

    assert len(work.ran) in (3, 4)


def test_work_that_has_to_wait_is_tried_again(work: Work) -> None:
    work.run_for(24)
    work.clock.sleep(24 * HOUR)

    assert work.recurring.run_if_due(DAILY, lambda: False) is False
    assert work.recurring.run_if_due(DAILY, work._run) is True
