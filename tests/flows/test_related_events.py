"""Events about other entities refresh the ones that they name: paid bills, and leases of tenants."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.clock import format_iso
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import BuildiumRejected, BuildiumUnavailable, RetryLater
from buildium_sync.webhooks.event_parser import Event, parse_events
from tests.flows.system import System
from tests.simulator import Simulator

OPERATIONS = ["Created", "Updated", "Deleted"]
START = "2020-01-01"
DAY = "2020-02-01"


def stored(system: System, payload: dict[str, Any]) -> Event:
    """The event of a webhook payload, as the webhook function stores it."""
    now = system.clock()
    [event] = parse_events(payload, sent=now, received_at=format_iso(now), correlation_id="event")
    return event


def receive_event(system: System, name: str, **ids: Any) -> EventStatus:
    """Apply a Buildium event with these ids."""
    moment = format_iso(system.clock())
    return system.inbound.process_event(
        stored(system, {"EventName": name, "EventDateTime": moment, "AccountId": 1, **ids})
    )


def of(system: System, name: str, buildium_id: int) -> StoredEntity:
    """The local entity of a Buildium id."""
    local_id = system.store.local_ids([(name, buildium_id)])[name, buildium_id]
    return system.records.read(by_name(name), local_id)


def is_local(system: System, name: str, buildium_id: int) -> bool:
    return bool(system.store.local_ids([(name, buildium_id)]))


@pytest.fixture
def bills(system: System, buildium: Simulator) -> list[int]:
    """Three synced bills."""
    vendor = buildium.create("vendors", {"IsCompany": True, "CompanyName": "Pipes Ltd"})["Id"]
    receive_event(system, "Vendor.Created", VendorId=vendor)
    made = [buildium.create("bills", {"VendorId": vendor})["Id"] for _ in range(3)]
    for bill in made:
        receive_event(system, "Bill.Created", BillId=bill)
    buildium.clear_requests()
    return made


@pytest.fixture
def tenant(buildium: Simulator) -> int:
    return int(buildium.create("tenants", {"FirstName": "Noor", "LastName": "Haddad"})["Id"])


@pytest.fixture
def lease(system: System, buildium: Simulator, tenant: int) -> int:
    """A synced lease with a tenant."""
    made = leased(buildium, tenant)
    receive_event(system, "Lease.Created", LeaseId=made)
    assert of(system, "lease", made).entity.fields["buildiumTenantIds"] == [tenant]
    buildium.clear_requests()
    return made


def leased(buildium: Simulator, tenant: int) -> int:
    rental = buildium.create("rentals", {"Name": "Theirs"})["Id"]
    unit = buildium.create("units", {"PropertyId": rental, "UnitNumber": "9"})["Id"]
    fields = {"UnitId": unit, "LeaseType": "AtWill", "LeaseFromDate": START, "Tenants": [{"Id": tenant}]}
    return int(buildium.create("leases", fields)["Id"])


class TestPayments:
    def test_a_payment_refreshes_each_bill_that_it_names(
        self, system: System, buildium: Simulator, bills: list[int]
    ) -> None:
        payment = buildium.pay(bills[:2], DAY)

        assert system.inbound.process_event(stored(system, payment)) is EventStatus.PROCESSED
        assert [of(system, "bill", bill).entity.fields["paidDate"] for bill in bills] == [DAY, DAY, None]
        assert system.calls("GET") == 2

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_a_payment_deletes_no_bill(
        self, operation: str, system: System, buildium: Simulator, bills: list[int]
    ) -> None:
        buildium.edit("bills", bills[0], {"ApprovalStatus": "Approved"})

        status = receive_event(system, f"Bill.Payment.{operation}", PaymentId=bills[1], BillIds=[bills[0]])

        assert status is EventStatus.PROCESSED
        assert of(system, "bill", bills[0]).entity.fields["approvalStatus"] == "Approved"
        assert [of(system, "bill", bill).entity.deleted_at for bill in bills] == [None] * 3
        assert [exchange.path for exchange in buildium.requests()] == [f"/v1/bills/{bills[0]}"]

    def test_a_payment_of_an_unknown_bill_creates_it_locally(
        self, system: System, buildium: Simulator, bills: list[int]
    ) -> None:
        unknown = buildium.create("bills", {"VendorId": buildium.get("bills", bills[0])["VendorId"]})["Id"]

        assert system.inbound.process_event(stored(system, buildium.pay([unknown], DAY))) is EventStatus.PROCESSED
        assert of(system, "bill", unknown).entity.fields["paidDate"] == DAY

    @pytest.mark.parametrize("error", [404, 400, 500])
    def test_an_unreadable_bill_stops_no_other_refresh(
        self, error: int, system: System, buildium: Simulator, bills: list[int]
    ) -> None:
        payment = stored(system, buildium.pay(bills, DAY))
        buildium.fault("status", "GET", f"/bills/{bills[0]}", status=error)

        if error == 404:
            assert system.inbound.process_event(payment) is EventStatus.PROCESSED
        else:
            with pytest.raises((BuildiumRejected, BuildiumUnavailable)):
                system.inbound.process_event(payment)
        assert [of(system, "bill", bill).entity.fields["paidDate"] for bill in bills] == [None, DAY, DAY]

    def test_a_payment_waits_only_for_the_bill_being_written(
        self, system: System, buildium: Simulator, bills: list[int]
    ) -> None:
        payment = stored(system, buildium.pay(bills, DAY))
        buildium.fault("status", "GET", f"/bills/{bills[1]}", status=400)
        system.update(of(system, "bill", bills[0]), {"memo": "Ours"})
        outcome = system.during("/v1/bills", lambda: system.inbound.process_event(payment), "PUT")
        system.work()

        assert isinstance(outcome[0], RetryLater)
        assert of(system, "bill", bills[2]).entity.fields["paidDate"] == DAY

    def test_a_payment_right_after_an_update_is_no_echo(
        self, system: System, buildium: Simulator, bills: list[int]
    ) -> None:
        bill = of(system, "bill", bills[0])
        system.update(bill, {"memo": "Ours"})
        system.work()

        system.inbound.process_event(stored(system, buildium.pay([bills[0]], DAY)))
        buildium.clear_requests()
        own = receive_event(system, "Bill.Updated", BillId=bills[0])

        assert of(system, "bill", bills[0]).entity.fields["paidDate"] == DAY
        assert (own, buildium.requests()) == (EventStatus.PROCESSED, [])

    @pytest.mark.parametrize("ids", [None, [], "all", {}, [None, "x", 0, -1, 1.5, True], {"Id": 7}])
    def test_a_payment_that_names_no_bill_is_ignored(self, ids: Any, system: System, buildium: Simulator) -> None:
        assert receive_event(system, "Bill.Payment.Created", PaymentId=7, BillIds=ids) is EventStatus.IGNORED
        assert buildium.requests() == []

    @pytest.mark.parametrize("spelling", [str, int])
    def test_a_bill_named_twice_is_read_once(
        self, spelling: type, system: System, buildium: Simulator, bills: list[int]
    ) -> None:
        buildium.pay(bills[:1], DAY)

        receive_event(system, "Bill.Payment.Created", PaymentId=7, BillIds=[bills[0], spelling(bills[0]), None])

        assert of(system, "bill", bills[0]).entity.fields["paidDate"] == DAY
        assert system.calls("GET") == 1


class TestLeases:
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_a_move_out_refreshes_its_lease_and_deletes_none(
        self, operation: str, system: System, buildium: Simulator, lease: int, tenant: int
    ) -> None:
        event = {**buildium.move_out(lease, tenant, DAY), "EventName": f"Lease.MoveOut.{operation}"}

        assert system.inbound.process_event(stored(system, event)) is EventStatus.PROCESSED
        kept = of(system, "lease", lease)
        assert (kept.entity.fields["buildiumTenantIds"], kept.entity.deleted_at) == ([], None)

    @pytest.mark.parametrize("operation", ["Created", "Updated"])
    def test_a_tenants_event_refreshes_each_lease_of_the_tenant(
        self, operation: str, system: System, buildium: Simulator, lease: int, tenant: int
    ) -> None:
        other = leased(buildium, tenant)
        receive_event(system, "Lease.Created", LeaseId=other)
        for each in (lease, other):
            buildium.edit("leases", each, {"IsEvictionPending": True})

        assert receive_event(system, f"LeaseTenant.{operation}", TenantId=tenant) is EventStatus.PROCESSED
        assert [of(system, "lease", each).entity.fields["isEvictionPending"] for each in (lease, other)] == [True, True]

    def test_a_tenants_event_creates_no_lease(
        self, system: System, buildium: Simulator, lease: int, tenant: int
    ) -> None:
        other = leased(buildium, tenant)

        assert receive_event(system, "LeaseTenant.Updated", TenantId=tenant) is EventStatus.PROCESSED
        assert not is_local(system, "lease", other)

    def test_a_deleted_tenants_event_deletes_no_lease(
        self, system: System, buildium: Simulator, lease: int, tenant: int
    ) -> None:
        buildium.delete("tenants", tenant)

        assert receive_event(system, "LeaseTenant.Deleted", TenantId=tenant) is EventStatus.IGNORED
        assert of(system, "lease", lease).entity.deleted_at is None

    def test_a_tenant_event_in_batch_form_refreshes_the_lease(
        self, system: System, buildium: Simulator, lease: int, tenant: int
    ) -> None:
        buildium.edit("leases", lease, {"IsEvictionPending": True})
        item = {"Id": "e", "EventType": "LeaseTenantUpdated", "EntityType": "LeaseTenant", "EntityId": tenant}

        system.inbound.process_event(stored(system, {"Events": [{**item, "EventDate": DAY}]}))

        assert of(system, "lease", lease).entity.fields["isEvictionPending"] is True


class TestEventNames:
    @pytest.mark.parametrize(
        ("name", "ids"),
        [
            ("Bill.PaymentPlan.Created", {"BillIds": [1]}),
            ("BillPayment.Sent.Created", {"BillIds": [1]}),
            ("Lease.MoveOutNotice.Created", {"LeaseId": 1}),
            ("LeaseTenantNote.Created", {"TenantId": 1}),
            ("AssociationTenant.Updated", {"TenantId": 1}),
            ("Lease.MoveOut.Moved", {"LeaseId": 1}),
        ],
    )
    def test_related_events_are_matched_by_their_whole_name(
        self, name: str, ids: dict[str, Any], system: System, buildium: Simulator
    ) -> None:
        assert receive_event(system, name, **ids) is EventStatus.IGNORED
        assert buildium.requests() == []
