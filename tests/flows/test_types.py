"""Every entity type, outbound and inbound: the same rules for all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.merge import differs
from buildium_sync.domain.reference_contract import Links
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import RetryLater
from buildium_sync.linking.id_links import resolve_links
from tests.flows.system import OWNER, PROPERTY, TENANT, System
from tests.simulator import Simulator

PAST_THE_ECHO = 60.0
Made = dict[str, StoredEntity]


@dataclass(frozen=True)
class Case:
    """The test data of one type: its body, a local change and a change in Buildium."""

    name: str
    remote: str
    body: Callable[[Made], dict[str, Any]]
    local_changed: dict[str, Any]
    remote_changed: dict[str, Any]
    shown: tuple[str, Any]
    id_field: str
    subject: str
    needs: tuple[str, ...] = ()


def _id(made: Made, name: str) -> str:
    return made[name].entity.ref.entity_id


CASES = {
    case.name: case
    for case in (
        Case(
            "bank-account",
            "bankaccounts",
            lambda _made: {"name": "Trust", "bankAccountType": "Checking", "country": "US"},
            {"name": "Trust 2"},
            {"Name": "Theirs"},
            ("name", "Theirs"),
            "BankAccountId",
            "BankAccount",
        ),
        Case(
            "property",
            "rentals",
            lambda _made: PROPERTY,
            {"name": "Sunrise"},
            {"Name": "Theirs"},
            ("name", "Theirs"),
            "PropertyId",
            "Rental",
        ),
        Case(
            "unit",
            "units",
            lambda made: {
                "propertyId": _id(made, "property"),
                "unitNumber": "2A",
                **{name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")},
            },
            {"unitNumber": "2B"},
            {"UnitNumber": "9"},
            ("unitNumber", "9"),
            "UnitId",
            "RentalUnit",
            ("property",),
        ),
        Case(
            "owner",
            "owners",
            lambda made: {**OWNER, "propertyIds": [_id(made, "property")]},
            {"lastName": "Roe"},
            {"LastName": "Theirs"},
            ("lastName", "Theirs"),
            "OwnerId",
            "Owner",
            ("property",),
        ),
        Case(
            "vendor",
            "vendors",
            lambda _made: {"isCompany": True, "companyName": "Pipes Ltd"},
            {"companyName": "Pipes and Sons"},
            {"CompanyName": "Theirs"},
            ("companyName", "Theirs"),
            "VendorId",
            "Vendor",
        ),
        Case(
            "task",
            "tasks",
            lambda made: {"title": "Fix the tap", "propertyId": _id(made, "property")},
            {"title": "Fix both taps"},
            {"Title": "Theirs"},
            ("title", "Theirs"),
            "TaskId",
            "Task",
            ("property",),
        ),
        Case(
            "work-order",
            "workorders",
            lambda made: {"vendorId": _id(made, "vendor"), "taskId": _id(made, "task"), "workDetails": "It drips."},
            {"workDetails": "It pours."},
            {"WorkDetails": "Theirs"},
            ("workDetails", "Theirs"),
            "WorkOrderId",
            "WorkOrder",
            ("property", "vendor", "task"),
        ),
        Case(
            "bill",
            "bills",
            lambda made: {
                "date": "2026-01-01",
                "dueDate": "2026-01-31",
                "vendorId": _id(made, "vendor"),
                "lines": [
                    {"accountingEntityId": _id(made, "property"), "amount": 120.5, "memo": "Labour"},
                    {"accountingEntityId": _id(made, "property"), "amount": 30, "memo": "Parts"},
                ],
            },
            {"memo": "Two taps"},
            {"Memo": "Theirs"},
            ("memo", "Theirs"),
            "BillId",
            "Bill",
            ("property", "vendor"),
        ),
        Case(
            "lease",
            "leases",
            lambda made: {
                "leaseType": "Fixed",
                "unitId": _id(made, "unit"),
                "leaseFromDate": "2026-01-01",
                "leaseToDate": "2026-12-31",
            },
            {"leaseToDate": "2027-01-31"},
            {"LeaseToDate": "2027-06-30"},
            ("leaseToDate", "2027-06-30"),
            "LeaseId",
            "Lease",
            ("property", "unit"),
        ),
        Case(
            "tenant",
            "tenants",
            lambda made: {
                **TENANT,
                "leaseId": _id(made, "lease"),
            },
            {"lastName": "Roe"},
            {"LastName": "Theirs"},
            ("lastName", "Theirs"),
            "TenantId",
            "LeaseTenant",
            ("property", "unit", "lease"),
        ),
    )
}
EVERY_TYPE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def make(system: System, case: Case) -> StoredEntity:
    made: Made = {}
    for name in case.needs:
        made[name] = system.create(name, CASES[name].body(made))
    return system.create(case.name, case.body(made))


def synced(system: System, case: Case) -> StoredEntity:
    kept = make(system, case)
    system.work()
    record = system.sync_of(kept)
    assert record.status is Status.SYNCED, record.error_message
    return kept


def known(system: System, kept: StoredEntity) -> int:
    buildium_id = system.sync_of(kept).buildium_id
    assert buildium_id is not None
    return buildium_id


def _links(system: System, kept: StoredEntity) -> Links:
    return resolve_links(system.store, kept.entity_type, system.fields_of(kept))


class TestDependencies:
    @EVERY_TYPE
    def test_a_chain_of_dependencies_created_at_once_syncs(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = synced(system, case)

        assert known(system, kept) in {entity["Id"] for entity in buildium.state()[case.remote]}
        assert system.queue.dead_lettered == []

    @EVERY_TYPE
    def test_a_chain_of_dependencies_syncs_in_reverse_order(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = make(system, case)
        system.queue.reverse()
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED


class TestOutboundSync:
    @EVERY_TYPE
    def test_values_added_by_buildium_to_a_create_are_stored_locally(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = synced(system, case)

        shown = buildium.get(case.remote, known(system, kept))
        links = resolve_links(system.store, kept.entity_type, system.fields_of(kept), shown)
        read = kept.entity_type.from_buildium(shown, links)
        left_out = {name: value for name, value in read.items() if kept.entity.fields.get(name) is None}
        assert not differs(kept.entity_type, system.fields_of(kept), left_out)
        assert not differs(kept.entity_type, system.sync_of(kept).base or {}, left_out)

    @EVERY_TYPE
    def test_an_update_reaches_buildium_and_makes_no_second_entity(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = synced(system, case)
        before = len(buildium.state()[case.remote])
        system.update(kept, case.local_changed)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.error_message) == (Status.SYNCED, None)
        assert len(buildium.state()[case.remote]) == before
        read = kept.entity_type.from_buildium(buildium.get(case.remote, known(system, kept)), _links(system, kept))
        assert {name: read[name] for name in case.local_changed} == case.local_changed

    @EVERY_TYPE
    def test_an_update_keeps_values_set_in_buildium(self, case: Case, system: System, buildium: Simulator) -> None:
        kept = synced(system, case)
        before = buildium.get(case.remote, known(system, kept))
        system.update(kept, case.local_changed)
        system.work()

        after = buildium.get(case.remote, known(system, kept))
        lost = {name for name, value in before.items() if value and not after.get(name)}
        assert lost == set()

    def test_an_update_erasing_a_masked_tax_id_is_blocked(self, system: System, buildium: Simulator) -> None:
        kept = synced(system, CASES["vendor"])
        masked = {"TaxPayerIdType": "SSN", "TaxPayerId": "***-**-6789", "TaxPayerName1": "Pat", "IncludeIn1099": True}
        buildium.edit("vendors", known(system, kept), {"TaxInformation": masked})
        system.update(kept, CASES["vendor"].local_changed)
        system.work()

        assert (system.sync_of(kept).status, system.calls("PUT")) == (Status.BLOCKED, 0)
        assert buildium.get("vendors", known(system, kept))["TaxInformation"] == masked

    @EVERY_TYPE
    def test_a_lost_create_is_adopted(self, case: Case, system: System, buildium: Simulator) -> None:
        made: Made = {}
        for name in case.needs:
            made[name] = system.create(name, CASES[name].body(made))
        system.work()
        count = len(buildium.state()[case.remote])
        buildium.fault("reset_after", method="POST", path=by_name(case.name).create_path())
        kept = system.create(case.name, case.body(made))
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        # A property's first unit claims the auto-created one.
        assert len(buildium.state()[case.remote]) == count + (case.name != "unit")

    @pytest.mark.reads_unlisted_values
    def test_an_update_gives_a_task_without_an_assignee_the_default(self, system: System, buildium: Simulator) -> None:
        kept = synced(system, CASES["task"])
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit("tasks", known(system, kept), {"AssignedToUserId": None})
        system.inbound.process_event(system.event("Task.Updated", "TaskId", known(system, kept)))
        system.update(kept, CASES["task"].local_changed)
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert buildium.get("tasks", known(system, kept))["AssignedToUserId"] == 201


class TestInboundSync:
    @EVERY_TYPE
    def test_an_edit_in_buildium_updates_the_local_entity(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = synced(system, case)
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit(case.remote, known(system, kept), case.remote_changed)

        status = system.inbound.process_event(
            system.event(f"{case.subject}.Updated", case.id_field, known(system, kept))
        )

        field, value = case.shown
        assert status is EventStatus.PROCESSED
        assert system.fields_of(kept)[field] == value

    @EVERY_TYPE
    def test_a_buildium_entity_is_created_locally(self, case: Case, system: System, buildium: Simulator) -> None:
        synced(system, case)
        remote = buildium.create(case.remote, case.remote_changed)
        system.clock.sleep(PAST_THE_ECHO)

        status = system.inbound.process_event(system.event(f"{case.subject}.Created", case.id_field, remote["Id"]))

        assert status is EventStatus.PROCESSED
        assert (case.name, remote["Id"]) in system.store.local_ids([(case.name, remote["Id"])])

    @EVERY_TYPE
    def test_an_entity_deleted_in_buildium_is_soft_deleted(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = synced(system, case)
        system.clock.sleep(PAST_THE_ECHO)
        buildium.delete(case.remote, known(system, kept))

        system.inbound.process_event(system.event(f"{case.subject}.Deleted", case.id_field, known(system, kept)))
        system.inbound.process_event(system.event(f"{case.subject}.Updated", case.id_field, known(system, kept)))

        entity = system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity
        assert entity.deleted_at is not None
        assert entity.fields["status"] == "Inactive"

    @EVERY_TYPE
    def test_a_false_deleted_event_deletes_nothing(self, case: Case, system: System, buildium: Simulator) -> None:
        kept = synced(system, case)
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit(case.remote, known(system, kept), case.remote_changed)

        status = system.inbound.process_event(
            system.event(f"{case.subject}.Deleted", case.id_field, known(system, kept))
        )

        entity = system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity
        assert status is EventStatus.PROCESSED
        assert entity.deleted_at is None
        assert entity.version > kept.entity.version


class TestAutoCreatedUnit:
    def test_the_first_unit_claims_the_auto_created_unit(self, system: System, buildium: Simulator) -> None:
        unit = synced(system, CASES["unit"])

        [remote] = buildium.state()["units"]
        assert (remote["Id"], remote["UnitNumber"]) == (known(system, unit), "2A")
        assert system.calls("POST", "/v1/rentals/units") == 0

    def test_only_one_unit_claims_the_auto_created_unit(self, system: System, buildium: Simulator) -> None:
        made: Made = {"property": system.create("property", PROPERTY)}
        units = [
            system.create("unit", {**CASES["unit"].body(made), "unitNumber": number}) for number in ("1", "2", "3")
        ]
        system.work()

        assert {known(system, unit) for unit in units} == {remote["Id"] for remote in buildium.state()["units"]}

    def test_the_auto_created_unit_of_a_lost_create_is_claimed(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        synced(system, CASES["unit"])

        assert len(buildium.state()["units"]) == 1

    def test_an_auto_created_units_event_creates_no_second_unit(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", PROPERTY)
        system.work()
        [remote] = buildium.state()["units"]
        created = system.inbound.process_event(system.event("RentalUnit.Created", "UnitId", remote["Id"]))
        read = system.calls("GET", f"/v1/rentals/units/{remote['Id']}")
        system.create("unit", CASES["unit"].body({"property": property_}))
        system.work()

        assert (created, read) == (EventStatus.IGNORED, 0)
        assert len(buildium.state()["units"]) == 1

    def test_a_units_event_waits_for_its_propertys_create(self, system: System, buildium: Simulator) -> None:
        system.create("property", PROPERTY)

        def overtaking() -> EventStatus:
            return system.inbound.process_event(
                system.event("RentalUnit.Created", "UnitId", buildium.state()["units"][0]["Id"])
            )

        outcome = system.during("/v1/rentals", overtaking, "POST")
        system.work()

        assert isinstance(outcome[0], RetryLater)

    def test_an_auto_created_unit_is_created_locally_after_an_edit(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", PROPERTY)
        system.work()
        [remote] = buildium.state()["units"]

        system.inbound.process_event(system.event("RentalUnit.Updated", "UnitId", remote["Id"]))

        assert system.store.local_ids([("unit", remote["Id"])])
        assert system.store.auto_created_unit(property_.entity.ref, "unit") is None
