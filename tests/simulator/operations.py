"""What tests do with the simulated Buildium, besides calling its API."""

from typing import Any

from tests.simulator.entities import Entities
from tests.simulator.events import EventMaker
from tests.simulator.faults import Fault, Faults
from tests.simulator.journal import Exchange, Journal
from tests.simulator.lease_reversals import LEASE_REVERSALS, PAYMENT_KEY, deposit
from tests.simulator.ledger import NAME, ledger_of
from tests.simulator.model import Change, Json
from tests.simulator.rate_limit import RateLimit
from tests.simulator.webhooks import Delivery, WebhookSender


class Operations:
    """The same in one process (`Simulator`) and over the control API (`RemoteSimulator`).

    Types have the registry's names: rentals, units, owners, vendors, tasks, bills, bankaccounts, leases,
    leasetransactions, workorders and their references. Entities have the shape of responses. Methods raise
    RejectedError for unknown entities and keys.
    """

    seed: bool
    entities: Entities
    events: EventMaker
    journal: Journal
    limit: RateLimit
    script: Faults
    webhooks: WebhookSender

    def reset(self, seed: bool | None = None) -> None:
        """Reset entities, ids, log, faults and deliveries. Webhook settings are kept.

        `seed` None uses the initial setting.
        """
        self.script.clear()
        self.entities.state.clear()
        self.journal.clear()
        self.webhooks.clear()
        self.limit.refill()
        if self.seed if seed is None else seed:
            self.entities.seed()

    def create(self, type_name: str, fields: Json | None = None) -> Json:
        """Create an entity as a person does, with these fields over defaults."""
        entity, changes = self.entities.add_by_person(type_name, fields or {})
        self.emit(changes)
        return entity

    def edit(self, type_name: str, entity_id: int, fields: Json) -> Json:
        """Edit an entity as a person does: these fields are merged, all others are kept."""
        entity, changes = self.entities.edit_by_person(type_name, entity_id, fields)
        self.emit(changes)
        return entity

    def delete(self, type_name: str, entity_id: int) -> None:
        """Delete an entity as a person does."""
        self.emit(self.entities.delete_by_person(type_name, entity_id))

    def pay(self, bill_ids: list[int], day: str) -> Json:
        """Pay bills at once as a person does, and return the payment's event, the only one that is sent."""
        for bill_id in bill_ids:
            self.entities.edit_by_person("bills", bill_id, {"PaidDate": day})
        payment_id = self.entities.state.new_id("payments")
        return self._send(self.events.flat("Bill.Payment.Created", PaymentId=payment_id, BillIds=bill_ids))

    def move_out(self, lease_id: int, tenant_id: int, day: str) -> Json:
        """Move a tenant out as a person does, and return the move-out's event, the only one that is sent."""
        fields = {"LeaseId": lease_id, "TenantId": tenant_id, "MoveOutDate": day}
        _, changes = self.entities.add_by_person("moveouts", fields)
        [event] = self.events.of(changes, self.entities.types)
        return self._send(event)

    def deposit(self, payment_id: int) -> None:
        """Deposit a payment of a lease as a person does. Only a deposited payment can be reversed."""
        with self.entities.state.transaction():
            deposit(self.entities.find(NAME, payment_id))

    def reverse(self, payment_id: int, day: str) -> Json:
        """Reverse a deposited payment of a lease as a person does, and return the reversal."""
        with self.entities.state.transaction() as changes:
            lease_id = self.entities.find(NAME, payment_id).public["LeaseId"]
            body = {"EntryDate": day, PAYMENT_KEY: payment_id}
            reversal, _ = self.entities.create(LEASE_REVERSALS, body, lease_id)
        self.emit(changes)
        return self.entities.present(reversal)

    def _send(self, event: Json) -> Json:
        self.webhooks.send(event)
        return event

    def get(self, type_name: str, entity_id: int) -> Json:
        """One entity."""
        return self.entities.present(self.entities.find(type_name, entity_id))

    def state(self) -> dict[str, list[Json]]:
        """All entities by type; `_private` holds what Buildium stores and never returns."""
        return self.entities.dump()

    def ledger(self) -> dict[int, list[Json]]:
        """Every ledger entry by lease, in creation order; amounts are `Cents`, as integers."""
        with self.entities.state.transaction():
            return ledger_of(self.entities.state)

    def fault(self, kind: str, method: str | None = None, path: str = "*", **options: Any) -> None:
        """Script a fault; the options are those of `Fault`: naming, times, skip, status, seconds, body, headers."""
        self.script.add(Fault(kind, method, path, **options))

    def faults(self) -> list[Json]:
        """The script, with the number of applications (`applied`) of each fault."""
        return self.script.dump()

    def clear_faults(self) -> None:
        """Remove every fault."""
        self.script.clear()

    def requests(self) -> list[Exchange]:
        """Every request to /v1 so far, with its response."""
        return self.journal.exchanges()

    def clear_requests(self) -> None:
        """Clear the log and its counts."""
        self.journal.clear()

    def configure_webhooks(self, **settings: Any) -> None:
        """Change settings of `WebhookConfig`; ends a suspension."""
        self.webhooks.configure(**settings)

    def send_event(self, body: Json) -> Delivery:
        """Send any body as a signed webhook, and wait until it is delivered or dropped."""
        delivery = self.webhooks.send(body)
        self.webhooks.wait(delivery)
        return delivery

    def send_batch(self, events: list[Json]) -> Delivery:
        """Send events in the batch form: each with EventType, EntityType and EntityId."""
        return self.send_event(self.events.batch(events))

    def deliveries(self) -> list[Delivery]:
        """Every webhook so far."""
        return self.webhooks.deliveries()

    def wait_for_webhooks(self, timeout: float = 30.0) -> bool:
        """Wait until no webhook is being sent; return False after `timeout` seconds."""
        return self.webhooks.wait(timeout=timeout)

    def stats(self) -> Json:
        """Counts of calls (`Journal.stats`) and, under `webhooks`, of deliveries (`WebhookSender.stats`)."""
        return {**self.journal.stats(), "webhooks": self.webhooks.stats()}

    def emit(self, changes: list[Change]) -> None:
        """Send the events of changes; wait for delivery if events precede the response."""
        sent = [self.webhooks.send(event) for event in self.events.of(changes, self.entities.types)]
        if self.webhooks.config.before_response:
            for delivery in sent:
                self.webhooks.wait(delivery)
