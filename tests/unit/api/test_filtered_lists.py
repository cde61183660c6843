"""A filtered list has exactly the entities that match, in order, page by page, whatever lookups are outdated."""

import json
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api import filtered_lists
from buildium_sync.api.filtered_lists import MAX_PAGE_BYTES, FilteredLists
from buildium_sync.api.list_filter import ListFilter
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.lookups import changed_lookups
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import MalformedRequest
from buildium_sync.store.cursors import encode_cursor
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.lookup_items import LookupStore, lookup_writes
from tests.aws import ACTIVITY, ENTITIES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOON = 1_795_348_800.0
UNIT = by_name("unit")


class Account:
    """Entities, with lookups that a test can leave outdated."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.client = client
        self.store = EntityStore(client, ENTITIES)
        self.lists = FilteredLists(self.store, LookupStore(client, ACTIVITY))

    def put(
        self,
        number: int,
        name: str = "unit",
        *,
        sync: Status = Status.SYNCED,
        buildium_id: int | None = None,
        changed: float | None = None,
        indexed: bool = True,
        **fields: Any,
    ) -> None:
        """Store an entity that was created in the second `number`, or replace it."""
        ref = EntityRef(name, str(number))
        at, later = format_iso(NOON + number), format_iso(NOON + (number if changed is None else changed))
        entity = Entity(ref, 1, fields, Origin.API, at, later, "c")
        record = SyncRecord(ref, 1, sync, at, later, "c", requested_at=at, buildium_id=buildium_id)
        for change in (self.store.writes.put_entity(entity), self.store.writes.put_sync(record)):
            self.client.put_item(TableName=ENTITIES, Item=change["Put"]["Item"])
        if indexed:
            for write in lookup_writes(ACTIVITY, ref, {}, changed_lookups({}, by_name(name), entity, record)):
                self.client.put_item(TableName=ACTIVITY, Item=write["Put"]["Item"])

    def pages(self, name: str, value: str, limit: int, entity_type: str = "unit") -> Iterator[list[str]]:
        """The ids of each page."""
        cursor = None
        while True:
            page, cursor = self.lists.page(by_name(entity_type), ListFilter(name, value), limit=limit, cursor=cursor)
            yield [each.entity.ref.entity_id for each in page]
            if cursor is None:
                return

    def ids(self, name: str, value: str, limit: int = 100, entity_type: str = "unit") -> list[str]:
        """The ids of all pages."""
        return [each for page in self.pages(name, value, limit, entity_type) for each in page]


@pytest.fixture
def account(dynamodb: "DynamoDBClient") -> Account:
    return Account(dynamodb)


@pytest.mark.parametrize("text", ["x", "\N{SNOWMAN}"])
def test_a_page_ends_before_a_response_is_too_large(account: Account, text: str) -> None:
    for number in range(16):
        account.put(number, propertyId="p1", description=text * 65_500)
    pages = list(account.pages("propertyId", "p1", 100))
    assert [each for page in pages for each in page] == [str(number) for number in range(16)]
    size = len(json.dumps(text * 65_500))
    assert {len(page) for page in pages[:-1]} == {MAX_PAGE_BYTES // size}


def test_an_entity_of_any_size_is_a_page(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtered_lists, "MAX_PAGE_BYTES", 1)
    for number in range(3):
        account.put(number, propertyId="p1")
    assert list(account.pages("propertyId", "p1", 100)) == [["0"], ["1"], ["2"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_references_by_both_ids_are_one_list(account: Account, limit: int) -> None:
    account.put(0, "property", buildium_id=501)
    account.store.write(account.store.writes.put_link(EntityRef("property", "0"), 501))
    for number in range(1, 8):
        account.put(number, propertyId=("0", 501, "other")[number % 3])
    expected = ["1", "3", "4", "6", "7"]
    for text in ("0", "501"):
        pages = list(account.pages("propertyId", text, limit))
        assert [each for page in pages for each in page] == expected
        assert all(len(page) == limit for page in pages[:-1])
        assert pages[-1]


def test_an_entity_with_both_ids_is_listed_once(account: Account) -> None:
    account.put(0, "lease", buildium_id=501)
    for number in (1, 2):
        account.put(number, "tenant", leaseId="0", leaseIds=["0", 501, 502])
    for limit in (1, 2):
        assert account.ids("leaseId", "0", limit, "tenant") == ["1", "2"]
        assert account.ids("leaseId", "502", limit, "tenant") == ["1", "2"]


def test_an_unlinked_property_is_found_by_its_buildium_id(account: Account) -> None:
    account.put(1, propertyId=501)
    assert account.ids("propertyId", "501") == ["1"]
    assert account.ids("propertyId", "50") == account.ids("propertyId", "unknown") == []


def test_a_lease_in_buildium_is_found_by_its_tenants_there(account: Account) -> None:
    account.put(1, "lease", tenantIds=["t1"], buildiumTenantIds=[])
    account.put(2, "lease", tenantIds=["t1"], buildiumTenantIds=[7], buildium_id=9)
    assert account.ids("tenantId", "t1", entity_type="lease") == ["1"]
    assert account.ids("tenantId", "7", entity_type="lease") == ["2"]


@pytest.mark.parametrize(("name", "value"), [("status", "Inactive"), ("syncStatus", "failed"), ("propertyId", "p")])
def test_an_entity_that_no_longer_matches_is_left_out(account: Account, name: str, value: str) -> None:
    matching: dict[str, Any] = {"propertyId": "p", "status": "Inactive"}
    for number in range(4):
        status = Status.FAILED if number in (1, 3) else Status.SYNCED
        now = matching if number in (1, 3) else {"propertyId": "q", "status": "Active"}
        account.put(number, sync=Status.FAILED, **matching)
        account.put(number, sync=status, indexed=False, **now)
    assert account.ids(name, value) == account.ids(name, value, 1) == ["1", "3"]


def test_pages_are_filled_behind_outdated_lookups(account: Account) -> None:
    for number in range(20):
        account.put(number, propertyId="p")
        if number % 2 == 0:
            account.put(number, indexed=False, propertyId="q")
    pages = list(account.pages("propertyId", "p", 5))
    assert [len(page) for page in pages] == [5, 5]
    assert [each for page in pages for each in page] == [str(number) for number in range(1, 20, 2)]


def test_reads_of_a_page_are_bounded(account: Account) -> None:
    for number in range(60):
        account.put(number, propertyId="p")
        account.put(number, indexed=False, propertyId="p" if number == 59 else "q")
    pages = list(account.pages("propertyId", "p", 2))
    assert pages[:-1] == [[]] * (len(pages) - 1)
    assert len(pages) == 6
    assert pages[-1] == ["59"]


def test_a_list_by_change_has_the_order_of_changes(account: Account) -> None:
    for number, changed in enumerate([9, 3, 5, 7]):
        account.put(number, changed=changed)
    for limit in (1, 2, 100):
        assert account.ids("updatedSince", format_iso(NOON + 5), limit) == ["2", "3", "0"]


def test_an_entity_is_listed_at_its_last_change_only(account: Account) -> None:
    account.put(1, changed=2)
    account.put(2, changed=3)
    account.put(1, changed=4)
    assert account.ids("updatedSince", format_iso(NOON)) == ["2", "1"]


def test_a_cursor_of_another_list_is_rejected(account: Account) -> None:
    account.put(1, propertyId="p")
    account.put(2, propertyId="p")
    chosen = ListFilter("propertyId", "p")
    _, cursor = account.lists.page(UNIT, chosen, limit=1, cursor=None)
    assert cursor is not None
    others = [ListFilter("propertyId", "q"), ListFilter("status", "p")]
    key = {"type": "unit", "filter": "propertyId", "value": "p"}
    strange = [encode_cursor({**key, "after": after}) for after in ("é", "", 7, "x" * 513)]
    for each, text in [*((other, cursor) for other in others), *((chosen, text) for text in strange)]:
        with pytest.raises(MalformedRequest):
            account.lists.page(UNIT, each, limit=1, cursor=text)
    with pytest.raises(MalformedRequest):
        account.lists.page(by_name("task"), chosen, limit=1, cursor=cursor)


def test_pages_are_exact_after_random_changes(account: Account) -> None:
    dice = random.Random(7)
    fields: dict[int, str] = {}
    for _ in range(150):
        number, place = dice.randrange(30), dice.choice("pq")
        fields[number] = place
        account.put(number, propertyId=place)
    for place in "pq":
        expected = [str(number) for number in sorted(fields) if fields[number] == place]
        for limit in (1, 4, 100):
            assert account.ids("propertyId", place, limit) == expected
