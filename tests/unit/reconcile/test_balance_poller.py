from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.errors import BuildiumRejected, CredentialsRejected
from buildium_sync.ledger.balance_refresher import BalanceRefresher
from buildium_sync.reconcile.balance_poller import BalancePoller
from buildium_sync.reconcile.jobs.time_budget import SAVE_MARGIN_SECONDS, TimeBudget
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.outstanding_balances import LeaseBalanceStore
from tests.aws import CONTROL, ENTITIES
from tests.clocks import VirtualClock
from tests.unit.ledger.buildium import BalanceList

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVERY = 300.0
RUN_SECONDS = 90.0


class Polls:
    """The poller with one account. `time_left` is that of the current run, in seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", clock: VirtualClock, every: float = EVERY) -> None:
        self.clock = clock
        self.time_left = RUN_SECONDS
        self.buildium = BalanceList(page_size=3)
        self.balances = LeaseBalanceStore(dynamodb, ENTITIES)
        self.refresher = BalanceRefresher(
            cast(BuildiumClient, self.buildium), self.balances, clock, lambda _row: False, workers=2
        )
        budget = TimeBudget(every, clock, lambda: self.time_left)
        control = ControlStateStore(dynamodb, CONTROL, start_mode="normal", clock=clock)
        self.poller = BalancePoller(self.refresher, JobStore(dynamodb, CONTROL), budget, control)

    def later(self) -> int:
        """Run when the poll is due again."""
        self.clock.sleep(EVERY)
        return self.poller.run()

    def total(self, lease_id: int) -> Decimal | None:
        balance = self.balances.read(lease_id)
        return balance.total if balance else None

    def end_run(self) -> None:
        self.time_left = SAVE_MARGIN_SECONDS / 2


@pytest.fixture
def polls(dynamodb: "DynamoDBClient", clock: VirtualClock) -> Polls:
    return Polls(dynamodb, clock)


def test_a_poll_reads_all_pages(polls: Polls) -> None:
    polls.buildium.owed = {lease_id: lease_id + 0.5 for lease_id in range(1, 8)}
    began = polls.clock()

    assert polls.poller.run() == 7

    assert [polls.total(lease_id) for lease_id in (1, 7, 8)] == [Decimal("1.50"), Decimal("7.50"), 0]
    assert polls.balances.refreshed_at() == began


def test_a_poll_runs_once_in_its_interval(polls: Polls) -> None:
    polls.poller.run()
    polls.clock.sleep(EVERY - 1)
    polls.poller.run()
    assert len(polls.buildium.queries) == 1

    polls.clock.sleep(1)
    polls.poller.run()
    assert len(polls.buildium.queries) == 2


def test_a_poll_sets_a_paid_lease_to_zero(polls: Polls) -> None:
    polls.buildium.owed = {1: 10, 2: 20}
    polls.poller.run()
    polls.buildium.owed = {2: 25.75}
    polls.later()

    assert [polls.total(lease_id) for lease_id in (1, 2)] == [0, Decimal("25.75")]


def test_polls_are_off_with_an_interval_of_zero(dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
    polls = Polls(dynamodb, clock, every=0)

    assert polls.poller.run() == 0
    assert polls.buildium.queries == []


def test_no_poll_starts_without_time(polls: Polls) -> None:
    polls.end_run()

    assert polls.poller.run() == 0
    assert polls.buildium.queries == []


def test_a_poll_continues_in_the_next_run(polls: Polls) -> None:
    polls.buildium.owed = dict.fromkeys(range(1, 8), 10)
    polls.buildium.during = polls.end_run
    began = polls.clock()
    assert polls.poller.run() == 3
    assert polls.balances.refreshed_at() is None

    polls.time_left = RUN_SECONDS
    polls.clock.sleep(60)
    assert polls.poller.run() == 4

    assert polls.balances.refreshed_at() == began
    assert [polls.total(lease_id) for lease_id in (1, 7)] == [10, 10]


def test_removed_rows_hide_no_other_lease(polls: Polls) -> None:
    polls.buildium.owed = dict.fromkeys(range(1, 8), 10)

    def pay() -> None:
        for lease_id in (1, 2):
            del polls.buildium.owed[lease_id]

    polls.buildium.during = pay
    polls.poller.run()

    assert [polls.total(lease_id) for lease_id in range(1, 8)] == [10] * 7


@pytest.mark.parametrize("error", [BuildiumRejected("no such list"), CredentialsRejected("no permission", status=403)])
def test_a_failed_poll_keeps_the_balances_and_their_time(polls: Polls, error: BuildiumRejected) -> None:
    polls.buildium.owed = {1: 10}
    polls.poller.run()
    before = polls.balances.read(1)
    polls.clock.sleep(EVERY)
    polls.buildium.failure = error

    assert polls.poller.run() == 0
    assert polls.balances.read(1) == before

    polls.buildium.owed = {1: 15}
    polls.later()
    assert polls.total(1) == 15


def test_a_killed_poll_is_repeated_without_a_wrong_zero(polls: Polls, monkeypatch: pytest.MonkeyPatch) -> None:
    polls.buildium.owed = dict.fromkeys(range(1, 8), 10)
    polls.poller.run()
    polls.buildium.owed = dict.fromkeys(range(1, 8), 20)

    def kill(_began: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(polls.refresher, "finish", kill)
        patch.setattr(JobStore, "release", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            polls.later()
    assert [polls.total(lease_id) for lease_id in range(1, 9)] == [20] * 7 + [0]

    polls.clock.sleep(RUN_SECONDS * 2)
    polls.poller.run()
    assert [polls.total(lease_id) for lease_id in range(1, 9)] == [20] * 7 + [0]


def test_a_killed_poll_continues_after_its_last_page(polls: Polls, monkeypatch: pytest.MonkeyPatch) -> None:
    polls.buildium.owed = dict.fromkeys(range(1, 8), 10)

    def kill() -> None:
        raise KeyboardInterrupt

    def kill_next() -> None:
        polls.buildium.during = kill

    polls.buildium.during = kill_next
    with monkeypatch.context() as patch:
        patch.setattr(JobStore, "release", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            polls.poller.run()
    polls.clock.sleep(RUN_SECONDS * 2)

    assert polls.poller.run() == 4


def test_two_runs_do_not_poll_at_the_same_time(polls: Polls) -> None:
    polls.buildium.owed = {1: 10}
    outcomes: list[int] = []
    polls.buildium.during = lambda: outcomes.append(polls.poller.run())

    assert polls.poller.run() == 1
    assert outcomes == [0]


def test_a_single_refresh_during_a_poll_wins(polls: Polls) -> None:
    def charge_and_refresh() -> None:
        polls.clock.sleep(1)
        polls.buildium.owed[1] = 30
        polls.refresher.refresh([1])
        polls.clock.sleep(1)

    polls.buildium.owed = {1: 10}
    polls.buildium.during = charge_and_refresh
    polls.poller.run()

    assert polls.total(1) == 30
