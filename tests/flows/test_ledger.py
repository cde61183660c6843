"""Charges, payments and credits reach the ledger of a lease exactly once."""

from collections.abc import Iterator
from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import RetryLater
from tests.clocks import VirtualClock
from tests.flows.ledger_bodies import ENTRIES, INCOME, entry, income_account
from tests.flows.system import System
from tests.flows.test_types import CASES, known, synced
from tests.simulator import Simulator

EVERY_ENTRY = pytest.mark.parametrize("name", ENTRIES)
PAST_THE_ECHO = 60.0


@pytest.fixture
def lease(system: System, buildium: Simulator) -> str:
    """The local id of a synced lease."""
    income_account(buildium)
    return synced(system, CASES["lease"]).entity.ref.entity_id


def ledger(buildium: Simulator) -> list[dict[str, Any]]:
    """Return the entries of the simulated ledger."""
    return buildium.state()["leasetransactions"]


def post(system: System, name: str, lease: str, body: dict[str, Any] | None = None) -> StoredEntity:
    """Store an entry without a sync."""
    return system.create(name, entry(body or ENTRIES[name][0], lease))


def fault(buildium: Simulator, kind: str, name: str, **options: Any) -> None:
    """Inject a fault into the next create of an entry."""
    segment = by_name(name).write_path.rpartition("/")[2]
    buildium.fault(kind, method="POST", path=f"/leases/*/{segment}", **options)


class TestPosting:
    @EVERY_ENTRY
    def test_an_entry_is_posted_by_one_call(self, name: str, system: System, buildium: Simulator, lease: str) -> None:
        buildium.clear_requests()
        stored = post(system, name, lease)
        system.work()

        assert (system.sync_of(stored).status, system.sync_of(stored).error_message) == (Status.SYNCED, None)
        assert [each.method for each in buildium.requests()] == ["POST"]
        assert [each["Id"] for each in ledger(buildium)] == [known(system, stored)]

    @EVERY_ENTRY
    def test_two_equal_entries_are_two_entries(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        stored = [post(system, name, lease), post(system, name, lease)]
        system.work()

        assert sorted(known(system, each) for each in stored) == sorted(each["Id"] for each in ledger(buildium))

    def test_an_entry_waits_for_its_lease(self, system: System, buildium: Simulator) -> None:
        income_account(buildium)
        made: dict[str, StoredEntity] = {}
        for name in ("property", "unit", "lease"):
            made[name] = system.create(name, CASES[name].body(made))
        stored = post(system, "lease-charge", made["lease"].entity.ref.entity_id)
        system.queue.reverse()
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        assert len(ledger(buildium)) == 1

    @pytest.mark.parametrize("name", ["lease-charge", "lease-payment"])
    def test_an_update_replaces_the_lines(self, name: str, system: System, buildium: Simulator, lease: str) -> None:
        stored = post(system, name, lease)
        system.work()
        system.update(stored, {"lines": [{"glAccountId": INCOME, "amount": 99.99}]})
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        [shown] = ledger(buildium)
        assert [each["amount"] for each in system.fields_of(stored)["lines"]] == [99.99]
        assert abs(shown["TotalAmount"]) == 99.99


class TestLostResponses:
    @EVERY_ENTRY
    def test_a_lost_response_takes_two_more_calls(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        fault(buildium, "reset_after", name)
        buildium.clear_requests()
        stored = post(system, name, lease)
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        assert [each["Id"] for each in ledger(buildium)] == [known(system, stored)]
        assert [each.method for each in buildium.requests()] == ["POST", "GET", "GET"]

    @EVERY_ENTRY
    def test_a_post_that_was_not_applied_is_sent_again(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        fault(buildium, "reset_before", name)
        buildium.clear_requests()
        stored = post(system, name, lease)
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        assert [each["Id"] for each in ledger(buildium)] == [known(system, stored)]
        assert [each.method for each in buildium.requests()] == ["POST", "GET", "POST"]

    @EVERY_ENTRY
    def test_equal_entries_with_lost_responses_stay_two(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        fault(buildium, "reset_after", name)
        fault(buildium, "reset_before", name)
        stored = [post(system, name, lease), post(system, name, lease)]
        system.work()

        assert [system.sync_of(each).status for each in stored] == [Status.SYNCED] * 2
        assert sorted(known(system, each) for each in stored) == sorted(each["Id"] for each in ledger(buildium))

    def test_equal_lost_entries_adopted_at_once_stay_two(self, system: System, buildium: Simulator, lease: str) -> None:
        fault(buildium, "reset_after", "lease-payment", times=2)
        stored = [post(system, "lease-payment", lease), post(system, "lease-payment", lease)]
        system.work_once()
        system.work_once()
        system.during("/v1/generalledger/transactions/", system.work_once, "GET")
        system.work()

        assert [system.sync_of(each).status for each in stored] == [Status.SYNCED] * 2
        assert sorted(known(system, each) for each in stored) == sorted(each["Id"] for each in ledger(buildium))

    def test_equal_lost_entries_with_known_ids_stay_three(
        self, system: System, buildium: Simulator, lease: str
    ) -> None:
        fault(buildium, "reset_after", "lease-payment", times=3)
        stored = [post(system, "lease-payment", lease) for _ in range(3)]
        for _ in stored:
            system.work_once()
            system.highest_ids.note("lease-transaction", [each["Id"] for each in ledger(buildium)])
        system.work()

        assert [system.sync_of(each).status for each in stored] == [Status.SYNCED] * 3
        assert sorted(known(system, each) for each in stored) == sorted(each["Id"] for each in ledger(buildium))

    @EVERY_ENTRY
    def test_a_lost_entry_is_not_adopted_beside_an_edited_one(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        fault(buildium, "reset_after", name, times=2)
        stored = [post(system, name, lease), post(system, name, lease)]
        system.work_once()
        [first] = ledger(buildium)
        system.highest_ids.note("lease-transaction", [first["Id"]])
        system.work_once()
        buildium.edit("leasetransactions", first["Id"], {"Date": "2026-01-20"})
        system.work()

        made = [each["Id"] for each in ledger(buildium)]
        edited = system.sync_of(stored[0])
        assert (edited.status, sorted(edited.candidates)) == (Status.NEEDS_REVIEW, made)
        assert made == [first["Id"], known(system, stored[1])]

    @pytest.mark.parametrize("kinds", [("reset_before", "reset_after"), ("reset_after", "reset_after")])
    @EVERY_ENTRY
    def test_equal_entries_with_lost_responses_keep_their_memos(
        self, name: str, kinds: tuple[str, ...], system: System, buildium: Simulator, lease: str
    ) -> None:
        for kind in kinds:
            fault(buildium, kind, name)
        memos = ("Parking", "Pet fee")
        stored = [post(system, name, lease, {**ENTRIES[name][0], "memo": memo}) for memo in memos]
        system.queue.reverse()
        system.work()

        made = [buildium.get("leasetransactions", known(system, each))["Journal"]["Memo"] for each in stored]
        assert (made, len(ledger(buildium))) == (list(memos), 2)
        assert [system.fields_of(each)["memo"] for each in stored] == list(memos)

    def test_an_older_equal_payment_is_not_adopted(self, system: System, buildium: Simulator, lease: str) -> None:
        first = post(system, "lease-payment", lease)
        system.work()
        record = system.sync_of(first)
        system.store.write(system.store.writes.delete_link("lease-payment", known(system, first)))
        fault(buildium, "reset_before", "lease-payment")
        second = post(system, "lease-payment", lease)
        system.work()

        assert known(system, second) != record.buildium_id
        assert len(ledger(buildium)) == 2

    def test_an_edited_result_of_a_lost_post_needs_a_review(
        self, system: System, buildium: Simulator, lease: str
    ) -> None:
        fault(buildium, "reset_after", "lease-payment")
        stored = post(system, "lease-payment", lease)
        system.work_once()
        [entry_in_buildium] = ledger(buildium)
        buildium.edit("leasetransactions", entry_in_buildium["Id"], {"Date": "2026-01-20"})
        system.work()

        record = system.sync_of(stored)
        assert (record.status, record.candidates) == (Status.NEEDS_REVIEW, [entry_in_buildium["Id"]])
        assert len(ledger(buildium)) == 1


class TestChangesInBuildium:
    @EVERY_ENTRY
    def test_an_edit_in_buildium_updates_the_local_entry(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        stored = post(system, name, lease)
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit("leasetransactions", known(system, stored), {"Date": "2026-02-02"})
        status = system.inbound.process_event(
            system.event("LeaseTransaction.Updated", "TransactionId", known(system, stored))
        )

        assert status is EventStatus.PROCESSED
        assert system.fields_of(stored)["date"] == "2026-02-02"

    def test_a_deletion_in_buildium_deletes_the_local_entry(
        self, system: System, buildium: Simulator, lease: str
    ) -> None:
        stored = post(system, "lease-charge", lease)
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        buildium.delete("leasetransactions", known(system, stored))
        system.inbound.process_event(system.event("LeaseTransaction.Deleted", "TransactionId", known(system, stored)))

        assert system.records.read(stored.entity_type, stored.entity.ref.entity_id).entity.deleted_at is not None

    @EVERY_ENTRY
    @pytest.mark.parametrize("operation", ["Updated", "Deleted"])
    def test_an_event_during_the_post_is_processed_after_it(
        self, operation: str, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        stored, events = post(system, name, lease), []

        def change() -> None:
            [made] = ledger(buildium)
            if operation == "Updated":
                buildium.edit("leasetransactions", made["Id"], {"Date": "2026-02-02"})
            else:
                buildium.delete("leasetransactions", made["Id"])
            events.append(system.event(f"LeaseTransaction.{operation}", "TransactionId", made["Id"]))
            with pytest.raises(RetryLater):
                system.inbound.process_event(events[0])

        segment = by_name(name).write_path.rpartition("/")[2]
        [lease_in_buildium] = buildium.state()["leases"]
        system.during(f"/v1/leases/{lease_in_buildium['Id']}/{segment}", change, "POST")
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        system.inbound.process_event(events[0])

        found = system.records.read(stored.entity_type, stored.entity.ref.entity_id).entity
        if operation == "Updated":
            assert found.fields["date"] == "2026-02-02"
        else:
            assert found.deleted_at is not None


class TestSlowClockOfBuildium:
    @pytest.fixture
    def buildium(self, clock: VirtualClock) -> Iterator[Simulator]:
        with Simulator(rate_limit=0, clock=lambda: clock() - 60) as simulator:
            yield simulator

    @EVERY_ENTRY
    def test_an_edited_result_is_never_posted_again(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        fault(buildium, "reset_after", name)
        stored = post(system, name, lease)
        system.work_once()
        [made] = ledger(buildium)
        buildium.edit("leasetransactions", made["Id"], {"Date": "2026-01-20"})
        system.work()

        assert system.sync_of(stored).status is Status.NEEDS_REVIEW
        assert len(ledger(buildium)) == 1
