"""A payment is reversed exactly once."""

from typing import Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import EntityDeleted, EntityExists, InvalidFields
from buildium_sync.store.queues import SyncMessage
from tests.flows.ledger_bodies import ENTRIES, INCOME, REVERSAL, REVERSALS, entry, income_account
from tests.flows.system import System
from tests.flows.test_types import CASES, known, synced
from tests.simulator import Simulator

PAST_THE_ECHO = 60.0


@pytest.fixture
def payment(system: System, buildium: Simulator) -> StoredEntity:
    """A synced and deposited payment."""
    income_account(buildium)
    return paid(system, buildium, synced(system, CASES["lease"]).entity.ref.entity_id)


def paid(system: System, buildium: Simulator, lease: str, body: dict[str, Any] | None = None) -> StoredEntity:
    """Return a synced and deposited payment."""
    stored = system.create("lease-payment", entry(body or ENTRIES["lease-payment"][0], lease))
    system.work()
    buildium.deposit(known(system, stored))
    return stored


def reverse(system: System, payment: StoredEntity, **body: Any) -> StoredEntity:
    """Store a reversal with its stream record."""
    named = {**REVERSALS[0], **body, "paymentId": payment.entity.ref.entity_id}
    stored, exists = system.records.create_once(by_name(REVERSAL), named, Author("correlation"))
    if not exists:
        system.queue.send(SyncMessage.of(stored.sync))
    return stored


def reversals(buildium: Simulator) -> list[dict[str, Any]]:
    """Return the reversals in the simulated ledger."""
    return [each for each in buildium.state()["leasetransactions"] if each["TransactionTypeEnum"] == "ReversePayment"]


def fault(buildium: Simulator, kind: str) -> None:
    """Inject a fault into the next reversal."""
    buildium.fault(kind, method="POST", path="/leases/*/reversepayments")


class TestReversing:
    @pytest.mark.parametrize("body", REVERSALS)
    def test_a_payment_is_reversed_by_one_call(
        self, body: dict[str, Any], system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        buildium.clear_requests()
        stored = reverse(system, payment, **body)
        system.work()

        assert (system.sync_of(stored).status, system.sync_of(stored).error_message) == (Status.SYNCED, None)
        assert [each.method for each in buildium.requests()] == ["POST"]
        assert [each["Id"] for each in reversals(buildium)] == [known(system, stored)]

    def test_lease_and_total_come_from_the_payment(self, system: System, payment: StoredEntity) -> None:
        fields = reverse(system, payment).entity.fields
        assert (fields["leaseId"], fields["totalAmount"]) == (payment.entity.fields["leaseId"], 1250.5)

    @pytest.mark.parametrize(("field", "value"), [("leaseId", "another"), ("totalAmount", 1)])
    def test_another_lease_or_total_is_rejected(
        self, field: str, value: Any, system: System, payment: StoredEntity
    ) -> None:
        with pytest.raises(InvalidFields) as error:
            reverse(system, payment, **{field: value})
        assert [each.field for each in error.value.errors] == [field]

    def test_an_equal_reversal_returns_the_existing_one(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        first, again = reverse(system, payment), reverse(system, payment)
        system.work()
        later = reverse(system, payment)

        assert first.entity.ref == again.entity.ref == later.entity.ref
        assert len(reversals(buildium)) == 1

    def test_a_different_reversal_is_a_conflict(self, system: System, payment: StoredEntity) -> None:
        reverse(system, payment)
        with pytest.raises(EntityExists, match="date"):
            reverse(system, payment, date="2026-02-01")

    def test_a_reversal_waits_for_its_payment(self, system: System, buildium: Simulator) -> None:
        income_account(buildium)
        lease = synced(system, CASES["lease"]).entity.ref.entity_id
        stored = reverse(system, system.create("lease-payment", entry(ENTRIES["lease-payment"][0], lease)))
        system.queue.reverse()
        system.work_once()

        assert system.sync_of(stored).status is Status.BLOCKED

    def test_a_rejected_reversal_can_be_corrected(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        stored = reverse(system, payment, nsfCharge={"glAccountId": 99999, "totalAmount": 5})
        system.work()
        assert system.sync_of(stored).status is Status.FAILED
        with pytest.raises(InvalidFields, match="totalAmount"):
            system.update(stored, {"totalAmount": 1})
        system.update(stored, {"nsfCharge": {"glAccountId": INCOME, "totalAmount": 5}})
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED

    def test_a_sent_reversal_cannot_be_changed(self, system: System, payment: StoredEntity) -> None:
        stored = reverse(system, payment)
        system.work()
        with pytest.raises(InvalidFields, match="date"):
            system.update(stored, {"date": "2026-02-02"})


class TestLostResponses:
    def test_a_lost_response_takes_two_more_calls(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        fault(buildium, "reset_after")
        buildium.clear_requests()
        stored = reverse(system, payment)
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        assert [each["Id"] for each in reversals(buildium)] == [known(system, stored)]
        assert [each.method for each in buildium.requests()] == ["POST", "GET", "GET"]

    def test_a_reversal_that_was_not_applied_is_sent_again(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        fault(buildium, "reset_before")
        buildium.clear_requests()
        stored = reverse(system, payment)
        system.work()

        assert [each["Id"] for each in reversals(buildium)] == [known(system, stored)]
        assert [each.method for each in buildium.requests()] == ["POST", "GET", "POST"]

    def test_a_reversal_of_another_payment_is_not_adopted(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        lease = payment.entity.fields["leaseId"]
        other = paid(system, buildium, lease, ENTRIES["lease-payment"][1] | {"payeeTenantId": None})
        fault(buildium, "reset_before")
        stored = reverse(system, payment)
        system.work_once()
        made = buildium.reverse(known(system, other), "2026-01-12")
        system.work()

        assert system.sync_of(stored).status is Status.SYNCED
        assert known(system, stored) != made["Id"]

    def test_a_lost_reversal_of_an_equal_payment_is_not_adopted(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        other = paid(system, buildium, payment.entity.fields["leaseId"])
        fault(buildium, "reset_before")
        fault(buildium, "reset_after")
        stored = [reverse(system, payment), reverse(system, other)]
        system.work()

        [made] = [each["Id"] for each in reversals(buildium)]
        records = [system.sync_of(each) for each in stored]
        assert [(each.status, each.candidates) for each in records] == [(Status.NEEDS_REVIEW, [made])] * 2

    def test_equal_reversals_with_lost_responses_are_adopted(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        other = paid(system, buildium, payment.entity.fields["leaseId"])
        fault(buildium, "reset_after")
        fault(buildium, "reset_after")
        stored = [reverse(system, payment), reverse(system, other)]
        system.work()

        assert sorted(known(system, each) for each in stored) == [each["Id"] for each in reversals(buildium)]

    def test_an_edited_result_of_a_lost_post_needs_a_review(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        fault(buildium, "reset_after")
        stored = reverse(system, payment)
        system.work_once()
        [made] = reversals(buildium)
        buildium.edit("leasetransactions", made["Id"], {"Date": "2026-01-20"})
        system.work()

        record = system.sync_of(stored)
        assert (record.status, record.candidates) == (Status.NEEDS_REVIEW, [made["Id"]])


class TestChangesInBuildium:
    def test_an_edit_in_buildium_updates_the_local_reversal(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        stored = reverse(system, payment)
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        buildium.edit("leasetransactions", known(system, stored), {"Date": "2026-02-02"})
        event = system.event("LeaseTransaction.Updated", "TransactionId", known(system, stored))

        assert system.inbound.process_event(event) is EventStatus.PROCESSED
        assert system.fields_of(stored)["date"] == "2026-02-02"

    def test_a_reversal_deleted_in_buildium_is_a_conflict(
        self, system: System, buildium: Simulator, payment: StoredEntity
    ) -> None:
        stored = reverse(system, payment)
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        buildium.delete("leasetransactions", known(system, stored))
        system.inbound.process_event(system.event("LeaseTransaction.Deleted", "TransactionId", known(system, stored)))

        with pytest.raises(EntityDeleted):
            reverse(system, payment)
