"""Rent schedules, renewals and move-outs reach a lease exactly once."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import InvalidFields
from tests.flows.ledger_bodies import INCOME, income_account
from tests.flows.operation_bodies import OPERATIONS, operation
from tests.flows.system import TENANT, System
from tests.flows.test_types import CASES, known, synced
from tests.simulator import Simulator

EVERY_OPERATION = pytest.mark.parametrize("name", OPERATIONS)
EVERY_BODY = pytest.mark.parametrize(
    ("name", "body"), [(name, each) for name in OPERATIONS for each in OPERATIONS[name]]
)
REMOTE = {"lease-rent-schedule": "rents", "lease-renewal": "renewals", "lease-move-out": "moveouts"}


@pytest.fixture
def tenant(system: System, buildium: Simulator) -> StoredEntity:
    """A synced tenant of a synced lease."""
    income_account(buildium)
    return synced(system, CASES["tenant"])


def start(system: System, name: str, tenant: StoredEntity, body: dict[str, Any] | None = None) -> StoredEntity:
    """Store an operation without a sync."""
    lease = system.fields_of(tenant)["leaseId"]
    return system.create(name, operation(name, lease, tenant.entity.ref.entity_id, body))


def made(buildium: Simulator, name: str) -> list[int]:
    """Return the Buildium ids of a type's operations."""
    return [each[by_name(name).id_field] for each in buildium.state()[REMOTE[name]]]


def fault(buildium: Simulator, kind: str, name: str) -> None:
    """Inject a fault into the next create of an operation."""
    segment = by_name(name).path.rpartition("/")[2]
    buildium.fault(kind, method="POST", path=f"/leases/*/{segment}")


class TestCreating:
    @EVERY_BODY
    def test_an_operation_is_created_by_one_call(
        self, name: str, body: dict[str, Any], system: System, buildium: Simulator, tenant: StoredEntity
    ) -> None:
        buildium.clear_requests()
        stored = start(system, name, tenant, body)
        system.work()

        assert (system.sync_of(stored).status, system.sync_of(stored).error_message) == (Status.SYNCED, None)
        assert [each.method for each in buildium.requests()] == ["POST"]
        assert known(system, stored) in made(buildium, name)

    def test_values_set_by_buildium_are_stored(self, system: System, tenant: StoredEntity) -> None:
        renewal, schedule = (start(system, name, tenant) for name in ("lease-renewal", "lease-rent-schedule"))
        system.work()

        assert None not in {system.fields_of(renewal)[each] for each in ("leaseFromDate", "leaseStatus", "rentId")}
        assert system.fields_of(schedule)["startDate"] is not None

    def test_a_second_renewal_fails(self, system: System, buildium: Simulator, tenant: StoredEntity) -> None:
        stored = [start(system, "lease-renewal", tenant)]
        system.work()
        stored.append(start(system, "lease-renewal", tenant))
        system.work()

        assert [system.sync_of(each).status for each in stored] == [Status.SYNCED, Status.FAILED]
        assert "renewal that has not started" in (system.sync_of(stored[1]).error_message or "")
        assert len(made(buildium, "lease-renewal")) == 1

    @EVERY_OPERATION
    def test_an_operation_waits_for_its_lease(self, name: str, system: System, buildium: Simulator) -> None:
        income_account(buildium)
        entities: dict[str, StoredEntity] = {}
        for each in (*CASES["tenant"].needs, "tenant"):
            entities[each] = system.create(each, CASES[each].body(entities))
        stored = start(system, name, entities["tenant"])
        system.queue.reverse()
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED


class TestUpdating:
    def test_an_update_replaces_the_charges(self, system: System, buildium: Simulator, tenant: StoredEntity) -> None:
        stored = start(system, "lease-rent-schedule", tenant)
        system.work()
        charge = {"glAccountId": INCOME, "amount": 1400, "nextDueDate": "2027-03-01"}
        system.update(stored, {"rentCycle": "Quarterly", "charges": [charge]})
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        [shown] = [each for each in buildium.state()["rents"] if each["Id"] == known(system, stored)]
        assert (shown["RentCycle"], [each["Amount"] for each in shown["Charges"]]) == ("Quarterly", [1400])

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("lease-rent-schedule", {"startDate": "2028-01-01"}),
            ("lease-rent-schedule", {"backdateCharges": True}),
            ("lease-renewal", {"leaseToDate": "2031-12-31"}),
            ("lease-move-out", {"moveOutDate": "2031-12-31"}),
        ],
    )
    def test_what_buildium_cannot_change_is_rejected(
        self, name: str, change: dict[str, Any], system: System, tenant: StoredEntity
    ) -> None:
        stored = start(system, name, tenant)
        system.work()
        with pytest.raises(InvalidFields) as error:
            system.update(stored, change)
        assert [each.field for each in error.value.errors] == list(change)


class TestLostResponses:
    @EVERY_OPERATION
    def test_a_lost_response_takes_one_more_call(
        self, name: str, system: System, buildium: Simulator, tenant: StoredEntity
    ) -> None:
        before = made(buildium, name)
        fault(buildium, "reset_after", name)
        buildium.clear_requests()
        stored = start(system, name, tenant)
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        assert [each for each in made(buildium, name) if each not in before] == [known(system, stored)]
        assert [each.method for each in buildium.requests()] == ["POST", "GET"]

    @EVERY_OPERATION
    def test_a_create_that_was_not_applied_is_sent_again(
        self, name: str, system: System, buildium: Simulator, tenant: StoredEntity
    ) -> None:
        before = made(buildium, name)
        fault(buildium, "reset_before", name)
        buildium.clear_requests()
        stored = start(system, name, tenant)
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        assert [each for each in made(buildium, name) if each not in before] == [known(system, stored)]
        assert [each.method for each in buildium.requests()] == ["POST", "GET", "POST"]

    def test_a_renewal_with_another_rent_needs_a_review(
        self, system: System, buildium: Simulator, tenant: StoredEntity
    ) -> None:
        fault(buildium, "reset_after", "lease-renewal")
        stored = start(system, "lease-renewal", tenant)
        system.work_once()
        [renewal] = buildium.state()["renewals"]
        rent = next(each for each in buildium.state()["rents"] if each["Id"] == renewal["RentId"])
        buildium.edit("rents", rent["Id"], {"Charges": [{**rent["Charges"][0], "Amount": 5}]})
        system.work()

        assert system.sync_of(stored).candidates == [renewal["Id"]]

    def test_another_tenants_move_out_is_not_adopted(
        self, system: System, buildium: Simulator, tenant: StoredEntity
    ) -> None:
        lease = system.fields_of(tenant)["leaseId"]
        other = system.create("tenant", {**TENANT, "firstName": "Other", "leaseId": lease})
        system.work()
        start(system, "lease-move-out", other)
        system.work()
        fault(buildium, "reset_before", "lease-move-out")
        stored = start(system, "lease-move-out", tenant)
        system.work()

        assert known(system, stored) == known(system, tenant)
        assert sorted(made(buildium, "lease-move-out")) == sorted([known(system, tenant), known(system, other)])

    def test_one_tenant_moves_out_of_two_leases(
        self, system: System, buildium: Simulator, tenant: StoredEntity
    ) -> None:
        first = start(system, "lease-move-out", tenant)
        system.work()
        entities: dict[str, StoredEntity] = {}
        for each in CASES["lease"].needs:
            entities[each] = system.create(each, CASES[each].body(entities))
        body = {**CASES["lease"].body(entities), "tenantIds": [tenant.entity.ref.entity_id]}
        lease = system.create("lease", body).entity.ref.entity_id
        system.work()
        fault(buildium, "reset_after", "lease-move-out")
        second = system.create("lease-move-out", operation("lease-move-out", lease, tenant.entity.ref.entity_id))
        system.work()

        assert [system.sync_of(each).status for each in (first, second)] == [Status.SYNCED] * 2
        assert made(buildium, "lease-move-out") == [known(system, tenant)] * 2
