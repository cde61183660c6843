"""Requests that wait for a sync do not use up the Lambda concurrency of the account."""

from contextlib import ExitStack
from typing import Any

from buildium_sync.composition.runtime import runtime

import pytest
from botocore.exceptions import ClientError

from buildium_sync.domain.sync_status import Status
from buildium_sync.store.wait_slots import MAX_WAITING, WaitSlots
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.flows.system import PROPERTY
from tests.functions.api import Api, Response
from tests.harness.runtime import clear_compositions

WAIT_SECONDS = 20.0


@pytest.fixture
def clock(api: Api, monkeypatch: pytest.MonkeyPatch) -> VirtualClock:
    """A clock that advances only while a request waits."""
    clock = VirtualClock()
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.setattr(runtime, "sleep", clock.sleep)
    return clock


@pytest.fixture
def slots(api: Api, clock: VirtualClock) -> WaitSlots:
    return WaitSlots(api.dynamodb, CONTROL, clock)


def create(api: Api, prefer: str = "wait=20") -> Response:
    return api.request("POST", "/api/properties", PROPERTY, headers={"Prefer": prefer})


def waited(api: Api, clock: VirtualClock) -> bool:
    """Whether a new request waits. It is accepted in any case, and confirms only a wait that it does."""
    begun = clock()
    response = create(api)
    has_waited = clock() > begun
    assert response.status == 201
    assert response.body["buildiumSync"]["status"] == "pending"
    assert ("Preference-Applied" in response.headers) is has_waited
    return has_waited


def test_only_half_of_a_new_accounts_concurrency_waits(api: Api, clock: VirtualClock, slots: WaitSlots) -> None:
    with ExitStack() as others:
        for _ in range(MAX_WAITING):
            assert waited(api, clock)
            assert others.enter_context(slots.allowed(1e6)) == 1e6
        assert not waited(api, clock)
    assert waited(api, clock)
    assert MAX_WAITING <= 10 / 2


def test_the_slot_of_a_killed_request_becomes_free(api: Api, clock: VirtualClock, slots: WaitSlots) -> None:
    killed = [slots.allowed(WAIT_SECONDS) for _ in range(MAX_WAITING)]
    assert [each.__enter__() for each in killed] == [WAIT_SECONDS] * MAX_WAITING
    assert not waited(api, clock)
    clock.sleep(WAIT_SECONDS + 11)
    assert waited(api, clock)


def test_a_late_release_keeps_the_slot_of_the_next_request(clock: VirtualClock, slots: WaitSlots) -> None:
    with slots.allowed(WAIT_SECONDS):
        clock.sleep(WAIT_SECONDS + 11)
        later = [slots.allowed(WAIT_SECONDS) for _ in range(MAX_WAITING)]
        assert [each.__enter__() for each in later] == [WAIT_SECONDS] * MAX_WAITING
    with slots.allowed(WAIT_SECONDS) as seconds:
        assert seconds == 0


def test_a_limited_function_needs_no_slots(
    api: Api, clock: VirtualClock, slots: WaitSlots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_MAX_CONCURRENCY", "450")
    clear_compositions()
    with ExitStack() as others:
        for _ in range(MAX_WAITING):
            others.enter_context(slots.allowed(1e6))
        assert waited(api, clock)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=0"])
def test_a_request_without_a_wait_needs_no_slot(prefer: str, api: Api, clock: VirtualClock) -> None:
    assert create(api, prefer).headers["Preference-Applied"] == prefer
    assert api.dynamodb.scan(TableName=CONTROL, FilterExpression="attribute_exists(heldUntil)")["Count"] == 0


def test_an_unavailable_control_table_only_ends_the_wait(
    api: Api, clock: VirtualClock, slots: WaitSlots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_request: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "UpdateItem")

    monkeypatch.setattr(slots._client, "update_item", fail)
    with slots.allowed(WAIT_SECONDS) as seconds:
        assert seconds == 0


def test_a_finished_sync_needs_no_slot(api: Api, clock: VirtualClock, slots: WaitSlots) -> None:
    ref = api.keep(status=Status.SYNCED, buildium_id=501)
    same = {"name": PROPERTY["name"]}
    response = api.request("PUT", f"/api/properties/{ref.entity_id}", same, headers={"Prefer": "wait=20"})
    assert (response.status, response.headers["Preference-Applied"]) == (200, "wait=20")
    assert api.dynamodb.scan(TableName=CONTROL, FilterExpression="attribute_exists(heldUntil)")["Count"] == 0
