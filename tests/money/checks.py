"""Lets a history come to rest, and asserts that money is exact."""

from collections import Counter
from typing import Any

from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from tests.money.history import HAND_CENTS, LEDGER, History
from tests.money.requests import Posted
from tests.money.world import DETAIL
from tests.simulator.model import Json

MOST_STEPS = 3000
SCHEDULE_SECONDS = 1000.0
"""Later than a poll's interval, and than the leases of a killed sync and a killed poll."""
MOST_MORE_CALLS = 2
SIGNS = {"Charge": 1, "ReversePayment": 1, "Payment": -1, "Credit": -1}


class Checks:
    """The end of a history: rest, a person's decisions, a last poll, and the assertions."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.world = history.world
        self.buildium = history.buildium
        self.reviewed: set[Posted] = set()
        """The requests that a person decided about."""
        self.retried: set[Posted] = set()

    def settle(self) -> None:
        """End all faults, and work until nothing is left; a person decides the reviews."""
        self.buildium.clear_faults()
        self.world.clear_kill()
        for posted in self.history.requests:
            if posted.ref is None:
                self.history.send(posted)
        self._rest()
        # A list, because `any` alone stops at the first one.
        while any(self._help(posted) for posted in self.history.requests):
            self._rest()
        self.world.clock.sleep(SCHEDULE_SECONDS)
        self.world.schedule()
        self._work()

    def _rest(self) -> None:
        """Work until nothing is left, also after a sweep."""
        self._work()
        self.world.clock.sleep(SCHEDULE_SECONDS)
        self.world.sweep()
        self._work()

    def _work(self) -> None:
        for _ in range(MOST_STEPS):
            if not self.world.step():
                return
        raise AssertionError("there is always more to do")

    def _help(self, posted: Posted) -> bool:
        """Decide a review, or retry a failed sync once. Returns whether there is more to do then."""
        status = self.world.sync_of(posted.entity).status
        if status is Status.NEEDS_REVIEW:
            self._decide(posted)
            return True
        if status is not Status.FAILED or posted in self.retried:
            return False
        self.retried.add(posted)
        self._ask("POST", "/api/buildium/sync", self._named(posted))
        return True

    def _decide(self, posted: Posted) -> None:
        """Decide as a person who knows which entry a request made; equal requests are interchangeable."""
        candidates = self.world.sync_of(posted.entity).candidates
        self._assert_ambiguous(posted, candidates)
        entries = self._entries()
        free = [each for each in candidates if each in entries and self.history.linked_to(each) is None]
        own = [each for each in free if self.world.made.get(each) == posted.entity]
        equal = [each for each in free if each in self.world.made and self._may_swap(posted, each)]
        made = next(iter([*own, *equal]), None)
        self.reviewed.add(posted)
        self._ask("POST", "/api/buildium/review", {**self._named(posted), "buildiumId": made})

    def _may_swap(self, posted: Posted, number: int) -> bool:
        """Return whether an entry was made for an equal request whose entity is linked to another entry."""
        maker = next(each for each in self.history.requests if each.ref == self.world.made[number])
        is_linked = self.world.sync_of(maker.entity).buildium_id is not None
        return is_linked and posted.payment is maker.payment is None and maker.body == posted.body

    def _assert_ambiguous(self, posted: Posted, candidates: list[int]) -> None:
        """Assert that a person changed an entry, or that reversals of equal payments cannot be distinguished."""
        assert candidates, "a review has no candidates"
        touched = {*self.history.hand_days, *self.history.hand_cents, *self.history.ever_by_hand}
        if posted.payment is None and not self.history.deleted_unlinked:
            assert touched & set(candidates), f"{posted.entity} needs no review"

    def assert_exact(self) -> None:
        """Assert that the ledger has the accepted entries and those made by hand, and no others, to the cent."""
        entries, linked = self._entries(), dict[int, Posted]()
        for posted in self.history.requests:
            record = self.world.sync_of(posted.entity)
            if posted.ref in self.history.deleted:
                assert record.status is Status.DELETED, (posted, record.status)
            elif not self._may_be_rejected(posted, record.status):
                assert record.status is Status.SYNCED, (posted, record.status, record.error_message)
                assert record.buildium_id is not None
                assert record.buildium_id not in linked, "an entry is linked twice"
                linked[record.buildium_id] = posted
                self._assert_equal(posted, record.buildium_id, entries[record.buildium_id])
        others = {number: entry for number, entry in entries.items() if number not in linked}
        by_hand = {number: each for number, each in self.history.by_hand.items() if number not in linked}
        assert {number: _entry(each) for number, each in others.items()} == {
            number: (each.lease, each.kind, each.day, each.cents) for number, each in by_hand.items()
        }

    def _may_be_rejected(self, posted: Posted, status: Status) -> bool:
        """Return whether a reversal was rejected, because a person had reversed the payment."""
        if posted.payment is None or status is not Status.FAILED:
            return False
        return bool(self._reversals(posted) & set(self.history.by_hand))

    def _reversals(self, posted: Posted) -> set[int]:
        payment = posted.payment
        assert payment is not None
        number = self.world.sync_of(payment.entity).buildium_id
        records = self.buildium.entities.state.all(LEDGER)
        return {each.id for each in records if each.public.get("PaymentTransactionId") == number}

    def _assert_equal(self, posted: Posted, number: int, entry: Json) -> None:
        """Assert that an entry has the values of its request and of the last edits, and its local entity the same."""
        status, body = self._ask("GET", self._path(posted))
        assert status == 200
        local = _local(body)
        total = local["totalAmount"] if posted.payment else sum(line["amount"] for line in local["lines"])
        assert (entry["Date"], entry["Cents"]) == (local["date"], round(total * 100)), (posted, entry, local)
        day = self.history.hand_days.get(number, posted.day)
        cents = posted.cents | ({HAND_CENTS} if number in self.history.hand_cents else set())
        is_by_hand = number in self.history.by_hand
        assert is_by_hand <= (posted.payment is not None), "an entry that a person made is linked"
        assert (entry["LeaseId"], entry["Type"]) == (posted.lease, posted.kind)
        assert entry["Cents"] in cents, (posted, entry)
        assert entry["Date"] == (self.history.by_hand[number].day if is_by_hand else day), (posted, entry)
        if posted.payment is not None:
            assert self._reversals(posted) == {number}
        else:
            assert entry["Memo"] == posted.body["memo"], (posted, entry)

    def assert_posted_once(self) -> None:
        """Assert that each entry was made once, by one call; after one lost response by at most two more calls.

        Of equal requests, one may adopt the entry of another, which then posts its own.
        """
        applied = Counter(self.world.made.values())
        allowed, made = Counter[str](), Counter[str]()
        for posted in self.history.requests:
            is_excused = posted.ref in self.history.deleted_unlinked or posted in self.reviewed
            allowed[posted.equality] += 1 + is_excused
            made[posted.equality] += applied[posted.entity]
            if not (is_excused or posted in self.retried or posted.is_changed or self._is_touched(posted)):
                self._assert_few_calls(posted)
        assert made <= allowed, f"an entry was posted twice: {made - allowed}"
        assert self.history.undecidable <= {each.ref for each in self.reviewed}, "a review is missing"

    def _is_touched(self, posted: Posted) -> bool:
        number = self.world.sync_of(posted.entity).buildium_id
        touched = {*self.history.hand_days, *self.history.hand_cents, *self.history.by_hand}
        return posted.ref in self.history.deleted or number in touched or HAND_CENTS in posted.cents

    def _assert_few_calls(self, posted: Posted) -> None:
        """Count the read of an adopted entry: others are of equal entries, which have to be distinguished."""
        calls = {kind: count for (ref, kind), count in self.world.calls.items() if ref == posted.ref}
        is_adopted = DETAIL in calls and calls.get("POST", 0) <= 1
        count = sum(calls.values()) - calls.get(DETAIL, 0) + is_adopted
        faults = self.world.faults[posted.entity]
        if faults == 0:
            assert count == 1, (posted, calls)
        elif faults == 1:
            assert count <= 1 + MOST_MORE_CALLS, (posted, calls)

    def assert_local_copies(self) -> None:
        """Assert that the local lease transactions and the balances equal the ledger."""
        ledger = self.buildium.ledger()
        for number, local_id in self.history.leases.items():
            shown = self._transactions(local_id)
            entries = ledger.get(number, [])
            assert shown == {each["Id"]: _values(each) for each in entries}
            status, body = self._ask("GET", f"/api/leases/{local_id}/balance")
            owed = sum(SIGNS[each["Type"]] * each["Cents"] for each in entries)
            assert status == 200
            assert round(body["total"] * 100) == max(owed, 0), (body, owed)

    def _transactions(self, lease: str) -> dict[int, tuple[str, str, int]]:
        kind = by_name("lease-transaction")
        entities, cursor = self.world.store.page(kind.name, limit=1000, cursor=None)
        assert cursor is None
        fields = [each.fields for each in entities if not each.deleted_at and each.fields["leaseId"] == lease]
        assert len({each["transactionId"] for each in fields}) == len(fields), "a transaction is stored twice"
        return {
            each["transactionId"]: (
                each["transactionType"],
                each["date"],
                sum(abs(round(line["amount"] * 100)) for line in each["lines"]),
            )
            for each in fields
        }

    def _entries(self) -> dict[int, Json]:
        ledger = self.buildium.ledger()
        return {each["Id"]: {**each, "LeaseId": lease} for lease, entries in ledger.items() for each in entries}

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        response = self.world.request(method, path, body)
        assert response is not None
        assert response[0] < 300, response
        return response

    def _named(self, posted: Posted) -> dict[str, str]:
        return {"entityType": posted.name, "entityId": posted.entity.entity_id}

    def _path(self, posted: Posted) -> str:
        return f"/api/{by_name(posted.name).collection}/{posted.entity.entity_id}"


def _entry(entry: Json) -> tuple[int, str, str, int]:
    return entry["LeaseId"], entry["Type"], entry["Date"], entry["Cents"]


def _values(entry: Json) -> tuple[str, str, int]:
    return entry["Type"], entry["Date"], entry["Cents"]


def _local(body: Json) -> Json:
    [found] = [each for each in (body, *body.values()) if isinstance(each, dict) and "date" in each]
    return found
