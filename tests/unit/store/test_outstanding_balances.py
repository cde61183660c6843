from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.lease_balance import BalanceAging, LeaseBalance
from buildium_sync.errors import MalformedRequest
from buildium_sync.store import outstanding_balances
from buildium_sync.store.cursors import encode_cursor
from buildium_sync.store.outstanding_balances import LeaseBalanceStore
from tests.aws import ENTITIES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SMALLEST = Decimal("0.01")


@pytest.fixture
def balances(dynamodb: "DynamoDBClient") -> LeaseBalanceStore:
    return LeaseBalanceStore(dynamodb, ENTITIES)


def owed(lease_id: int, total: str, read_at: float) -> LeaseBalance:
    parts = Decimal("1.10"), Decimal("2.20"), Decimal("3.30"), Decimal("0.01")
    return LeaseBalance(lease_id, Decimal(total), BalanceAging(*parts), read_at)


def all_ids(balances: LeaseBalanceStore, minimum: Decimal = SMALLEST, limit: int = 100) -> list[int]:
    found: list[int] = []
    cursor: str | None = None
    while True:
        page, cursor = balances.page(minimum, limit=limit, cursor=cursor)
        assert len(page) <= limit
        found += [each.buildium_lease_id for each in page]
        if cursor is None:
            return found


@pytest.mark.parametrize("total", ["0.10", "123456789012.34", "-5.25", "0.00"])
def test_a_balance_is_stored_exactly(balances: LeaseBalanceStore, total: str) -> None:
    stored = owed(501, total, 1_795_356_000.123)

    assert balances.put(stored)
    assert balances.read(501) == stored


def test_a_lease_without_any_read_has_no_balance(balances: LeaseBalanceStore) -> None:
    assert balances.read(501) is None
    assert balances.refreshed_at() is None
    assert balances.page(SMALLEST, limit=10, cursor=None) == ([], None)


def test_an_older_read_does_not_replace_a_newer_one(balances: LeaseBalanceStore) -> None:
    newer = owed(501, "20.00", 100.0)

    assert balances.put(newer)
    assert not balances.put(owed(501, "10.00", 99.9))
    assert not balances.put(owed(501, "11.00", 100.0))
    assert balances.read(501) == newer


def test_an_older_refresh_does_not_replace_a_newer_one(balances: LeaseBalanceStore) -> None:
    balances.finish_refresh(100.0)
    balances.finish_refresh(90.0)

    assert balances.refreshed_at() == 100.0


def test_a_lease_without_an_item_is_zero_after_a_refresh(balances: LeaseBalanceStore) -> None:
    balances.finish_refresh(100.0)

    assert balances.read(501) == LeaseBalance.zero(501, 100.0)


def test_a_lease_that_a_refresh_did_not_list_is_zero(balances: LeaseBalanceStore) -> None:
    balances.put(owed(501, "10.00", 50.0))
    balances.put(owed(502, "10.00", 101.0))
    assert all_ids(balances) == [501, 502]

    balances.finish_refresh(100.0)

    assert balances.read(501) == LeaseBalance.zero(501, 100.0)
    assert balances.read(502) == owed(502, "10.00", 101.0)
    assert all_ids(balances) == [502]


def test_a_read_during_a_refresh_wins_over_it(balances: LeaseBalanceStore) -> None:
    during = owed(501, "10.00", 100.5)
    balances.put(during)
    balances.finish_refresh(100.0)

    assert balances.read(501) == during


def test_a_late_write_of_a_read_before_the_refresh_is_ignored(balances: LeaseBalanceStore) -> None:
    balances.finish_refresh(100.0)
    balances.put(owed(501, "10.00", 99.0))

    assert balances.read(501) == LeaseBalance.zero(501, 100.0)
    assert all_ids(balances) == []


def test_a_refresh_between_both_reads_does_not_mix_them(
    balances: LeaseBalanceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    balances.put(owed(501, "10.00", 50.0))
    balances.finish_refresh(40.0)
    read = LeaseBalanceStore.refreshed_at

    def interrupted(self: LeaseBalanceStore) -> float | None:
        found = read(self)
        balances.put(owed(501, "30.00", 110.0))
        balances.finish_refresh(100.0)
        return found

    monkeypatch.setattr(LeaseBalanceStore, "refreshed_at", interrupted)

    assert balances.read(501) == owed(501, "30.00", 110.0)


def test_the_list_has_balances_from_the_minimum_in_order(balances: LeaseBalanceStore) -> None:
    for lease_id, total in ((1000000000, "99.99"), (9, "100.00"), (80, "100.01"), (700, "0.00"), (7, "5000")):
        balances.put(owed(lease_id, total, 10.0))

    assert all_ids(balances, Decimal("100.00")) == [7, 9, 80]
    assert all_ids(balances) == [7, 9, 80, 1000000000]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("read_size", [1, 2, 500])
def test_pages_list_every_matching_balance_once(
    balances: LeaseBalanceStore, monkeypatch: pytest.MonkeyPatch, limit: int, read_size: int
) -> None:
    monkeypatch.setattr(outstanding_balances, "_READ_SIZE_ITEMS", read_size)
    for lease_id in range(1, 15):
        balances.put(owed(lease_id, "10.00" if lease_id % 2 else "1.00", 10.0))

    assert all_ids(balances, Decimal(2), limit) == [1, 3, 5, 7, 9, 11, 13]


def test_the_last_page_has_no_cursor(balances: LeaseBalanceStore) -> None:
    for lease_id in (1, 2):
        balances.put(owed(lease_id, "10.00", 10.0))

    assert balances.page(SMALLEST, limit=2, cursor=None)[1] is None


@pytest.mark.parametrize(
    "key", [{"pk": "property#7", "sk": "entity"}, {"pk": "lease-balances", "sk": "\ud800"}, {"pk": "lease-balances"}]
)
def test_a_cursor_of_another_list_is_rejected(balances: LeaseBalanceStore, key: dict[str, str]) -> None:
    with pytest.raises(MalformedRequest, match="cursor"):
        balances.page(SMALLEST, limit=2, cursor=encode_cursor(key))
