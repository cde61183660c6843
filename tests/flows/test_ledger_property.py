"""Random histories of money: the ledger in Buildium has exactly the accepted requests, to the cent.

A seed decides the whole history. `MONEY_RUNS` is the number of seeds, `MONEY_SEED` the first one.
"""

import os
import random
from collections import Counter
from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from tests.flows.ledger_bodies import ENTRIES, INCOME, entry, income_account
from tests.flows.system import System
from tests.flows.test_types import CASES, synced
from tests.simulator import Simulator, faults

RUNS = int(os.environ.get("MONEY_RUNS") or 10)
FIRST_SEED = int(os.environ.get("MONEY_SEED") or 1)
KINDS = {"lease-charge": "Charge", "lease-payment": "Payment", "lease-credit": "Credit"}
CENTS = (1050, 29, 125_050)
"""Few amounts, so that equal entries are common."""
HAND_CENTS = 77_701
"""The amount of entries that a person creates in Buildium. No client sends it.

Such an entry of the same type and day may be a lost create that was edited, so it may cause a review.
"""
DAYS = ("2026-01-05", "2026-01-06")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": faults.RESET_AFTER, "method": "POST"},
    {"kind": faults.RESET_BEFORE, "method": "POST"},
    {"kind": faults.ERROR_AFTER, "method": "POST", "status": 500},
    {"kind": faults.GARBAGE_AFTER, "method": "POST"},
    {"kind": faults.STATUS, "method": "POST", "status": 429},
    {"kind": faults.STATUS, "method": "POST", "status": 500},
    {"kind": faults.RESET_BEFORE, "method": "GET"},
    {"kind": faults.STATUS, "method": "GET", "status": 429},
    {"kind": faults.STATUS, "method": "GET", "status": 500},
)

Entry = tuple[str, str, int]
"""Type, date and cents of an entry."""


class History:
    """One random history on one lease: clients, faults, redeliveries, and a person in Buildium."""

    def __init__(self, seed: int, system: System, buildium: Simulator, lease: str) -> None:
        self._rng = random.Random(seed)
        self._system = system
        self._buildium = buildium
        self._lease = lease
        self._lease_in_buildium = system.sync_of(system.records.read(by_name("lease"), lease).entity.ref).buildium_id
        self._accepted: dict[str, tuple[StoredEntity, Entry]] = {}
        self._by_hand: list[Entry] = []
        self._hand_ids: set[int] = set()

    def run(self) -> None:
        """Make random steps, and then let the system rest."""
        steps = [self.create] * 5 + [self.fault] * 4 + [self.work] * 3 + [self.redeliver, self.update, self.by_hand]
        for _ in range(self._rng.randint(4, 14)):
            self._rng.choice(steps)()
        self._buildium.clear_faults()
        self._system.work(300)

    def create(self) -> None:
        """Have a client post an entry."""
        name = self._rng.choice(list(KINDS))
        day, cents = self._rng.choice(DAYS), self._rng.choice(CENTS)
        lines = [{"glAccountId": INCOME, "amount": cents / 100}]
        stored = self._system.create(name, entry({**ENTRIES[name][0], "date": day, "lines": lines}, self._lease))
        self._accepted[stored.entity.ref.pk] = stored, (KINDS[name], day, cents)

    def update(self) -> None:
        """Have a client change the amount of a synced entry."""
        synced_ones = [
            each for each in self._accepted.values() if self._system.sync_of(each[0]).status is Status.SYNCED
        ]
        changeable = [each for each in synced_ones if each[1][0] != "Credit"]
        if not changeable:
            return
        stored, (kind, day, _) = self._rng.choice(changeable)
        cents = self._rng.choice(CENTS)
        current = self._system.records.read(stored.entity_type, stored.entity.ref.entity_id)
        self._system.update(current, {"lines": [{"glAccountId": INCOME, "amount": cents / 100}]})
        self._accepted[stored.entity.ref.pk] = stored, (kind, day, cents)

    def fault(self) -> None:
        """Inject a fault into one of the next calls."""
        self._buildium.fault(**self._rng.choice(FAULTS), path="/leases/*", skip=self._rng.randint(0, 1))

    def work(self) -> None:
        """Process some messages."""
        for _ in range(self._rng.randint(1, 4)):
            if self._system.queue.waiting:
                self._system.work_once()

    def redeliver(self) -> None:
        """Deliver a message twice."""
        if self._system.queue.waiting:
            _, message = self._rng.choice(self._system.queue.waiting)
            self._system.queue.send(message)

    def by_hand(self) -> None:
        """Have a person post an entry with an amount of its own."""
        day = self._rng.choice(DAYS)
        line = {"GLAccount": {"Id": INCOME}, "Amount": HAND_CENTS / 100}
        fields = {"LeaseId": self._lease_in_buildium, "Date": day, "TransactionTypeEnum": "Charge"}
        made = self._buildium.create("leasetransactions", {**fields, "Journal": {"Memo": None, "Lines": [line]}})
        self._hand_ids.add(made["Id"])
        self._by_hand.append(("Charge", day, HAND_CENTS))

    def assert_exact(self) -> None:
        """Assert that the ledger has the accepted entries and those made by hand, and no others."""
        shown = self._buildium.ledger().get(self._lease_in_buildium or 0, [])
        synced_ones = [each for each in self._accepted.values() if not self._is_ambiguous(each[0])]
        expected = [wanted for _, wanted in synced_ones] + self._by_hand
        assert Counter((each["Type"], each["Date"], each["Cents"]) for each in shown) == Counter(expected)
        by_id = {each["Id"]: (each["Type"], each["Date"], each["Cents"]) for each in shown}
        linked = {self._system.sync_of(stored).buildium_id: wanted for stored, wanted in synced_ones}
        assert len(linked) == len(synced_ones), "an entry is linked twice"
        assert linked.items() <= by_id.items()

    def _is_ambiguous(self, stored: StoredEntity) -> bool:
        """Return whether an entry, which was not posted, needs a review because of entries made by hand."""
        record = self._system.sync_of(stored)
        if record.status is Status.NEEDS_REVIEW:
            assert record.candidates
            assert set(record.candidates) <= self._hand_ids
            return True
        assert record.status is Status.SYNCED, record.error_message
        return False


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + RUNS))
def test_the_ledger_equals_the_accepted_requests(seed: int, system: System, buildium: Simulator) -> None:
    income_account(buildium)
    lease = synced(system, CASES["lease"]).entity.ref.entity_id
    history = History(seed, system, buildium, lease)
    history.run()
    history.assert_exact()
