"""A repair releases the syncs that wait for what it puts into Buildium. Its plan names exactly these."""

from typing import Any

import pytest

from buildium_sync.api.request_bodies import RepairEntity, RepairRequest
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.reconcile.drift import released_syncs
from tests.flows.schedule import Schedule
from tests.flows.system import OWNER, PROPERTY, System
from tests.flows.test_drift import DriftOf, rejected, synced
from tests.simulator import Simulator


@pytest.fixture
def drift(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> DriftOf:
    return DriftOf(Schedule(system, monkeypatch))


def waiting_owner(drift: DriftOf, parent: StoredEntity, name: str) -> StoredEntity:
    """An owner that is blocked until the property is in Buildium."""
    owner = drift.schedule.system.create(
        "owner", {**OWNER, "lastName": name, "propertyIds": [parent.entity.ref.entity_id]}
    )
    drift.schedule.system.work()
    assert status(drift, owner) is Status.BLOCKED
    return owner


def status(drift: DriftOf, kept: StoredEntity) -> Status:
    return drift.schedule.system.sync_of(kept).status


def released(drift: DriftOf, **request: Any) -> dict[str, Any]:
    """What the dry run of a repair says about released syncs."""
    body: RepairRequest = {"dryRun": True, **request}  # type: ignore[typeddict-item]
    found: dict[str, Any] = drift.schedule.system.api.repairs.run(body)["releasedSyncs"]
    return found


def test_the_plan_names_the_syncs_that_the_repair_releases(drift: DriftOf, buildium: Simulator) -> None:
    parent, other = rejected(drift, buildium), rejected(drift, buildium)
    owner, kept = waiting_owner(drift, parent, "First"), waiting_owner(drift, other, "Second")
    drift.compare("property")
    reference: RepairEntity = {"entityType": "property", "entityId": parent.entity.ref.entity_id}
    found = released(drift, entities=[reference])

    assert (found["count"], found["isComplete"]) == (1, True)
    [named] = found["items"]
    assert (named["entityType"], named["entityId"]) == ("owner", owner.entity.ref.entity_id)
    assert named["name"].endswith("First")

    drift.schedule.system.api.repairs.run({"dryRun": False, "entities": [reference]})
    drift.run_repair()
    drift.schedule.system.work()
    assert [status(drift, each) for each in (parent, owner)] == [Status.SYNCED] * 2
    assert [status(drift, each) for each in (other, kept)] == [Status.FAILED, Status.BLOCKED]


def test_syncs_that_wait_for_released_ones_are_released_too(drift: DriftOf, buildium: Simulator) -> None:
    parent = rejected(drift, buildium)
    place = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
    unit = {"propertyId": parent.entity.ref.entity_id, "unitNumber": "2A", **place}
    kept = drift.schedule.system.create("unit", unit)
    lease = {"leaseType": "Fixed", "leaseFromDate": "2026-01-01", "leaseToDate": "2026-12-31"}
    drift.schedule.system.create("lease", {**lease, "unitId": kept.entity.ref.entity_id})
    drift.schedule.system.work()
    drift.compare("property")

    for request in ({}, {"direction": "outbound"}):
        assert [each["entityType"] for each in released(drift, **request)["items"]] == ["unit", "lease"]


def test_a_repair_of_one_entity_names_what_it_releases(drift: DriftOf, buildium: Simulator) -> None:
    parent = rejected(drift, buildium)
    waiting_owner(drift, parent, "First")
    drift.compare_one(parent.entity.ref)

    assert released(drift, entityType="property", entityId=parent.entity.ref.entity_id)["count"] == 1


def test_a_sync_that_no_longer_waits_is_not_released(drift: DriftOf, buildium: Simulator) -> None:
    parent, other = rejected(drift, buildium), synced(drift)
    owner = waiting_owner(drift, parent, "First")
    drift.schedule.system.update(owner, {"propertyIds": [other.entity.ref.entity_id]})
    drift.schedule.system.work()
    drift.compare("property")

    assert (status(drift, owner), released(drift)["count"]) == (Status.SYNCED, 0)


def test_a_repair_that_writes_locally_releases_nothing(drift: DriftOf, buildium: Simulator) -> None:
    waiting_owner(drift, rejected(drift, buildium), "First")
    drift.compare("property")

    assert released(drift, direction="inbound") == {"count": 0, "isComplete": True, "items": []}


def test_at_most_ten_released_syncs_are_named(drift: DriftOf, buildium: Simulator) -> None:
    parent = rejected(drift, buildium)
    for number in range(11):
        waiting_owner(drift, parent, f"Owner {number}")
    drift.compare("property")
    found = released(drift)

    assert (found["count"], len(found["items"])) == (11, 10)


@pytest.mark.parametrize(("limit", "value"), [("MAX_READ", 0), ("MAX_SECONDS", -1.0)])
def test_a_plan_says_when_more_syncs_may_be_released(
    drift: DriftOf, buildium: Simulator, monkeypatch: pytest.MonkeyPatch, limit: str, value: float
) -> None:
    waiting_owner(drift, rejected(drift, buildium), "First")
    drift.compare("property")
    monkeypatch.setattr(released_syncs, limit, value)

    assert released(drift) == {"count": 0, "isComplete": False, "items": []}
