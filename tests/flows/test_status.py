"""A property's status: the request that sets it is sent once, whatever happens to its response."""

from typing import Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.queues import SyncMessage
from tests.flows.schedule import Schedule
from tests.flows.system import OWNER, PROPERTY, System
from tests.flows.test_history import PAST_THE_ECHO
from tests.flows.test_outbound import LEASE
from tests.simulator import Simulator, faults
from tests.simulator.faults import Fault
from tests.simulator.payloads import address

PLACE = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
REQUESTS = {"Inactive": "inactivationrequest", "Active": "reactivationrequest"}
LOST = [
    Fault(faults.RESET_AFTER),
    Fault(faults.RESET_BEFORE),
    Fault(faults.ERROR_AFTER, status=500),
    Fault(faults.ERROR_AFTER, status=504),
    Fault(faults.STATUS, status=500),
    Fault(faults.STATUS, status=503),
    Fault(faults.STATUS, status=429),
]


class Killed(BaseException):
    """The end of a worker during its work."""


def requested(buildium: Simulator) -> list[str]:
    """The last path segments of the status requests that Buildium applied, whatever their responses."""
    undone = (faults.RESET_BEFORE, faults.STATUS)
    done = [exchange.path.rpartition("/")[2] for exchange in buildium.requests() if exchange.fault not in undone]
    return [name for name in done if name in REQUESTS.values()]


def is_active(buildium: Simulator, type_name: str, buildium_id: int | None) -> bool:
    return bool(buildium.get(type_name, buildium_id or 0)["IsActive"])


def buildium_id(system: System, kept: StoredEntity) -> int:
    return system.sync_of(kept).buildium_id or 0


def status_of(system: System, kept: StoredEntity) -> str:
    return str(system.fields_of(kept)["status"])


def synced(system: System, body: dict[str, Any] = PROPERTY, entity_type: str = "property") -> StoredEntity:
    kept = system.create(entity_type, body)
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    assert system.sync_of(kept).status is Status.SYNCED, system.sync_of(kept).error_message
    return kept


def set_status(system: System, kept: StoredEntity, status: str, **more: Any) -> StoredEntity:
    updated = system.update(kept, {"status": status, **more})
    system.work()
    return updated


def script(buildium: Simulator, fault: Fault, path: str, **more: Any) -> None:
    buildium.fault(fault.kind, "POST", path, status=fault.status, **more)


def make_homes(system: System) -> tuple[StoredEntity, StoredEntity, StoredEntity, StoredEntity]:
    """Two properties, a unit of the first, an owner of the first, and an owner of both."""
    first, second = synced(system), synced(system, {**PROPERTY, "name": "Second"})
    unit = synced(system, {"propertyId": first.entity.ref.entity_id, "unitNumber": "A", **PLACE}, "unit")
    ids = [first.entity.ref.entity_id, second.entity.ref.entity_id]
    only = synced(system, {**OWNER, "propertyIds": ids[:1]}, "owner")
    both = synced(system, {**OWNER, "lastName": "Both", "propertyIds": ids}, "owner")
    return first, unit, only, both


def set_status_in_buildium(system: System, buildium: Simulator, kept: StoredEntity, status: str) -> None:
    """Set a property's status in Buildium, and apply its event."""
    property_id = buildium_id(system, kept)
    ask(system, f"/rentals/{property_id}/{REQUESTS[status]}")
    system.inbound.process_event(system.event("Rental.Updated", "PropertyId", property_id))


def ask(system: System, path: str) -> None:
    """Send a request to Buildium, independently of the system."""
    system.writer._client.post(path)


def message_of(system: System, kept: StoredEntity) -> SyncMessage:
    return SyncMessage.of(system.sync_of(kept))


def work_after_the_lease(system: System, kept: StoredEntity) -> None:
    """The sweep queues the entity of a killed worker after its lease has expired."""
    system.clock.sleep(LEASE)
    system.queue.send(message_of(system, kept))
    system.work()


class TestStatusRequest:
    def test_a_status_change_is_one_request_and_no_put(self, system: System, buildium: Simulator) -> None:
        kept = synced(system)
        for status in ("Inactive", "Active", "Inactive"):
            set_status(system, kept, status)
            system.clock.sleep(PAST_THE_ECHO)

        assert requested(buildium) == [REQUESTS["Inactive"], REQUESTS["Active"], REQUESTS["Inactive"]]
        assert system.calls("PUT") == 0
        assert not is_active(buildium, "rentals", buildium_id(system, kept))
        assert (system.sync_of(kept).status, status_of(system, kept)) == (Status.SYNCED, "Inactive")

    def test_a_property_can_be_created_inactive(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", {**PROPERTY, "status": " INACTIVE"})
        system.work()

        assert (requested(buildium), system.calls("POST", "/v1/rentals")) == ([REQUESTS["Inactive"]], 2)
        assert not is_active(buildium, "rentals", buildium_id(system, kept))
        assert (system.sync_of(kept).status, status_of(system, kept)) == (Status.SYNCED, "Inactive")

    def test_an_inactive_create_is_not_synced_before_the_inactivation(
        self, system: System, buildium: Simulator
    ) -> None:
        buildium.fault(faults.STATUS, "POST", "/rentals/*/inactivationrequest", status=503, times=1)
        kept = system.create("property", {**PROPERTY, "status": "Inactive"})

        assert system.work_once() is Status.PENDING
        record = system.sync_of(kept)
        assert (record.buildium_id is not None, record.last_synced_at, record.is_synced) == (True, None, False)
        assert system.fields_of(kept)["status"] == "Inactive"
        system.work()
        assert (system.sync_of(kept).status, requested(buildium)) == (Status.SYNCED, [REQUESTS["Inactive"]])


class TestLostStatusRequest:
    @pytest.mark.parametrize("fault", [Fault(faults.RESET_AFTER), Fault(faults.RESET_BEFORE)], ids=lambda f: f.kind)
    def test_an_inactive_create_whose_response_was_lost_is_inactivated(
        self, system: System, buildium: Simulator, fault: Fault
    ) -> None:
        script(buildium, fault, "/rentals")
        kept = system.create("property", {**PROPERTY, "status": "Inactive"})
        system.work()

        assert [rental["IsActive"] for rental in buildium.state()["rentals"]] == [False]
        assert (system.sync_of(kept).status, requested(buildium)) == (Status.SYNCED, [REQUESTS["Inactive"]])

    @pytest.mark.parametrize("status", REQUESTS)
    @pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault.kind}-{fault.status}")
    def test_a_lost_status_request_is_applied_once(
        self, system: System, buildium: Simulator, fault: Fault, status: str
    ) -> None:
        kept = synced(system, {**PROPERTY, "status": "Inactive" if status == "Active" else "Active"})
        before = requested(buildium)
        script(buildium, fault, f"/rentals/*/{REQUESTS[status]}")
        set_status(system, kept, status)

        assert is_active(buildium, "rentals", buildium_id(system, kept)) is (status == "Active")
        assert (system.sync_of(kept).status, status_of(system, kept)) == (Status.SYNCED, status)
        assert requested(buildium) == [*before, REQUESTS[status]]

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_killed_worker_leaves_one_status_request(
        self, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        kept = synced(system)
        post = system.writer._client.post

        def killed(path: str) -> None:
            if moment == "after":
                post(path)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(system.writer._client, "post", killed)
            system.update(kept, {"status": "Inactive"})
            with pytest.raises(Killed):
                system.work_once()
        work_after_the_lease(system, kept)

        assert (requested(buildium), system.sync_of(kept).status) == ([REQUESTS["Inactive"]], Status.SYNCED)

    def test_a_request_that_took_effect_late_is_no_failure(self, system: System, buildium: Simulator) -> None:
        kept = synced(system)
        path = f"/rentals/{buildium_id(system, kept)}/inactivationrequest"
        buildium.fault(faults.ERROR_AFTER, "POST", path, status=422)
        set_status(system, kept, "Inactive")

        assert (system.sync_of(kept).status, requested(buildium)) == (Status.SYNCED, [REQUESTS["Inactive"]])


class TestRejectedStatus:
    @pytest.mark.parametrize("status", [400, 409, 422])
    def test_a_rejected_status_request_fails_with_the_reason(
        self, system: System, buildium: Simulator, status: int
    ) -> None:
        kept = synced(system)
        body: Any = {"UserMessage": "It has active leases.", "ErrorCode": None, "Errors": []}
        buildium.fault(faults.STATUS, "POST", "/rentals/*/inactivationrequest", status=status, body=body)
        set_status(system, kept, "Inactive", name="Renamed")

        record = system.sync_of(kept)
        assert (record.status, "It has active leases." in str(record.error_message)) == (Status.FAILED, True)
        assert buildium.get("rentals", buildium_id(system, kept))["Name"] == "Renamed"
        system.retry.retry("property", kept.entity.ref.entity_id)
        system.work()
        assert (system.sync_of(kept).status, requested(buildium)) == (Status.SYNCED, [REQUESTS["Inactive"]])

    def test_a_rejected_status_can_be_reverted(self, system: System, buildium: Simulator) -> None:
        kept = synced(system)
        buildium.fault(faults.STATUS, "POST", "/rentals/*/inactivationrequest", status=422)
        set_status(system, kept, "Inactive")
        set_status(system, kept, "Active")

        assert (system.sync_of(kept).status, requested(buildium)) == (Status.SYNCED, [])


class TestStatusWithOtherFields:
    @pytest.mark.parametrize(("status", "order"), [("Inactive", ["PUT", "POST"]), ("Active", ["POST", "PUT"])])
    def test_the_put_is_sent_while_the_property_is_active(
        self, system: System, buildium: Simulator, status: str, order: list[str]
    ) -> None:
        kept = synced(system, {**PROPERTY, "status": "Inactive" if status == "Active" else "Active"})
        buildium.clear_requests()
        set_status(system, kept, status, name="Renamed")

        assert [exchange.method for exchange in buildium.requests() if exchange.method != "GET"] == order
        shown = buildium.get("rentals", buildium_id(system, kept))
        assert (shown["Name"], shown["IsActive"]) == ("Renamed", status == "Active")
        assert system.sync_of(kept).status is Status.SYNCED

    @pytest.mark.parametrize("status", REQUESTS)
    def test_a_worker_killed_between_both_writes_sends_neither_again(
        self, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch, status: str
    ) -> None:
        kept = synced(system, {**PROPERTY, "status": "Inactive" if status == "Active" else "Active"})
        buildium.clear_requests()
        plan, plans = system.writer.plan, []

        def killed(*arguments: Any) -> Any:
            plans.append(arguments)
            if len(plans) == 2:
                raise Killed
            return plan(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(system.writer, "plan", killed)
            system.update(kept, {"status": status, "name": "Renamed"})
            with pytest.raises(Killed):
                system.work_once()
        work_after_the_lease(system, kept)

        assert (system.calls("PUT"), requested(buildium)) == (1, [REQUESTS[status]])
        assert system.sync_of(kept).status is Status.SYNCED

    def test_an_edit_between_both_writes_is_kept(
        self, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = synced(system)
        property_id = buildium_id(system, kept)
        set_status_of = system.writer._set_status

        def edited(*arguments: Any) -> None:
            buildium.edit("rentals", property_id, {"StructureDescription": "Theirs"})
            set_status_of(*arguments)

        monkeypatch.setattr(system.writer, "_set_status", edited)
        set_status(system, kept, "Inactive", name="Ours")
        system.clock.sleep(PAST_THE_ECHO)
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", property_id))

        fields = system.fields_of(kept)
        assert [fields[name] for name in ("name", "structureDescription", "status")] == ["Ours", "Theirs", "Inactive"]


class TestStatusSetInBuildium:
    def test_a_status_set_in_buildium_is_stored_locally(self, system: System, buildium: Simulator) -> None:
        kept = synced(system)
        set_status_in_buildium(system, buildium, kept, "Inactive")

        assert (status_of(system, kept), system.sync_of(kept).status) == ("Inactive", Status.SYNCED)
        system.work()
        assert requested(buildium) == [REQUESTS["Inactive"]], "the person's alone"

    def test_a_persons_status_and_a_clients_name_are_both_kept(self, system: System, buildium: Simulator) -> None:
        kept = synced(system)
        buildium.edit("rentals", buildium_id(system, kept), {"IsActive": False})
        updated = system.update(kept, {"name": "Ours"})
        system.work()

        assert status_of(system, updated) == "Inactive"
        shown = buildium.get("rentals", buildium_id(system, kept))
        assert (shown["Name"], shown["IsActive"], requested(buildium)) == ("Ours", False, [])

    def test_both_sides_setting_one_status_make_no_request(self, system: System, buildium: Simulator) -> None:
        kept = synced(system)
        buildium.edit("rentals", buildium_id(system, kept), {"IsActive": False})
        set_status(system, kept, "Inactive")

        assert (system.sync_of(kept).status, requested(buildium)) == (Status.SYNCED, [])

    def test_the_echo_of_a_status_request_makes_no_call(self, system: System, buildium: Simulator) -> None:
        kept = synced(system)
        set_status(system, kept, "Inactive")
        calls = len(buildium.requests())
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", buildium_id(system, kept)))
        system.work()

        assert (len(buildium.requests()), status_of(system, kept)) == (calls, "Inactive")


class TestFollowersOfProperty:
    def test_units_and_owners_follow_their_property(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        set_status(system, homes[0], "Inactive")
        assert [status_of(system, each) for each in homes] == ["Inactive", "Inactive", "Inactive", "Active"]

        system.clock.sleep(PAST_THE_ECHO)
        set_status(system, homes[0], "Active")
        assert [status_of(system, each) for each in homes] == ["Active"] * 4
        assert [system.sync_of(each).status for each in homes] == [Status.SYNCED] * 4

    def test_units_of_other_properties_are_unchanged(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        other = synced(system, {**PROPERTY, "name": "Other"})
        beside = synced(system, {**PLACE, "propertyId": other.entity.ref.entity_id, "unitNumber": "B"}, "unit")
        every = [
            {name: value for name, value in unit.items() if name != "_private"} for unit in buildium.state()["units"]
        ]
        buildium.fault(faults.STATUS, "GET", "/rentals/units", status=200, body=every)
        set_status(system, homes[0], "Inactive")

        assert (status_of(system, homes[1]), status_of(system, beside)) == ("Inactive", "Active")

    def test_a_recently_written_unit_follows_its_property(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        system.update(homes[1], {"description": "Painted"})
        system.work()
        set_status(system, homes[0], "Inactive")

        fields = system.fields_of(homes[1])
        assert (fields["description"], fields["status"]) == ("Painted", "Inactive")

    def test_a_status_change_waits_for_a_unit_being_written(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        updated = system.records.update(
            homes[1].entity_type, homes[1].entity.ref.entity_id, {"unitNumber": "B"}, Author("")
        )

        def inactivate() -> Status | None:
            system.update(homes[0], {"status": "Inactive"})
            return system.work_once()

        outcome = system.during("/v1/rentals/units/", inactivate, "PUT")
        system.outbound.sync(SyncMessage.of(updated.sync))
        system.work()

        assert outcome == [Status.PENDING], "the unit was being written"
        assert [status_of(system, each) for each in homes] == ["Inactive", "Inactive", "Inactive", "Active"]
        assert (system.sync_of(homes[0]).status, requested(buildium)) == (Status.SYNCED, [REQUESTS["Inactive"]])

    def test_an_event_confirming_a_lost_request_refreshes_units_too(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        buildium.fault(faults.RESET_AFTER, "POST", "/rentals/*/inactivationrequest")
        system.update(homes[0], {"status": "Inactive"})
        system.work_once()
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", buildium_id(system, homes[0])))
        system.work()

        assert [status_of(system, each) for each in homes] == ["Inactive", "Inactive", "Inactive", "Active"]
        assert (requested(buildium), system.sync_of(homes[0]).status) == ([REQUESTS["Inactive"]], Status.SYNCED)

    def test_a_persons_status_refreshes_units_and_owners(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        set_status_in_buildium(system, buildium, homes[0], "Inactive")

        assert [status_of(system, each) for each in homes] == ["Inactive", "Inactive", "Inactive", "Active"]

    def test_a_unit_keeps_its_status_when_it_is_read_again(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        set_status(system, homes[0], "Inactive")
        unit = homes[1]
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit("units", buildium_id(system, unit), {"Description": "Painted"})
        system.inbound.process_event(system.event("RentalUnit.Updated", "UnitId", buildium_id(system, unit)))

        fields = system.fields_of(unit)
        assert (fields["description"], fields["status"]) == ("Painted", "Inactive")


class TestFollowerLists:
    def test_units_and_owners_are_read_with_one_list_each(self, system: System, buildium: Simulator) -> None:
        homes = make_homes(system)
        system.clock.sleep(PAST_THE_ECHO)
        buildium.clear_requests()
        set_status(system, homes[0], "Inactive")

        lists = [exchange.path for exchange in buildium.requests() if "propertyids" in exchange.query]
        assert lists == ["/v1/rentals/units", "/v1/rentals/owners"]
        assert len(buildium.requests()) == 4, "and the read and the request of the property"

    def test_units_and_owners_are_refreshed_after_a_kill(
        self, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        homes = make_homes(system)

        def killed(*_arguments: object) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(system.outbound, "_followers", killed)
            system.update(homes[0], {"status": "Inactive"})
            with pytest.raises(Killed):
                system.work_once()
        work_after_the_lease(system, homes[0])

        assert [status_of(system, each) for each in homes] == ["Inactive", "Inactive", "Inactive", "Active"]
        assert requested(buildium) == [REQUESTS["Inactive"]]

    @pytest.mark.parametrize("listed", ["units", "owners"])
    @pytest.mark.parametrize(("status", "times"), [(503, 3), (500, 1), (429, 5)])
    def test_a_list_that_fails_for_a_while_is_read_later(
        self, system: System, buildium: Simulator, listed: str, status: int, times: int
    ) -> None:
        homes = make_homes(system)
        buildium.fault(faults.STATUS, "GET", f"/rentals/{listed}", status=status, times=times)
        set_status(system, homes[0], "Inactive")

        assert [status_of(system, each) for each in homes] == ["Inactive", "Inactive", "Inactive", "Active"]
        assert (system.sync_of(homes[0]).status, requested(buildium)) == (Status.SYNCED, [REQUESTS["Inactive"]])

    @pytest.mark.parametrize("status", [403, 404, 422, 500])
    def test_a_list_that_always_fails_does_not_stop_the_property(
        self, system: System, buildium: Simulator, status: int
    ) -> None:
        homes = make_homes(system)
        buildium.fault(faults.STATUS, "GET", "/rentals/owners", status=status, times=None)
        set_status(system, homes[0], "Inactive")

        assert system.sync_of(homes[0]).status is Status.SYNCED
        assert [status_of(system, each) for each in homes[:2]] == ["Inactive", "Inactive"]


class TestPollAndImport:
    def test_a_poll_applies_a_status_to_units_and_owners(
        self, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = Schedule(system, monkeypatch)
        homes = make_homes(system)
        schedule.poll()
        ask(system, f"/rentals/{buildium_id(system, homes[0])}/inactivationrequest")
        schedule.poll_later()

        assert [status_of(system, each) for each in homes] == ["Inactive", "Inactive", "Inactive", "Active"]

    def test_an_import_gives_units_the_status_of_their_property(
        self, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, active in (("Used", True), ("Unused", False)):
            buildium.create("rentals", {"Name": name, "IsActive": active, "Address": address()})
        schedule = Schedule(system, monkeypatch)
        schedule.import_all()

        found = {kept.entity.fields["name"]: kept for kept in schedule.kept("property")}
        statuses = {name: kept.entity.fields["status"] for name, kept in found.items()}
        of_units = {kept.entity.fields["propertyId"]: kept.entity.fields["status"] for kept in schedule.kept("unit")}
        assert statuses == {"Used": "Active", "Unused": "Inactive"}
        assert {name: of_units[kept.entity.ref.entity_id] for name, kept in found.items()} == statuses

    def test_linking_an_inactive_property_does_not_reactivate_it(
        self, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        buildium.fault(faults.STATUS, "POST", "/rentals", status=422)
        kept = system.create("property", PROPERTY)
        system.work()
        where = {"AddressLine1": PROPERTY["addressLine1"], "City": PROPERTY["city"], "State": PROPERTY["state"]}
        place = {**address(), **where, "PostalCode": PROPERTY["postalCode"]}
        buildium.create("rentals", {"Name": PROPERTY["name"], "IsActive": False, "Address": place})
        Schedule(system, monkeypatch).import_all("property")
        system.work()

        assert (system.sync_of(kept).status, status_of(system, kept)) == (Status.SYNCED, "Inactive")
        assert requested(buildium) == []
