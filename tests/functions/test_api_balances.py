from decimal import Decimal

import pytest

from buildium_sync.api.balance_service import NEVER_READ, NOT_IN_BUILDIUM
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.lease_balance import BalanceAging, LeaseBalance
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.outstanding_balances import LeaseBalanceStore
from tests.aws import ENTITIES
from tests.functions.api import CREATED, Api

LEASE_ID = "3f0b1a52-6d0c-4f57-9a41-5f8a7f1f0c11"
READ_AT = 1_795_356_000.5
ZERO_AGING = {"days0To30": 0.0, "days31To60": 0.0, "days61To90": 0.0, "over90Days": 0.0}


@pytest.fixture
def balances(api: Api) -> LeaseBalanceStore:
    return LeaseBalanceStore(api.dynamodb, ENTITIES)


def keep_lease(api: Api, buildium_id: int | None = 501) -> None:
    """Store a lease that is linked to this Buildium id."""
    ref = EntityRef("lease", LEASE_ID)
    entity = Entity(ref, 1, {"unitId": None}, Origin.API, CREATED, CREATED, "earlier")
    status = Status.PENDING if buildium_id is None else Status.SYNCED
    sync = SyncRecord(ref, 1, status, CREATED, CREATED, "earlier", requested_at=CREATED, buildium_id=buildium_id)
    changes = api.store.writes
    links = [] if buildium_id is None else [changes.put_link(ref, buildium_id)]
    api.store.write(changes.put_entity(entity), changes.put_sync(sync), *links)


def owed(lease_id: int, total: str, read_at: float = READ_AT) -> LeaseBalance:
    aging = BalanceAging(Decimal(total), Decimal("0.00"), Decimal("0.00"), Decimal("0.00"))
    return LeaseBalance(lease_id, Decimal(total), aging, read_at)


def test_a_balance_has_total_aging_and_time(api: Api, balances: LeaseBalanceStore) -> None:
    keep_lease(api)
    aging = BalanceAging(Decimal("0.10"), Decimal("0.20"), Decimal("1200.00"), Decimal("9.99"))
    balances.put(LeaseBalance(501, Decimal("1210.29"), aging, READ_AT))

    response = api.get(f"/api/leases/{LEASE_ID}/balance")

    assert response.status == 200
    assert response.body == {
        "leaseId": LEASE_ID,
        "buildiumLeaseId": 501,
        "total": 1210.29,
        "aging": {"days0To30": 0.1, "days31To60": 0.2, "days61To90": 1200.0, "over90Days": 9.99},
        "asOf": format_iso(READ_AT),
        "note": None,
    }


def test_the_balance_of_an_unlisted_lease_is_zero(api: Api, balances: LeaseBalanceStore) -> None:
    keep_lease(api)
    balances.finish_refresh(READ_AT)

    body = api.get(f"/api/leases/{LEASE_ID}/balance").body

    assert (body["total"], body["aging"], body["asOf"]) == (0.0, ZERO_AGING, format_iso(READ_AT))


def test_the_balance_is_null_before_the_first_read(api: Api) -> None:
    keep_lease(api)

    body = api.get(f"/api/leases/{LEASE_ID}/balance").body

    assert (body["total"], body["aging"], body["asOf"], body["note"]) == (None, None, None, NEVER_READ)


def test_a_lease_outside_buildium_owes_nothing(api: Api, balances: LeaseBalanceStore) -> None:
    keep_lease(api, buildium_id=None)
    balances.finish_refresh(READ_AT)

    body = api.get(f"/api/leases/{LEASE_ID}/balance").body

    assert (body["buildiumLeaseId"], body["total"], body["aging"]) == (None, 0.0, ZERO_AGING)
    assert (body["asOf"], body["note"]) == (None, NOT_IN_BUILDIUM)


@pytest.mark.parametrize("path", ["leases/unknown/balance", "units/unknown/balance"])
def test_an_unknown_lease_returns_404(api: Api, path: str) -> None:
    assert api.get(f"/api/{path}").status == 404


def test_the_list_names_local_leases(api: Api, balances: LeaseBalanceStore) -> None:
    keep_lease(api)
    balances.put(owed(501, "10.50"))
    balances.put(owed(502, "0.01"))
    balances.put(owed(503, "0.00"))
    balances.finish_refresh(READ_AT - 1)

    response = api.get("/api/balances")

    assert [(each["leaseId"], each["buildiumLeaseId"], each["total"]) for each in response.body["items"]] == [
        (LEASE_ID, 501, 10.5),
        (None, 502, 0.01),
    ]
    assert (response.body["asOf"], response.body["nextCursor"]) == (format_iso(READ_AT - 1), None)


def test_the_list_is_empty_before_the_first_read(api: Api) -> None:
    assert api.get("/api/balances").body == {"items": [], "asOf": None, "nextCursor": None}


@pytest.mark.parametrize(
    ("minimum", "expected"), [("0", [1, 2, 3]), ("100", [2, 3]), ("100.01", [3]), ("100.5", [3]), ("101", [])]
)
def test_the_list_has_balances_from_the_minimum(
    api: Api, balances: LeaseBalanceStore, minimum: str, expected: list[int]
) -> None:
    for lease_id, total in enumerate(("99.99", "100.00", "100.50", "0.00"), start=1):
        balances.put(owed(lease_id, total))

    items = api.get("/api/balances", minimum=minimum).body["items"]

    assert [each["buildiumLeaseId"] for each in items] == expected


@pytest.mark.parametrize(
    "minimum", ["", "many", "-1", "1.005", "1e3", "NaN", "Infinity", " 1", "1.", ".5", "\u0661", "1" * 13]
)
def test_an_invalid_minimum_is_named_in_a_400(api: Api, minimum: str) -> None:
    response = api.get("/api/balances", minimum=minimum)

    assert (response.status, response.fields) == (400, ["minimum"])


def test_pages_list_each_balance_once(api: Api, balances: LeaseBalanceStore) -> None:
    for lease_id in range(1, 8):
        balances.put(owed(lease_id, "10.00"))
    found: list[int] = []
    cursor = ""
    while cursor is not None:
        body = api.get("/api/balances", limit="3", cursor=cursor).body
        found += [each["buildiumLeaseId"] for each in body["items"]]
        cursor = body["nextCursor"]

    assert found == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("limit", "101"), ("cursor", "eyJpZCI6ICJiIn0=")])
def test_an_invalid_page_returns_400(api: Api, name: str, value: str) -> None:
    assert api.get("/api/balances", **{name: value}).status == 400


@pytest.mark.parametrize("path", ["/api/balances", f"/api/leases/{LEASE_ID}/balance"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_balances_can_only_be_read(api: Api, method: str, path: str) -> None:
    response = api.request(method, path, {})

    assert (response.status, response.headers["Allow"]) == (405, "GET")
