"""One random history: clients, faults, kills, late webhooks, polls, and a person who works in Buildium."""

import random
from collections.abc import Callable
from typing import Any

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from tests.flows.ledger_bodies import ENTRIES, INCOME
from tests.money.requests import KINDS, ByHand, Posted
from tests.money.world import World
from tests.simulator import faults
from tests.simulator.errors import RejectedError
from tests.simulator.model import Json

LEDGER = "leasetransactions"
CENTS = (1050, 29, 125_050)
"""Few amounts, so that equal entries are common."""
DAYS = ("2026-11-05", "2026-11-06")
HAND_DAY = "2026-11-10"
HAND_CENTS = 77_701
"""The day and amount of a person's edits. No client sends them: a lost create that was edited may need a review."""
REVERSAL_DAYS = ("2026-11-15", "2026-11-16")
PAST_CLOCK_ERRORS_SECONDS = 120.0
"""An equal entry that a person made is older than a create, if all clocks are right within this time."""
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": faults.RESET_AFTER, "method": "POST"},
    {"kind": faults.RESET_BEFORE, "method": "POST"},
    {"kind": faults.ERROR_AFTER, "method": "POST", "status": 500},
    {"kind": faults.GARBAGE_AFTER, "method": "POST"},
    {"kind": faults.DELAY_AFTER, "method": "POST", "seconds": 40},
    {"kind": faults.STATUS, "method": "POST", "status": 429},
    {"kind": faults.STATUS, "method": "POST", "status": 500},
    {"kind": faults.RESET_BEFORE, "method": "GET"},
    {"kind": faults.STATUS, "method": "GET", "status": 429},
    {"kind": faults.STATUS, "method": "GET", "status": 500},
    {"kind": faults.RESET_AFTER, "method": "PUT"},
    {"kind": faults.RESET_BEFORE, "method": "PUT"},
)
LOSSES = (faults.RESET_AFTER, faults.RESET_AFTER, faults.RESET_BEFORE)
LONGEST_RUN_CALLS = 16
"""The calls to AWS and Buildium in most runs of a function."""


class History:
    """Makes random steps on two leases, given by local and Buildium id."""

    def __init__(self, seed: int, world: World, leases: dict[int, str]) -> None:
        world.reset(seed)
        self.world = world
        self.buildium = world.buildium
        self.leases = leases
        self.requests: list[Posted] = []
        self.by_hand: dict[int, ByHand] = {}
        self.hand_days: dict[int, str] = {}
        """The dates that a person set, by the id of the entry."""
        self.hand_cents: set[int] = set()
        """The entries whose amount a person set before they were linked."""
        self.ever_by_hand: set[int] = set()
        """Those and the ones that a person deleted."""
        self.twins: set[int] = set()
        """The equal entries of a person and of a lost create. They stay as they are."""
        self.undecidable: set[EntityRef] = set()
        """The entities of these lost creates, which need a review."""
        self.deleted: set[EntityRef] = set()
        """The entities whose entry a person deleted."""
        self.deleted_unlinked: set[EntityRef] = set()
        """The entities whose entry a person deleted before it was linked."""
        self._rng = random.Random(f"history {seed}")

    def run(self) -> None:
        """Make random steps."""
        rng, world = self._rng, self.world
        world.webhook_loss, world.webhook_duplicates = rng.choice((0.0, 0.4)), rng.choice((0.0, 0.4))
        world.webhook_seconds = rng.choice((1.0, 30.0, 600.0))
        longest = rng.choice((0.0, 0.0, 29.0))
        self.buildium.list_delay = lambda: world.rng.uniform(0.0, longest)
        steps = [step for step, weight in self._steps().items() for _ in range(weight)]
        for _ in range(rng.randint(6, 24)):
            rng.choice(steps)()

    def _steps(self) -> dict[Callable[[], object], int]:
        return {
            self.create: 6,
            self.create_equal_ones: 2,
            self.work: 7,
            self.fault: 4,
            self.kill: 3,
            self.replay: 2,
            self.reuse_key: 1,
            self.change: 2,
            self.redeliver: 1,
            self.wait: 1,
            self.world.schedule: 1,
            self.create_by_hand: 1,
            self.create_equal_by_hand: 1,
            self.create_twin_by_hand: 2,
            self.edit_by_hand: 2,
            self.delete_by_hand: 1,
            self.reverse: 2,
            self.reverse_by_hand: 1,
        }

    def create(self) -> None:
        """Have a client post an entry."""
        name, number = self._rng.choice(list(ENTRIES)), self._rng.choice(list(self.leases))
        self._create(name, number, self._rng.choice(DAYS), self._rng.choice(CENTS))

    def create_equal_ones(self) -> None:
        """Have clients post two or three equal entries at once, and lose most of the responses."""
        name, number = self._rng.choice(list(ENTRIES)), self._rng.choice(list(self.leases))
        day, cents = self._rng.choice(DAYS), self._rng.choice(CENTS)
        for _ in range(self._rng.randint(2, 3)):
            self._create(name, number, day, cents)
            if self._rng.random() < 0.8:
                self.buildium.fault(self._rng.choice(LOSSES), "POST", f"/leases/{number}/*")

    def _create(self, name: str, number: int, day: str, cents: int) -> None:
        lines = [{"glAccountId": INCOME, "amount": cents / 100}]
        memo = self._rng.choice((None, None, "Parking", "Pet fee"))
        common = {key: value for key, value in ENTRIES[name][0].items() if key != "memo"}
        body = {**common, "leaseId": self.leases[number], "date": day, "lines": lines, "memo": memo}
        key = f"key-{len(self.requests)}"
        posted = Posted(name, f"/api/{by_name(name).collection}", body, key, number, day, {cents})
        self.requests.append(posted)
        self.send(posted)

    def send(self, posted: Posted) -> None:
        """Send a request, again if it was acknowledged before. A killed function sends no response."""
        response = self.world.request("POST", posted.path, posted.body, posted.key)
        if response is None:
            return
        status, body = response
        assert status == 201, body
        [entity] = [each for each in body.values() if isinstance(each, dict) and "id" in each]
        ref = EntityRef(posted.name, entity["id"])
        assert posted.ref in (None, ref), "a repeated request returned another entity"
        posted.ref = ref

    def replay(self) -> None:
        """Have a client repeat a request with its key."""
        if self.requests:
            self.send(self._rng.choice(self.requests))

    def reuse_key(self) -> None:
        """Have a client use a key for another request, or none."""
        sent = [each for each in self.requests if each.ref and each.key]
        if not sent:
            return
        posted = self._rng.choice(sent)
        self.world.clear_kill()
        other = {**posted.body, "memo": "Another request"}
        for key, expected in ((posted.key, 422), (None, 400)):
            response = self.world.request("POST", posted.path, other, key)
            assert response is not None
            assert response[0] == expected, response

    def change(self) -> None:
        """Have a client change the amount of an entry, and repeat the request until a response comes."""
        changeable = [each for each in self._acknowledged() if each.kind in ("Charge", "Payment") and not each.is_final]
        if not changeable:
            return
        posted, cents = self._rng.choice(changeable), self._rng.choice(CENTS)
        before = self.cents_of(posted.entity)
        body = {"lines": [{"glAccountId": INCOME, "amount": cents / 100}]}
        path = f"{posted.path}/{posted.entity.entity_id}"
        response = self.world.request("PUT", path, body) or self.world.request("PUT", path, body)
        assert response is not None
        status, reply = response
        if status == 409:
            assert posted.ref in self.deleted, reply
            return
        assert status == 200, reply
        posted.is_changed = True
        is_open = HAND_CENTS in posted.cents and before != HAND_CENTS
        posted.cents = {cents, HAND_CENTS} if is_open else {cents}

    def fault(self) -> None:
        """Inject a fault into one of the next calls."""
        self.buildium.fault(**self._rng.choice(FAULTS), path="/leases/*", skip=self._rng.randint(0, 1))

    def kill(self) -> None:
        """Kill one of the next runs at one of its calls."""
        self.world.kill_next(self._rng.randint(1, LONGEST_RUN_CALLS), is_before=self._rng.random() < 0.5)

    def work(self) -> None:
        """Handle some of what is due."""
        for _ in range(self._rng.randint(1, 5)):
            self.world.step()

    def wait(self) -> None:
        """Let time pass, so that all that is due becomes late."""
        self.world.clock.sleep(self._rng.choice((20.0, 100.0, 700.0)))

    def redeliver(self) -> None:
        """Deliver a message about an entity again."""
        if acknowledged := self._acknowledged():
            self.world.queue_again(self._rng.choice(acknowledged).entity)

    def create_by_hand(self) -> None:
        """Have a person post an entry with an amount of its own."""
        self._post_by_hand(self._rng.choice(("Charge", "Payment", "Credit")), HAND_CENTS)

    def create_equal_by_hand(self) -> None:
        """Have a person post an entry that may equal a later request. No open create is of its type."""
        name = self._rng.choice(("lease-charge", "lease-payment", "lease-credit"))
        if not self.world.store.intents(name):
            self._post_by_hand(KINDS[name], self._rng.choice(CENTS))
            self.world.clock.sleep(PAST_CLOCK_ERRORS_SECONDS)

    def create_twin_by_hand(self) -> None:
        """Have a person post an entry that equals the result of one lost create, so that nothing distinguishes them."""
        entries = [{**each, "LeaseId": lease} for lease, ledger in self.buildium.ledger().items() for each in ledger]
        lost = [each for each in entries if self._is_of_only_lost_create(each)]
        if not lost:
            return
        entry = self._rng.choice(lost)
        self._post_by_hand(entry["Type"], entry["Cents"], entry["Date"], entry["LeaseId"])
        self.twins |= {entry["Id"], max(self.by_hand)}
        self.undecidable.add(self.world.made[entry["Id"]])
        self.world.clock.sleep(PAST_CLOCK_ERRORS_SECONDS)

    def _is_of_only_lost_create(self, entry: Json) -> bool:
        """Return whether an entry is the unedited result of an open create, and no other create is equal to it.

        An equal create may be open, or it may have adopted the entry.
        """
        maker, number = self.world.made.get(entry["Id"]), entry["Id"]
        if maker is None or number in {*self.hand_days, *self.hand_cents, *self.twins}:
            return False
        if self.linked_to(number) is not None:
            return False
        intents = self.world.store.intents(maker.entity_type)
        equal = [each.ref for each in intents if self._would_post(each.fields) == _values(entry)]
        return equal == [maker]

    def _would_post(self, fields: dict[str, Any]) -> tuple[Any, ...]:
        cents = sum(round(line["amount"] * 100) for line in fields.get("lines", ()))
        number = next((each for each, local_id in self.leases.items() if local_id == fields["leaseId"]), 0)
        return number, fields["date"], cents

    def _post_by_hand(self, kind: str, cents: int, day: str = "", number: int = 0) -> None:
        day, number = day or self._rng.choice(DAYS), number or self._rng.choice(list(self.leases))
        line = {"GLAccount": {"Id": INCOME}, "Amount": cents / 100}
        fields = {"LeaseId": number, "Date": day, "TransactionTypeEnum": kind}
        made = self.buildium.create(LEDGER, {**fields, "Journal": {"Memo": None, "Lines": [line]}})
        self.by_hand[made["Id"]] = ByHand(number, kind, day, cents)
        self.ever_by_hand.add(made["Id"])

    def edit_by_hand(self) -> None:
        """Have a person edit the date or the amount of an entry, once before it is linked."""
        number = self._changeable_entry()
        if number is None:
            return
        posted, made = self.linked_to(number), self.by_hand.get(number)
        if posted is None and made is None and (number in self.hand_days or number in self.hand_cents):
            return
        if self._rng.random() < 0.5:
            self.buildium.edit(LEDGER, number, {"Date": HAND_DAY})
            self.hand_days[number] = HAND_DAY
            if made:
                made.day = HAND_DAY
            return
        journal = self.buildium.get(LEDGER, number)["Journal"]
        before = round(journal["Lines"][0]["Amount"] * 100)
        lines = [{**journal["Lines"][0], "Amount": HAND_CENTS / 100}]
        self.buildium.edit(LEDGER, number, {"Journal": {**journal, "Lines": lines}})
        if made:
            made.cents = HAND_CENTS
        elif posted is None:
            self.hand_cents.add(number)
        else:
            self._edited(posted, before)

    def _edited(self, posted: Posted, before: int) -> None:
        record = self.world.sync_of(posted.entity)
        is_agreed = record.status is Status.SYNCED and self.cents_of(posted.entity) == before
        posted.cents = {HAND_CENTS} if is_agreed else {*posted.cents, HAND_CENTS}

    def delete_by_hand(self) -> None:
        """Have a person delete an entry."""
        number = self._changeable_entry()
        if number is None:
            return
        self.buildium.delete(LEDGER, number)
        if self.by_hand.pop(number, None):
            return
        links = self.world.store.local_ids((name, number) for name in KINDS)
        if links:
            self.deleted |= {EntityRef(name, local_id) for (name, _), local_id in links.items()}
        else:
            self.deleted_unlinked.add(self.world.made[number])

    def _changeable_entry(self) -> int | None:
        """Return the id of an entry that is no reversal and no deposited payment."""
        entries = [each for ledger in self.buildium.ledger().values() for each in ledger]
        final = {self.world.sync_of(each.entity).buildium_id for each in self._acknowledged() if each.is_final}
        fixed = final | self.twins
        found = [each["Id"] for each in entries if each["Type"] != "ReversePayment" and each["Id"] not in fixed]
        return self._rng.choice(found) if found else None

    def _payment(self) -> Posted | None:
        """Return a payment to reverse, which is deposited and never changes."""
        payments = [
            each for each in self._acknowledged() if each.name == "lease-payment" and each.ref not in self.deleted
        ]
        found = [each for each in payments if each.is_final or self._is_unchanged(each)]
        if not found:
            return None
        payment = self._rng.choice(found)
        payment.is_final = True
        number = self.world.sync_of(payment.entity).buildium_id
        assert number is not None
        self.buildium.deposit(number)
        return payment

    def _is_unchanged(self, payment: Posted) -> bool:
        record = self.world.sync_of(payment.entity)
        number = record.buildium_id
        touched = payment.is_changed or number in self.hand_days or number in self.hand_cents
        return record.status is Status.SYNCED and not touched and HAND_CENTS not in payment.cents

    def reverse(self) -> None:
        """Have a client reverse a payment, perhaps again with another date, which is a conflict."""
        payment = self._payment()
        if payment is None:
            return
        day, path = self._rng.choice(REVERSAL_DAYS), f"{payment.path}/{payment.entity.entity_id}/reversal"
        known = next((each for each in self.requests if each.payment is payment), None)
        if known is None:
            name = "lease-payment-reversal"
            known = Posted(name, path, {"date": day}, None, payment.lease, day, payment.cents, payment=payment)
            self.requests.append(known)
        elif known.ref and known.day != day:
            self.world.clear_kill()
            response = self.world.request("POST", path, {"date": day})
            assert response is not None
            assert response[0] == 409, response
            return
        self.send(known)

    def reverse_by_hand(self) -> None:
        """Have a person reverse a payment, unless it is reversed."""
        payment = self._payment()
        if payment is None:
            return
        number = self.world.sync_of(payment.entity).buildium_id or 0
        try:
            made = self.buildium.reverse(number, REVERSAL_DAYS[0])
        except RejectedError:
            return
        [cents] = payment.cents
        self.by_hand[made["Id"]] = ByHand(payment.lease, "ReversePayment", REVERSAL_DAYS[0], cents)

    def _acknowledged(self) -> list[Posted]:
        return [each for each in self.requests if each.ref]

    def linked_to(self, number: int) -> Posted | None:
        """Return the request whose entity is linked to an entry."""
        found = (each for each in self._acknowledged() if self.world.sync_of(each.entity).buildium_id == number)
        return next(found, None)

    def cents_of(self, ref: EntityRef) -> int:
        """Return the amount of a local entity."""
        loaded = self.world.store.load(ref)
        assert loaded is not None
        return sum(round(line["amount"] * 100) for line in loaded.entity.fields["lines"])


def _values(entry: Json) -> tuple[Any, ...]:
    return entry["LeaseId"], entry["Date"], entry["Cents"]
