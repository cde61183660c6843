from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_reader import ListCursor
from buildium_sync.domain.lease_balance import LeaseBalance
from buildium_sync.errors import BuildiumUnavailable
from buildium_sync.ledger.balance_refresher import MAX_REFRESHED_LEASES, BalanceRefresher
from buildium_sync.store.outstanding_balances import LeaseBalanceStore
from tests.aws import ENTITIES
from tests.clocks import VirtualClock
from tests.unit.ledger.buildium import BalanceList, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def buildium() -> BalanceList:
    return BalanceList()


@pytest.fixture
def balances(dynamodb: "DynamoDBClient") -> LeaseBalanceStore:
    return LeaseBalanceStore(dynamodb, ENTITIES)


@pytest.fixture
def refresher(buildium: BalanceList, balances: LeaseBalanceStore, clock: VirtualClock) -> BalanceRefresher:
    return BalanceRefresher(cast(BuildiumClient, buildium), balances, clock, lambda _row: False, workers=4)


def total(balances: LeaseBalanceStore, lease_id: int) -> Decimal | None:
    balance = balances.read(lease_id)
    return balance.total if balance else None


def test_chosen_leases_are_refreshed_by_one_call(
    refresher: BalanceRefresher, buildium: BalanceList, balances: LeaseBalanceStore, clock: VirtualClock
) -> None:
    buildium.owed = {501: 0.1, 502: 20, 503: 30}

    refresher.refresh([502, 501, 502])

    assert [query["leaseids"] for query in buildium.queries] == [["501", "502"]]
    assert balances.read(501) == LeaseBalance.from_buildium(row(501, 0.1), clock())
    assert total(balances, 502) == Decimal("20.00")
    assert balances.read(503) is None


def test_a_chosen_lease_that_is_not_listed_is_zero(
    refresher: BalanceRefresher, buildium: BalanceList, balances: LeaseBalanceStore, clock: VirtualClock
) -> None:
    buildium.owed = {501: 10}
    refresher.refresh([501])
    clock.sleep(1)
    buildium.owed = {}
    refresher.refresh([501])

    assert balances.read(501) == LeaseBalance.zero(501, clock())


def test_a_shortened_page_makes_no_lease_zero(
    refresher: BalanceRefresher, buildium: BalanceList, balances: LeaseBalanceStore
) -> None:
    buildium.owed, buildium.page_size = {501: 10, 502: 20}, 1

    refresher.refresh([501, 502])

    assert total(balances, 501) == 10
    assert balances.read(502) is None


def test_no_lease_needs_no_call(refresher: BalanceRefresher, buildium: BalanceList) -> None:
    refresher.refresh([])

    assert buildium.queries == []


def test_too_many_leases_are_rejected_before_the_call(refresher: BalanceRefresher, buildium: BalanceList) -> None:
    with pytest.raises(ValueError, match="100"):
        refresher.refresh(range(MAX_REFRESHED_LEASES + 1))
    assert buildium.queries == []


def test_a_read_that_started_later_wins(
    refresher: BalanceRefresher, buildium: BalanceList, balances: LeaseBalanceStore, clock: VirtualClock
) -> None:
    def charge_and_refresh() -> None:
        clock.sleep(1)
        buildium.owed = {501: 99.99}
        refresher.refresh([501])
        clock.sleep(1)

    buildium.owed = {501: 10}
    buildium.during = charge_and_refresh
    refresher.refresh([501])

    assert total(balances, 501) == Decimal("99.99")


def test_a_page_of_all_leases_is_stored_and_returned(
    refresher: BalanceRefresher, buildium: BalanceList, balances: LeaseBalanceStore
) -> None:
    buildium.owed, buildium.page_size = {501: 10, 502: 20, 503: 30}, 2

    page = refresher.refresh_page(ListCursor())

    assert (page.after, page.is_last) == (ListCursor(2, 502), False)
    assert [total(balances, each) for each in (501, 502, 503)] == [10, 20, None]


@pytest.mark.parametrize("change", [{"TotalBalance": None}, {"Balance0To30Days": "1.00"}])
def test_an_invalid_row_stops_the_refresh_without_a_write(
    refresher: BalanceRefresher, buildium: BalanceList, balances: LeaseBalanceStore, change: dict[str, Any]
) -> None:
    buildium.owed = {501: 10, 502: 20}
    buildium.rows = lambda lease_id, owed: row(lease_id, owed) | (change if lease_id == 502 else {})

    with pytest.raises(BuildiumUnavailable, match=next(iter(change))):
        refresher.refresh_page(ListCursor())
    with pytest.raises(BuildiumUnavailable):
        refresher.refresh([501, 502])
    assert balances.read(501) is None
