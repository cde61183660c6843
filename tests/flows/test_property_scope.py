"""A stack that BUILDIUM_PROPERTY_IDS limits to some properties, end to end in one process."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ErrorCode, OutOfScope
from tests.clocks import VirtualClock
from tests.flows.ledger_bodies import INCOME, income_account
from tests.flows.schedule import EVERY, NAMES, TIME, Schedule
from tests.flows.system import OWNER, PROPERTY, TENANT, System
from tests.flows.test_drift import DriftOf
from tests.flows.test_import import THEIRS
from tests.flows.test_nightly_drift import Nights
from tests.flows.test_poll import ADDRESS, account
from tests.flows.test_types import PAST_THE_ECHO
from tests.simulator import Simulator
from tests.simulator.payloads import ledger_entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Home = dict[str, int]
"""The Buildium ids of a property and of one entity of every other type, by type."""
Deploy = Callable[..., Schedule]

SHARED = ("bank-account", "vendor")
"""The types without a property."""
SCOPED = tuple(name for name in NAMES if name not in SHARED)
EVENTS = {
    "property": ("Rental", "PropertyId"),
    "unit": ("RentalUnit", "UnitId"),
    "task": ("Task", "TaskId"),
    "work-order": ("WorkOrder", "WorkOrderId"),
    "bill": ("Bill", "BillId"),
    "lease": ("Lease", "LeaseId"),
    "tenant": ("LeaseTenant", "TenantId"),
    "lease-transaction": ("LeaseTransaction", "TransactionId"),
}
CHANGES: dict[str, dict[str, Any]] = {
    "property": {"name": "Local"},
    "unit": {"description": "Local"},
    "owner": {"comment": "Local"},
    "task": {"title": "Local"},
    "work-order": {"workDetails": "Local"},
    "bill": {"memo": "Local"},
    "lease": {"isEvictionPending": True},
    "tenant": {"comment": "Local"},
}
"""A client's change of each type."""
REMOTE_CHANGES: dict[str, dict[str, Any]] = {
    "property": {"Name": "Remote"},
    "unit": {"Description": "Remote"},
    "owner": {"Comment": "Remote"},
    "task": {"Title": "Remote"},
    "work-order": {"WorkDetails": "Remote"},
    "bill": {"Memo": "Remote"},
    "lease": {"IsEvictionPending": True},
    "tenant": {"Comment": "Remote"},
}
HOME = {**PROPERTY, "operatingBankAccountId": 1}
PLACE = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
LINE = {"amount": 10, "glAccountId": 301}


def home(buildium: Simulator) -> Home:
    """Create a property with one entity of every type in Buildium."""
    ids = account(buildium)
    entity = {"Id": ids["property"], "AccountingEntityType": "Rental", "Href": None, "Unit": None}
    line = {"Id": 1, "AccountingEntity": entity, "GLAccount": {"Id": 301}, "Amount": 10, "Memo": None, "Markup": None}
    buildium.edit("bills", ids["bill"], {"Lines": [line]})
    entry = ledger_entry(ids["lease"], "Charge", 25.5, Date="2026-02-01")
    [automatic] = [
        each["Id"]
        for each in buildium.state()["units"]
        if each["Id"] != ids["unit"] and each["PropertyId"] == ids["property"]
    ]
    buildium.delete("units", automatic)
    return {**ids, "lease-transaction": int(buildium.create("leasetransactions", entry)["Id"])}


@pytest.fixture
def inside(buildium: Simulator) -> Home:
    income_account(buildium)
    return home(buildium)


@pytest.fixture
def outside(inside: Home, buildium: Simulator) -> Home:
    return home(buildium)


@pytest.fixture
def deploy(
    dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    """Deploy the stack with these property ids, as a new deployment does."""

    def run(*property_ids: int) -> Schedule:
        listed = ",".join(map(str, property_ids))
        return Schedule(System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_PROPERTY_IDS=listed), monkeypatch)

    return run


@pytest.fixture
def limited(deploy: Deploy, inside: Home, outside: Home) -> Schedule:
    """A stack that syncs one of the two properties."""
    return deploy(inside["property"])


@pytest.fixture
def narrowed(deploy: Deploy, inside: Home, outside: Home) -> Schedule:
    """A stack that has imported both properties before it was limited to one."""
    deploy().import_all()
    return deploy(inside["property"])


def local_ids(schedule: Schedule, name: str) -> set[int | None]:
    """Return the Buildium ids of the local entities of a type."""
    return {each.sync.buildium_id for each in schedule.kept(name)}


def event(schedule: Schedule, name: str, operation: str, buildium_id: int) -> EventStatus:
    """Process an event about an entity."""
    subject, id_field = EVENTS[name]
    return schedule.system.inbound.process_event(schedule.system.event(f"{subject}.{operation}", id_field, buildium_id))


def assert_out_of_scope(schedule: Schedule, kept: StoredEntity | EntityRef, property_id: int) -> None:
    sync = schedule.system.sync_of(kept)
    assert (sync.status, sync.error_code) == (Status.BLOCKED, ErrorCode.OUT_OF_SCOPE)
    assert f"property {property_id} is not in BUILDIUM_PROPERTY_IDS" in (sync.error_message or "")
    assert f"add {property_id} to the setting" in (sync.error_message or "")


def assert_nothing_written(schedule: Schedule) -> None:
    assert [schedule.system.calls(method) for method in ("POST", "PUT", "PATCH", "DELETE")] == [0, 0, 0, 0]


def poll_balances(schedule: Schedule) -> None:
    schedule.deadline = schedule.clock() + TIME
    schedule.reconcile.balance_poller(schedule.time_left).run()


def stored_balances(schedule: Schedule) -> set[int]:
    """Return the Buildium ids of the leases that owe something."""
    page = schedule.system.api.balances.page(Decimal(1), limit=100, cursor=None)
    return {each["buildiumLeaseId"] for each in page["items"]}


class TestInbound:
    def test_an_import_creates_only_what_is_in_scope(self, limited: Schedule, inside: Home, outside: Home) -> None:
        progress = limited.import_all()

        assert {each.failed for each in progress.types.values()} == {0}
        assert {name: local_ids(limited, name) for name in SCOPED} == {name: {inside[name]} for name in SCOPED}
        assert all(local_ids(limited, name) >= {inside[name], outside[name]} for name in SHARED)

    def test_a_poll_creates_only_what_is_in_scope(
        self, deploy: Deploy, buildium: Simulator, inside: Home, clock: VirtualClock
    ) -> None:
        schedule = deploy(inside["property"])
        schedule.import_all()
        schedule.poll()
        clock.sleep(EVERY)
        home(buildium)

        schedule.poll_later()

        assert {name: local_ids(schedule, name) for name in SCOPED} == {name: {inside[name]} for name in SCOPED}
        assert all(not schedule.polled(name).failed_this_run for name in SCOPED)

    @pytest.mark.parametrize("name", EVENTS)
    def test_an_event_is_ignored_out_of_scope(self, limited: Schedule, inside: Home, outside: Home, name: str) -> None:
        with pytest.raises(OutOfScope, match=f"property {outside['property']} is not in BUILDIUM_PROPERTY_IDS"):
            event(limited, name, "Created", outside[name])

        assert event(limited, name, "Created", inside[name]) is EventStatus.PROCESSED
        assert local_ids(limited, name) == {inside[name]}

    def test_an_excluded_event_is_not_deferred(self, limited: Schedule, outside: Home) -> None:
        created = limited.system.event("Lease.Created", "LeaseId", outside["lease"])

        with pytest.raises(OutOfScope):
            limited.system.inbound.process_event(created, 0)

    def test_an_excluded_property_does_not_defer_its_owner(
        self, limited: Schedule, buildium: Simulator, inside: Home, outside: Home
    ) -> None:
        limited.import_all("property")
        both = [inside["property"], outside["property"]]
        made = buildium.create("owners", {"FirstName": "Ann", "Address": ADDRESS, "PropertyIds": both})
        created = limited.system.event("Owner.Created", "OwnerId", made["Id"])

        assert limited.system.inbound.process_event(created, 0) is EventStatus.PROCESSED
        assert len(limited.of("owner", made["Id"]).entity.fields["propertyIds"]) == 1

    def test_a_task_of_an_association_is_out_of_scope(
        self, limited: Schedule, buildium: Simulator, inside: Home
    ) -> None:
        place = {"Id": inside["property"], "Type": "Association", "Href": None}
        made = buildium.create("tasks", {"Title": "Mow", "Property": place})

        with pytest.raises(OutOfScope, match="association"):
            event(limited, "task", "Created", made["Id"])

    def test_a_task_without_a_property_is_in_scope(self, limited: Schedule, buildium: Simulator) -> None:
        made = buildium.create("tasks", {"Title": "Call"})

        assert event(limited, "task", "Created", made["Id"]) is EventStatus.PROCESSED

    def test_an_import_does_not_link_an_excluded_property(
        self, deploy: Deploy, buildium: Simulator, inside: Home
    ) -> None:
        schedule = deploy(inside["property"])
        buildium.create("rentals", THEIRS)
        buildium.fault("status", method="POST", path="/rentals", status=422)
        kept = schedule.system.create("property", HOME)
        schedule.system.work()

        schedule.import_all("property")

        sync = schedule.system.sync_of(kept)
        assert (sync.status, sync.buildium_id) == (Status.FAILED, None)

    def test_balances_of_unlinked_leases_out_of_scope_are_not_stored(self, limited: Schedule, inside: Home) -> None:
        poll_balances(limited)

        assert stored_balances(limited) == {inside["lease"]}

    def test_a_drift_check_reports_only_what_is_in_scope(self, limited: Schedule, inside: Home) -> None:
        report = DriftOf(limited).compare()

        found = {(each["entityType"], each["buildiumId"]) for each in report["items"] if each["entityType"] in SCOPED}
        assert found == {(name, inside[name]) for name in SCOPED}


class TestOutbound:
    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("unit", lambda ids: {"propertyId": ids["property"], "unitNumber": "2", **PLACE}),
            ("lease", lambda ids: {"unitId": ids["unit"], "leaseType": "AtWill", "leaseFromDate": "2026-01-01"}),
            ("tenant", lambda ids: {**TENANT, "leaseId": ids["lease"]}),
            ("task", lambda ids: {"title": "Fix", "propertyId": ids["property"]}),
            ("work-order", lambda ids: {"vendorId": ids["vendor"], "title": "Fix", "propertyId": ids["property"]}),
            ("work-order", lambda ids: {"vendorId": ids["vendor"], "taskId": ids["task"]}),
            (
                "bill",
                lambda ids: {
                    "vendorId": ids["vendor"],
                    "date": "2026-01-05",
                    "dueDate": "2026-02-05",
                    "lines": [{**LINE, "accountingEntityId": ids["property"]}],
                },
            ),
            (
                "lease-charge",
                lambda ids: {
                    "leaseId": ids["lease"],
                    "date": "2026-01-05",
                    "lines": [{"glAccountId": INCOME, "amount": 5}],
                },
            ),
            (
                "lease-move-out",
                lambda ids: {"leaseId": ids["lease"], "tenantId": ids["tenant"], "moveOutDate": "2026-03-01"},
            ),
        ],
    )
    def test_a_reference_to_an_excluded_property_blocks_a_create(
        self, limited: Schedule, outside: Home, name: str, body: Callable[[Home], dict[str, Any]]
    ) -> None:
        kept = limited.system.create(name, body(outside))
        limited.system.work_once()

        assert_out_of_scope(limited, kept, outside["property"])
        assert "remove the reference in" in (limited.system.sync_of(kept).error_message or "")
        assert_nothing_written(limited)

    def test_a_reference_to_a_listed_property_is_sent(self, limited: Schedule, inside: Home) -> None:
        unit = limited.system.create("unit", {"propertyId": inside["property"], "unitNumber": "2", **PLACE})
        limited.system.work()

        assert limited.system.sync_of(unit).status is Status.SYNCED

    def test_an_entity_that_buildium_moved_away_is_not_updated(
        self, limited: Schedule, buildium: Simulator, inside: Home, outside: Home
    ) -> None:
        limited.import_all()
        place = {"Id": outside["property"], "Type": "Rental", "Href": None}
        buildium.edit("tasks", inside["task"], {"Property": place})
        limited.clock.sleep(PAST_THE_ECHO)

        kept = limited.system.update(limited.of("task", inside["task"]), {"title": "Local"})
        limited.system.work_once()

        assert_out_of_scope(limited, kept, outside["property"])
        assert_nothing_written(limited)


class TestCreatedProperty:
    def test_a_created_property_is_in_scope_with_its_entities(self, limited: Schedule, buildium: Simulator) -> None:
        system = limited.system
        kept = system.create("property", HOME)
        unit = system.create("unit", {"propertyId": kept.entity.ref.entity_id, "unitNumber": "2", **PLACE})
        owner = system.create("owner", {**OWNER, "propertyIds": [kept.entity.ref.entity_id]})
        system.work()
        number = system.sync_of(kept).buildium_id or 0
        system.clock.sleep(PAST_THE_ECHO)
        other = buildium.create("units", {"PropertyId": number, "UnitNumber": "9", "Address": ADDRESS})["Id"]
        buildium.edit("rentals", number, {"Name": "Remote"})

        assert {system.sync_of(each).status for each in (kept, unit, owner)} == {Status.SYNCED}
        assert event(limited, "property", "Updated", number) is EventStatus.PROCESSED
        assert event(limited, "unit", "Created", other) is EventStatus.PROCESSED
        assert system.fields_of(kept)["name"] == "Remote"

    def test_an_adopted_lost_create_is_in_scope(self, limited: Schedule, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = limited.system.create("property", HOME)
        limited.system.work()
        limited.system.update(kept, {"name": "Local"})
        limited.clock.sleep(PAST_THE_ECHO)
        limited.system.work()

        sync = limited.system.sync_of(kept)
        assert (sync.status, limited.system.calls("POST", "/v1/rentals")) == (Status.SYNCED, 1)
        assert sync.created_buildium_id == sync.buildium_id

    def test_a_reviewed_lost_create_is_in_scope(self, limited: Schedule, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = limited.system.create("property", HOME)
        limited.system.work_once()
        made = max(each["Id"] for each in buildium.state()["rentals"])
        buildium.edit("rentals", made, {"Name": "Edited in Buildium"})
        limited.system.work()
        assert limited.system.sync_of(kept).candidates == [made]

        limited.review.decide(kept.entity.ref, made)
        limited.system.work()
        sync = limited.system.sync_of(kept)
        assert (sync.status, sync.buildium_id, sync.created_buildium_id) == (Status.SYNCED, made, made)

    def test_a_reviewed_match_of_another_property_stays_out_of_scope(
        self, deploy: Deploy, buildium: Simulator, inside: Home
    ) -> None:
        everything = deploy()
        buildium.fault("status", method="POST", path="/rentals", status=422)
        kept = everything.system.create("property", HOME)
        everything.system.work()
        made = [buildium.create("rentals", THEIRS)["Id"] for _ in range(2)]
        everything.import_all("property")

        narrowed = deploy(inside["property"])
        narrowed.review.decide(kept.entity.ref, made[0])
        narrowed.system.work()
        assert_out_of_scope(narrowed, kept, made[0])


class TestNarrowed:
    @pytest.mark.parametrize("name", CHANGES)
    def test_only_edits_of_linked_entities_in_scope_are_sent(
        self, narrowed: Schedule, inside: Home, outside: Home, name: str
    ) -> None:
        kept = narrowed.of(name, outside[name])
        narrowed.clock.sleep(PAST_THE_ECHO)
        narrowed.system.update(kept, CHANGES[name])
        narrowed.system.work_once()

        assert_out_of_scope(narrowed, kept, outside["property"])
        assert_nothing_written(narrowed)
        other = narrowed.system.update(narrowed.of(name, inside[name]), CHANGES[name])
        narrowed.system.work_once()
        assert narrowed.system.sync_of(other).error_code is not ErrorCode.OUT_OF_SCOPE

    def test_a_blocked_edit_is_sent_once_the_property_is_listed_again(
        self, narrowed: Schedule, deploy: Deploy, inside: Home, outside: Home
    ) -> None:
        kept = narrowed.of("unit", outside["unit"])
        narrowed.clock.sleep(PAST_THE_ECHO)
        narrowed.system.update(kept, CHANGES["unit"])
        narrowed.system.work_once()

        widened = deploy(inside["property"], outside["property"])
        widened.clock.sleep(3600)
        widened.reconcile.sweeper().run()
        widened.system.work()

        assert widened.system.sync_of(kept).status is Status.SYNCED

    @pytest.mark.parametrize("name", [each for each in EVENTS if each in REMOTE_CHANGES])
    def test_an_event_changes_nothing_out_of_scope(
        self, narrowed: Schedule, buildium: Simulator, outside: Home, name: str
    ) -> None:
        narrowed.clock.sleep(PAST_THE_ECHO)
        kept = narrowed.of(name, outside[name])
        buildium.edit(NAMES[name], outside[name], REMOTE_CHANGES[name])

        with pytest.raises(OutOfScope):
            event(narrowed, name, "Updated", outside[name])

        assert narrowed.of(name, outside[name]).entity == kept.entity

    @pytest.mark.parametrize("name", EVENTS)
    def test_an_event_deletes_nothing_out_of_scope(
        self, narrowed: Schedule, buildium: Simulator, outside: Home, name: str
    ) -> None:
        narrowed.clock.sleep(PAST_THE_ECHO)
        buildium.delete(NAMES[name], outside[name])

        with pytest.raises(OutOfScope):
            event(narrowed, name, "Deleted", outside[name])

        assert narrowed.of(name, outside[name]).entity.deleted_at is None

    @pytest.mark.parametrize("read", [Schedule.poll_later, Schedule.import_all])
    def test_lists_change_nothing_out_of_scope(
        self, narrowed: Schedule, buildium: Simulator, inside: Home, outside: Home, read: Callable[[Schedule], object]
    ) -> None:
        narrowed.poll()
        narrowed.clock.sleep(PAST_THE_ECHO)
        before = {name: narrowed.of(name, outside[name]).entity for name in REMOTE_CHANGES}
        for name, change in REMOTE_CHANGES.items():
            buildium.edit(NAMES[name], outside[name], change)
            buildium.edit(NAMES[name], inside[name], change)

        read(narrowed)

        assert {name: narrowed.of(name, outside[name]).entity for name in REMOTE_CHANGES} == before
        assert all(narrowed.of(name, inside[name]).entity.version > 1 for name in REMOTE_CHANGES)

    def test_a_deleted_entity_is_not_restored_out_of_scope(
        self, narrowed: Schedule, deploy: Deploy, outside: Home, inside: Home
    ) -> None:
        everything = deploy()
        [ref] = [each.entity.ref for each in everything.kept("unit") if each.sync.buildium_id == outside["unit"]]
        everything.system.inbound.mark_deleted(everything.of("unit", outside["unit"]).entity_type, ref)
        schedule = deploy(inside["property"])
        schedule.clock.sleep(PAST_THE_ECHO)

        with pytest.raises(OutOfScope):
            event(schedule, "unit", "Updated", outside["unit"])
        schedule.import_all("unit")

        assert schedule.of("unit", outside["unit"]).entity.deleted_at

    def test_balances_of_linked_leases_stay_true(self, narrowed: Schedule, inside: Home, outside: Home) -> None:
        poll_balances(narrowed)

        assert stored_balances(narrowed) == {inside["lease"], outside["lease"]}

    def test_the_nightly_check_deletes_nothing_out_of_scope(
        self, narrowed: Schedule, buildium: Simulator, outside: Home
    ) -> None:
        for name in reversed(SCOPED):
            buildium.delete(NAMES[name], outside[name])
        nights = Nights(narrowed)
        for _ in range(3):
            nights.pass_night()

        assert [name for name in SCOPED if narrowed.of(name, outside[name]).entity.deleted_at] == []
        assert narrowed.reconcile.drift_service().report(None, None)["items"] == []

    def test_a_repair_of_an_old_report_deletes_nothing_out_of_scope(
        self, deploy: Deploy, buildium: Simulator, inside: Home, outside: Home
    ) -> None:
        everything = deploy()
        everything.import_all()
        buildium.delete("units", outside["unit"])
        DriftOf(everything).compare("unit")

        narrowed = deploy(inside["property"])
        DriftOf(narrowed).repair()

        assert narrowed.of("unit", outside["unit"]).entity.deleted_at is None

    def test_a_repair_of_an_old_report_links_no_excluded_property(
        self, deploy: Deploy, buildium: Simulator, inside: Home
    ) -> None:
        everything = deploy()
        made = buildium.create("rentals", THEIRS)
        buildium.fault("status", method="POST", path="/rentals", status=422)
        kept = everything.system.create("property", HOME)
        everything.system.work()
        [entry] = [each for each in DriftOf(everything).compare("property")["items"] if each["candidates"]]
        assert entry["buildiumId"] == made["Id"]

        narrowed = deploy(inside["property"])
        DriftOf(narrowed).repair()

        assert narrowed.system.sync_of(kept).buildium_id is None

    def test_a_drift_check_reports_nothing_out_of_scope(
        self, narrowed: Schedule, buildium: Simulator, outside: Home
    ) -> None:
        for name, change in REMOTE_CHANGES.items():
            buildium.edit(NAMES[name], outside[name], change)

        assert DriftOf(narrowed).compare()["items"] == []
        assert narrowed.system.calls("GET", f"/v1/rentals/{outside['property']}") == 0
