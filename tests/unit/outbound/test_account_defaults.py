from typing import TYPE_CHECKING, Any, Protocol

import pytest

from buildium_sync.buildium.responses import BuildiumResponse
from buildium_sync.entity_types.property import Property
from buildium_sync.errors import BuildiumUnavailable, SyncBlocked
from buildium_sync.outbound.account_defaults import AccountDefaults, AccountDefaultsCache
from buildium_sync.settings import SyncSettings
from buildium_sync.store.cached_defaults import AccountDefaultStore
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FIELD = "operatingBankAccountId"
PROPERTY = Property()


class Listing:
    """Returns the given number of bank accounts."""

    def __init__(self, *ids: int) -> None:
        self.ids = ids
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, query: dict[str, str]) -> BuildiumResponse:
        self.asked.append((path, query))
        return BuildiumResponse([{"Id": each} for each in self.ids], {})


class MakeAccount(Protocol):
    """Creates the objects of a new process."""

    def __call__(self, listing: Any, **env: str) -> AccountDefaults: ...


@pytest.fixture
def account(dynamodb: "DynamoDBClient", clock: VirtualClock) -> MakeAccount:
    def make(listing: Any, **env: str) -> AccountDefaults:
        return AccountDefaults(
            listing,
            SyncSettings(environment(**env)),
            AccountDefaultsCache(AccountDefaultStore(dynamodb, CONTROL), clock),
        )

    return make


def test_a_provided_value_is_kept_without_a_call(account: MakeAccount) -> None:
    listing = Listing(1)

    assert account(listing).apply(PROPERTY, {"name": "x", FIELD: 9}) == {"name": "x", FIELD: 9}
    assert listing.asked == []


def test_the_setting_takes_precedence_over_buildiums_only_account(account: MakeAccount) -> None:
    listing = Listing(1)

    filled = account(listing, BUILDIUM_OPERATING_BANK_ACCOUNT_ID="42").apply(PROPERTY, {FIELD: None})

    assert filled[FIELD] == 42
    assert listing.asked == []


def test_the_only_bank_account_is_the_default(account: MakeAccount) -> None:
    listing = Listing(7)

    assert account(listing).apply(PROPERTY, {})[FIELD] == 7
    [(path, query)] = listing.asked
    assert path == "/bankaccounts"
    assert (query["limit"], query["orderby"]) == ("11", "Id")


@pytest.mark.parametrize("ids", [(), (1, 2)])
def test_a_missing_or_ambiguous_default_blocks_and_names_the_setting(
    account: MakeAccount, ids: tuple[int, ...]
) -> None:
    with pytest.raises(SyncBlocked) as caught:
        account(Listing(*ids)).apply(PROPERTY, {})

    assert FIELD in str(caught.value)
    assert "BUILDIUM_OPERATING_BANK_ACCOUNT_ID" in str(caught.value)


def test_a_found_default_is_cached_for_five_minutes(account: MakeAccount, clock: VirtualClock) -> None:
    listing = Listing(7)
    filling = account(listing)

    filling.apply(PROPERTY, {})
    clock.sleep(299)
    filling.apply(PROPERTY, {})
    assert len(listing.asked) == 1

    listing.ids = (8,)
    clock.sleep(2)
    assert filling.apply(PROPERTY, {})[FIELD] == 8


def test_the_default_cache_is_shared_between_processes(account: MakeAccount, clock: VirtualClock) -> None:
    account(Listing(7)).apply(PROPERTY, {})
    clock.sleep(290)
    listing = Listing(8)
    filling = account(listing)

    assert filling.apply(PROPERTY, {})[FIELD] == 7
    assert listing.asked == []
    clock.sleep(11)
    assert filling.apply(PROPERTY, {})[FIELD] == 8


def test_a_process_reads_a_cached_default_only_once(account: MakeAccount, dynamodb: "DynamoDBClient") -> None:
    account(Listing(7)).apply(PROPERTY, {})
    filling = account(Listing())
    filling.apply(PROPERTY, {})
    dynamodb.delete_item(TableName=CONTROL, Key={"pk": {"S": f"default#{FIELD}"}})

    assert filling.apply(PROPERTY, {})[FIELD] == 7


def test_a_missing_default_is_not_cached(account: MakeAccount) -> None:
    listing = Listing()
    filling = account(listing)
    with pytest.raises(SyncBlocked):
        filling.apply(PROPERTY, {})

    listing.ids = (7,)
    assert filling.apply(PROPERTY, {})[FIELD] == 7


class Away:
    def get(self, path: str, query: dict[str, str]) -> BuildiumResponse:
        raise BuildiumUnavailable("Away.", is_outage=True)


def test_an_outage_raises_unavailable_instead_of_blocked(account: MakeAccount) -> None:
    with pytest.raises(BuildiumUnavailable):
        account(Away()).apply(PROPERTY, {})


def test_a_blocked_entity_lists_at_most_ten_choices(account: MakeAccount) -> None:
    with pytest.raises(SyncBlocked) as blocked:
        account(Listing(*range(1, 12))).apply(PROPERTY, {})

    [error] = blocked.value.errors
    assert error.field == FIELD
    assert "must be one of 1 (" in error.message
    assert "10 (" in error.message
    assert "11 (" not in error.message
    assert error.message.endswith("and more")


def test_a_blocked_entity_without_choices_says_so(account: MakeAccount) -> None:
    with pytest.raises(SyncBlocked) as blocked:
        account(Listing()).apply(PROPERTY, {})

    assert [str(error) for error in blocked.value.errors] == [f"{FIELD}: has no choice in the account"]
