"""The ledger of Buildium is read as lease transactions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from tests.flows.ledger_bodies import ENTRIES, income_account
from tests.flows.schedule import EVERY, Schedule
from tests.flows.system import System
from tests.flows.test_ledger import PAST_THE_ECHO, post
from tests.flows.test_types import CASES, known, synced
from tests.simulator import Simulator
from tests.simulator.payloads import ledger_entry

TRANSACTION = by_name("lease-transaction")


@pytest.fixture
def schedule(system: System, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


@pytest.fixture
def lease(system: System, buildium: Simulator) -> str:
    """The local id of a synced lease."""
    income_account(buildium)
    return synced(system, CASES["lease"]).entity.ref.entity_id


def lease_number(buildium: Simulator) -> int:
    """Return the Buildium id of the only lease."""
    [lease] = buildium.state()["leases"]
    return int(lease["Id"])


def shown(system: System, **named: str) -> list[dict[str, Any]]:
    """Return the transactions as the API lists them."""
    if named:
        [(name, value)] = named.items()
        return [each.to_list_item() for each in system.listed(TRANSACTION.name, name, value)]
    entities, _ = system.records.page(TRANSACTION, limit=100, cursor=None)
    return [each.to_list_item() for each in entities]


def event(system: System, operation: str, transaction_id: int) -> EventStatus:
    """Process an event about a transaction."""
    return system.inbound.process_event(system.event(f"LeaseTransaction.{operation}", "TransactionId", transaction_id))


def by_hand(system: System, buildium: Simulator, *, days_ago: int = 0) -> int:
    """Add an entry as a person in Buildium does, and return its id."""
    day = datetime.fromtimestamp(system.clock(), UTC).date() - timedelta(days_ago)
    entry = ledger_entry(lease_number(buildium), "Charge", 25.5, Date=day.isoformat())
    return int(buildium.create("leasetransactions", entry)["Id"])


def _journal(made: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return the journal of an entry with a change."""
    return {"Journal": {**made["Journal"], **change.get("Journal", {})}}


class TestEvents:
    def test_an_entry_made_in_buildium_is_stored(self, system: System, buildium: Simulator, lease: str) -> None:
        number = by_hand(system, buildium)

        assert event(system, "Created", number) is EventStatus.PROCESSED
        [entry] = shown(system, leaseId=lease)
        assert (entry["leaseId"], entry["transactionType"], entry["totalAmount"]) == (lease, "Charge", 25.5)
        assert (entry["transactionId"], entry["postedBy"]) == (number, None)

    @pytest.mark.parametrize("name", ENTRIES)
    def test_an_entry_of_a_client_names_its_entity(
        self, name: str, system: System, buildium: Simulator, lease: str
    ) -> None:
        stored = post(system, name, lease)
        system.work()
        event(system, "Created", known(system, stored))

        [entry] = shown(system)
        assert entry["postedBy"] == {"entityType": name, "entityId": stored.entity.ref.entity_id}
        assert system.sync_of(stored).status is Status.SYNCED

    def test_an_edit_changes_the_entry_and_its_poster(self, system: System, buildium: Simulator, lease: str) -> None:
        stored = post(system, "lease-charge", lease)
        system.work()
        event(system, "Created", known(system, stored))
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit("leasetransactions", known(system, stored), {"Date": "2026-02-02"})
        event(system, "Updated", known(system, stored))

        assert [shown(system)[0]["date"], system.fields_of(stored)["date"]] == ["2026-02-02"] * 2

    def test_a_deleted_entry_is_marked_deleted(self, system: System, buildium: Simulator, lease: str) -> None:
        number = by_hand(system, buildium)
        event(system, "Created", number)
        system.clock.sleep(PAST_THE_ECHO)
        buildium.delete("leasetransactions", number)
        event(system, "Deleted", number)

        [entry] = shown(system)
        assert entry["deletedAt"]

    def test_an_event_is_processed_without_the_permission_for_balances(
        self, system: System, buildium: Simulator, lease: str
    ) -> None:
        buildium.fault("status", method="GET", path="/leases/outstandingbalances", status=403)

        assert event(system, "Created", by_hand(system, buildium)) is EventStatus.PROCESSED

    def test_an_event_refreshes_the_balance_of_the_lease(self, system: System, buildium: Simulator, lease: str) -> None:
        buildium.clear_requests()
        event(system, "Created", by_hand(system, buildium))

        assert [each.path for each in buildium.requests()][-1] == "/v1/leases/outstandingbalances"


class TestPollsAndImport:
    def test_a_poll_reads_what_events_missed(
        self, schedule: Schedule, system: System, buildium: Simulator, lease: str
    ) -> None:
        schedule.poll()
        number = by_hand(system, buildium)
        schedule.clock.sleep(EVERY)
        schedule.poll()

        assert [each["transactionId"] for each in shown(system)] == [number]

    def test_a_poll_updates_the_entity_that_posted_an_entry(
        self, schedule: Schedule, system: System, buildium: Simulator, lease: str
    ) -> None:
        stored = post(system, "lease-payment", lease)
        system.work()
        schedule.poll()
        buildium.edit("leasetransactions", known(system, stored), {"Date": "2026-02-02"})
        schedule.clock.sleep(EVERY)
        schedule.poll()

        assert [shown(system)[0]["date"], system.fields_of(stored)["date"]] == ["2026-02-02"] * 2

    @pytest.mark.parametrize("change", [{"Date": "2026-02-02"}, {"Journal": {"Memo": "Corrected"}}])
    def test_a_poll_updates_an_entity_that_a_late_echo_hid(
        self, change: dict[str, Any], schedule: Schedule, system: System, buildium: Simulator, lease: str
    ) -> None:
        schedule.poll()
        stored = post(system, "lease-payment", lease)
        system.work()
        created = system.event("LeaseTransaction.Created", "TransactionId", known(system, stored))
        schedule.clock.sleep(PAST_THE_ECHO)
        made = buildium.get("leasetransactions", known(system, stored))
        buildium.edit("leasetransactions", made["Id"], {**change, **_journal(made, change)})
        system.inbound.process_event(created)
        schedule.clock.sleep(EVERY)
        schedule.poll()

        [entry] = shown(system)
        fields = system.fields_of(stored)
        assert (fields["date"], fields["memo"]) == (entry["date"], entry["memo"])
        assert entry["date"] == "2026-02-02" or entry["memo"] == "Corrected"

    def test_an_import_stops_at_the_horizon(
        self, schedule: Schedule, system: System, buildium: Simulator, lease: str
    ) -> None:
        number = by_hand(system, buildium)
        by_hand(system, buildium, days_ago=4000)
        schedule.import_all("lease-transaction")

        assert [each["transactionId"] for each in shown(system)] == [number]

    def test_a_second_import_writes_nothing(
        self, schedule: Schedule, system: System, buildium: Simulator, lease: str
    ) -> None:
        stored = post(system, "lease-payment", lease)
        system.work()
        by_hand(system, buildium)
        schedule.import_all("lease-transaction")
        before = shown(system)
        schedule.import_all("lease-transaction")

        assert shown(system) == before
        assert len(before) == 2
        assert system.sync_of(stored).version == 1
