"""Bills end to end: exact amounts, and the accounts of new lines."""

from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import InvalidFields
from buildium_sync.linking.id_links import resolve_links
from tests.clocks import VirtualClock
from tests.flows.system import System
from tests.flows.test_history import history
from tests.flows.test_types import CASES, PAST_THE_ECHO, Made, known, synced
from tests.harness.rounds import rounds_while
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BILL = CASES["bill"]
CACHED = 301.0
"""Seconds after which the cached default of the account is read again."""


def lines(buildium: Simulator, system: System, kept: StoredEntity) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = buildium.get("bills", known(system, kept))["Lines"]
    return shown


def amounts(buildium: Simulator, system: System, kept: StoredEntity) -> list[float]:
    return [line["Amount"] for line in lines(buildium, system, kept)]


def accounts(buildium: Simulator, system: System, kept: StoredEntity) -> list[int]:
    return [line["GLAccount"]["Id"] for line in lines(buildium, system, kept)]


def with_new_line(system: System, kept: StoredEntity, **more: Any) -> StoredEntity:
    """Add a line without an account to the bill that a client read."""
    held = system.fields_of(kept)["lines"]
    new = {"accountingEntityId": held[0]["accountingEntityId"], "amount": 4.35, "memo": "Travel"}
    return system.update(kept, {"lines": [*held, new], **more})


def synced_bill(system: System) -> StoredEntity:
    """Return a synced bill with its lines in Buildium."""
    kept = synced(system, BILL)
    system.clock.sleep(PAST_THE_ECHO)
    system.inbound.process_event(system.event("Bill.Updated", "BillId", known(system, kept)))
    return kept


def half_cent_bill(system: System, buildium: Simulator) -> StoredEntity:
    """Return a bill whose amount in Buildium has half a cent."""
    kept = synced_bill(system)
    [first, second] = lines(buildium, system, kept)
    buildium.edit("bills", known(system, kept), {"Lines": [{**first, "Amount": 2.675}, second]})
    system.inbound.process_event(system.event("Bill.Updated", "BillId", known(system, kept)))
    assert system.fields_of(kept)["lines"][0]["amount"] == 2.675
    return kept


def lost_update(system: System, buildium: Simulator, kept: StoredEntity, body: dict[str, Any]) -> StoredEntity:
    """Update an entity; Buildium applies the PUT, and its response is lost."""
    buildium.fault("reset_after", method="PUT", path=f"{kept.entity_type.write_path or kept.entity_type.path}/*")
    kept = system.update(kept, body)
    for _ in rounds_while(lambda: not system.calls("PUT")):
        system.work_once()
    assert system.sync_of(kept).status is Status.PENDING
    return kept


def assert_written_once(system: System, kept: StoredEntity) -> None:
    """Assert that both sides agree after one PUT, without a conflict."""
    record = system.sync_of(kept)
    assert (record.status, record.conflicts) == (Status.SYNCED, [])
    assert system.calls("PUT") == 1
    assert not any(entry["conflict"] for entry in history(system, kept))


def new_lines(system: System, kept: StoredEntity, *accounts: int | None) -> dict[str, Any]:
    """Return a body that adds equal lines, apart from their accounts, to the lines that the client read."""
    held = system.fields_of(kept)["lines"]
    new = {"accountingEntityId": held[0]["accountingEntityId"], "amount": 4.35, "memo": "Travel"}
    return {"lines": [*held, *({**new, "glAccountId": account} for account in accounts)]}


class TestLineAccounts:
    def test_an_updates_new_line_gets_the_only_gl_account(self, system: System, buildium: Simulator) -> None:
        kept = synced_bill(system)
        before = accounts(buildium, system, kept)
        with_new_line(system, kept)
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert accounts(buildium, system, kept) == [*before, before[0]]

    def test_a_new_line_gets_the_configured_gl_account(
        self, dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = synced_bill(System(monkeypatch, dynamodb, buildium, clock))
        account = buildium.create("glaccounts", {"Type": "Expense"})["Id"]
        system = System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_GL_ACCOUNT_ID=str(account))
        before = accounts(buildium, system, kept)
        with_new_line(system, kept)
        system.work()

        assert accounts(buildium, system, kept) == [*before, account]

    def test_an_update_without_a_default_account_is_blocked(self, system: System, buildium: Simulator) -> None:
        kept = synced_bill(system)
        buildium.create("glaccounts", {"Type": "Expense"})
        system.clock.sleep(CACHED)
        kept = with_new_line(system, kept)
        fresh = system.create("bill", {**kept.entity.fields, **dict.fromkeys(("status", "paidDate", "approvalStatus"))})
        system.work()

        updated, created = system.sync_of(kept), system.sync_of(fresh)
        assert (updated.status, created.status) == (Status.BLOCKED, Status.BLOCKED)
        assert updated.error_message == created.error_message
        assert len(lines(buildium, system, kept)) == 2

    def test_the_bills_gl_account_overrides_the_default(self, system: System, buildium: Simulator) -> None:
        kept = synced_bill(system)
        account = buildium.create("glaccounts", {"Type": "Expense"})["Id"]
        before = accounts(buildium, system, kept)
        with_new_line(system, kept, glAccountId=account)
        system.work()

        assert accounts(buildium, system, kept) == [*before, account]


class TestAmounts:
    @pytest.mark.parametrize("amount", [0.29, 1.15, 4.35, 8.2, 10.1, 1e2, 999_999_999.99])
    def test_a_lost_create_of_a_bill_is_found_by_amounts(
        self, system: System, buildium: Simulator, amount: float
    ) -> None:
        made: Made = {}
        for name in BILL.needs:
            made[name] = system.create(name, CASES[name].body(made))
        system.work()
        body = BILL.body(made)
        body["lines"][0]["amount"] = amount
        buildium.fault("reset_after", method="POST", path="/bills")
        kept = system.create("bill", body)
        system.work_once()
        [bill] = buildium.state()["bills"]
        # Buildium may return a sum of binary fractions.
        noisy = [{**line, "Amount": line["Amount"] + 1e-8} for line in bill["Lines"]]
        buildium.edit("bills", bill["Id"], {"Lines": noisy if amount < 1e6 else bill["Lines"]})
        system.work()

        assert (system.sync_of(kept).status, len(buildium.state()["bills"])) == (Status.SYNCED, 1)

    def test_half_a_cent_from_buildium_is_written_back_unchanged(self, system: System, buildium: Simulator) -> None:
        kept = half_cent_bill(system, buildium)
        system.update(kept, {"memo": "Two taps"})
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert buildium.get("bills", known(system, kept))["Memo"] == "Two taps"
        assert amounts(buildium, system, kept) == [2.675, 30]

    def test_half_a_cent_in_buildium_can_be_corrected(self, system: System, buildium: Simulator) -> None:
        kept = half_cent_bill(system, buildium)
        held = system.fields_of(kept)["lines"]
        system.update(kept, {"lines": [{**held[0], "amount": 2.68}, held[1]]})
        system.work()

        assert system.fields_of(kept)["lines"][0]["amount"] == 2.68
        assert amounts(buildium, system, kept) == [2.68, 30]

    def test_a_client_can_send_back_half_a_cent(self, system: System, buildium: Simulator) -> None:
        kept = half_cent_bill(system, buildium)
        held = system.fields_of(kept)["lines"]
        system.update(kept, {"lines": [held[0], {**held[1], "memo": "More parts"}]})
        system.work()

        assert [line["Memo"] for line in lines(buildium, system, kept)] == ["Labour", "More parts"]
        assert amounts(buildium, system, kept) == [2.675, 30]

    def test_a_client_cannot_set_half_a_cent(self, system: System, buildium: Simulator) -> None:
        kept = half_cent_bill(system, buildium)
        held = system.fields_of(kept)["lines"]

        with pytest.raises(InvalidFields) as caught:
            system.update(kept, {"lines": [held[0], {**held[1], "amount": 4.355}]})
        assert [error.field for error in caught.value.errors] == ["lines.1.amount"]

    def test_a_rounding_error_in_an_amount_is_no_change(self, system: System, buildium: Simulator) -> None:
        kept = synced_bill(system)
        shown = buildium.get("bills", known(system, kept))
        shown["Lines"][1]["Amount"] = 30.000000000000004
        links = resolve_links(system.store, kept.entity_type, system.fields_of(kept), shown)
        theirs = kept.entity_type.from_buildium(shown, links)

        assert kept.entity_type.values_equal("lines", system.fields_of(kept)["lines"], theirs["lines"])


class TestNewLines:
    @pytest.mark.parametrize("policy", ["local", "buildium"])
    @pytest.mark.parametrize("count", [1, 2])
    def test_new_lines_of_a_lost_update_are_no_conflict(
        self,
        system: System,
        buildium: Simulator,
        count: int,
    ) -> None:
        kept = synced_bill(system)
        kept = lost_update(system, buildium, kept, new_lines(system, kept, *[None] * count))
        system.work()

        assert_written_once(system, kept)
        assert amounts(buildium, system, kept) == [120.5, 30, *[4.35] * count]
        shown = [line["Id"] for line in lines(buildium, system, kept)]
        assert [line["id"] for line in system.fields_of(kept)["lines"]] == shown

    @pytest.mark.parametrize("policy", ["local", "buildium"])
    def test_new_lines_first_seen_by_an_event_are_no_conflict(
        self,
        system: System,
        buildium: Simulator,
    ) -> None:
        kept = synced_bill(system)
        kept = lost_update(system, buildium, kept, new_lines(system, kept, None))
        system.inbound.process_event(system.event("Bill.Updated", "BillId", known(system, kept)))
        system.work()

        assert_written_once(system, kept)
        assert len(system.fields_of(kept)["lines"]) == 3

    @pytest.mark.parametrize("policy", ["local", "buildium"])
    def test_a_line_added_before_ids_are_known_is_no_conflict(
        self,
        system: System,
        buildium: Simulator,
    ) -> None:
        kept = synced(system, BILL)
        system.update(kept, new_lines(system, kept, None))
        system.work()

        assert_written_once(system, kept)
        assert amounts(buildium, system, kept) == [120.5, 30, 4.35]

    @pytest.mark.parametrize("policy", ["local", "buildium"])
    def test_a_buildium_edit_after_a_lost_update_is_a_conflict(
        self,
        system: System,
        buildium: Simulator,
        policy: str,
    ) -> None:
        kept = synced_bill(system)
        kept = lost_update(system, buildium, kept, new_lines(system, kept, None))
        [*others, new] = lines(buildium, system, kept)
        buildium.edit("bills", known(system, kept), {"Lines": [*others, {**new, "Amount": 5}]})
        system.work()

        assert [note["field"] for note in system.sync_of(kept).conflicts] == ["lines"]
        assert amounts(buildium, system, kept)[2] == (4.35 if policy == "local" else 5)

    @pytest.mark.parametrize("policy", ["local", "buildium"])
    def test_equal_line_items_of_a_lost_update_are_no_conflict(
        self,
        system: System,
        buildium: Simulator,
    ) -> None:
        kept = synced(system, CASES["work-order"])
        system.clock.sleep(PAST_THE_ECHO)
        item = {"quantity": 2, "unitPrice": 4.35, "memo": "Washer"}
        kept = lost_update(system, buildium, kept, {"lineItems": [item, item]})
        system.work()

        assert_written_once(system, kept)
        assert len(buildium.get("workorders", known(system, kept))["LineItems"]) == 2
