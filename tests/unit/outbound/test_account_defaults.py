from typing import TYPE_CHECKING, Any, Protocol

import pytest

from buildium_sync.buildium.responses import BuildiumResponse
from buildium_sync.entity_types.property import Property
from buildium_sync.errors import BuildiumUnavailable, SyncBlocked
from buildium_sync.outbound.account_defaults import AccountDefaults, AccountDefaultsCache
from buildium_sync.settings import Settings
from buildium_sync.store.cached_defaults import AccountDefaultStore
from tests.aws import CONTROL
from tests.clocks import VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FIELD = "operatingBankAccountId"
PROPERTY = Property()


class Listing:
    """Answers with as many bank accounts as the test says."""

    def __init__(self, *ids: int) -> None:
        self.ids = ids
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, query: dict[str, str]) -> BuildiumResponse:
        self.asked.append((path, query))
        return BuildiumResponse([{"Id": each} for each in self.ids], {})


class MakeAccount(Protocol):
    """Makes what a new process has."""

    def __call__(self, listing: Any, **env: str) -> AccountDefaults: ...


@pytest.fixture
def account(dynamodb: "DynamoDBClient", clock: VirtualClock) -> MakeAccount:
    def make(listing: Any, **env: str) -> AccountDefaults:
        return AccountDefaults(
            listing, Settings.from_environment(env), AccountDefaultsCache(AccountDefaultStore(dynamodb, CONTROL), clock)
        )

    return make


def test_what_the_caller_gave_is_kept_and_nothing_asked(account: MakeAccount) -> None:
    listing = Listing(1)

    assert account(listing).apply(PROPERTY, {"name": "x", FIELD: 9}) == {"name": "x", FIELD: 9}
    assert listing.asked == []


def test_the_setting_comes_before_buildiums_only_one(account: MakeAccount) -> None:
    listing = Listing(1)

    filled = account(listing, BUILDIUM_OPERATING_BANK_ACCOUNT_ID="42").apply(PROPERTY, {FIELD: None})

    assert filled[FIELD] == 42
    assert listing.asked == []


def test_the_only_active_one_is_taken_and_two_are_asked_for_to_know(account: MakeAccount) -> None:
    listing = Listing(7)

    assert account(listing).apply(PROPERTY, {})[FIELD] == 7
    [(path, query)] = listing.asked
    assert path == "/bankaccounts"
    assert (query["limit"], query["orderby"]) == ("2", "Id")


@pytest.mark.parametrize("ids", [(), (1, 2)])
def test_none_or_several_block_with_what_to_set(account: MakeAccount, ids: tuple[int, ...]) -> None:
    with pytest.raises(SyncBlocked) as caught:
        account(Listing(*ids)).apply(PROPERTY, {})

    assert FIELD in str(caught.value)
    assert "BUILDIUM_OPERATING_BANK_ACCOUNT_ID" in str(caught.value)


def test_what_was_found_is_kept_for_five_minutes(account: MakeAccount, clock: VirtualClock) -> None:
    listing = Listing(7)
    filling = account(listing)

    filling.apply(PROPERTY, {})
    clock.sleep(299)
    filling.apply(PROPERTY, {})
    assert len(listing.asked) == 1

    listing.ids = (8,)
    clock.sleep(2)
    assert filling.apply(PROPERTY, {})[FIELD] == 8


def test_what_one_process_found_the_next_ones_know_for_what_is_left_of_the_five_minutes(
    account: MakeAccount, clock: VirtualClock
) -> None:
    account(Listing(7)).apply(PROPERTY, {})
    clock.sleep(290)
    listing = Listing(8)
    filling = account(listing)

    assert filling.apply(PROPERTY, {})[FIELD] == 7
    assert listing.asked == []
    clock.sleep(11)
    assert filling.apply(PROPERTY, {})[FIELD] == 8


def test_what_a_process_knows_it_does_not_read_again(account: MakeAccount, dynamodb: "DynamoDBClient") -> None:
    account(Listing(7)).apply(PROPERTY, {})
    filling = account(Listing())
    filling.apply(PROPERTY, {})
    dynamodb.delete_item(TableName=CONTROL, Key={"pk": {"S": f"default#{FIELD}"}})

    assert filling.apply(PROPERTY, {})[FIELD] == 7


def test_that_nothing_was_found_is_not_kept(account: MakeAccount) -> None:
    listing = Listing()
    filling = account(listing)
    with pytest.raises(SyncBlocked):
        filling.apply(PROPERTY, {})

    listing.ids = (7,)
    assert filling.apply(PROPERTY, {})[FIELD] == 7


class Away:
    def get(self, path: str, query: dict[str, str]) -> BuildiumResponse:
        raise BuildiumUnavailable("Away.", is_outage=True)


def test_an_account_that_cannot_be_read_blocks_nothing(account: MakeAccount) -> None:
    with pytest.raises(BuildiumUnavailable):
        account(Away()).apply(PROPERTY, {})
