"""A repeated upsert of any type, also after the sync, changes nothing and makes no call."""

from typing import Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.store.queues import SyncMessage
from tests.flows.ledger_bodies import ENTRIES, REVERSAL, REVERSALS, entry, income_account
from tests.flows.operation_bodies import OPERATIONS, operation
from tests.flows.system import System
from tests.flows.test_types import CASES, Made, known, synced
from tests.simulator import Simulator

PAST_THE_ECHO = 60.0
A = "A-1"
_BODIES = [
    *((name, 0) for name in CASES),
    *((name, place) for name, bodies in {**ENTRIES, **OPERATIONS}.items() for place in range(len(bodies))),
    *((REVERSAL, place) for place in range(len(REVERSALS))),
]


def body_of(system: System, buildium: Simulator, name: str, place: int) -> dict[str, Any]:
    """Return a body of a create, after the sync of everything to which it refers."""
    if name in CASES:
        made: Made = {}
        for need in CASES[name].needs:
            made[need] = system.create(need, CASES[need].body(made))
        system.work()
        return CASES[name].body(made)
    income_account(buildium)
    tenant = synced(system, CASES["tenant"])
    lease = system.fields_of(tenant)["leaseId"]
    if name in ENTRIES:
        # The simulated account has no such bill and no such tenant.
        unknown = ("billId", "payeeTenantId")
        return entry({field: value for field, value in ENTRIES[name][place].items() if field not in unknown}, lease)
    if name in OPERATIONS:
        return operation(name, lease, tenant.entity.ref.entity_id, OPERATIONS[name][place])
    payment = system.create("lease-payment", entry(ENTRIES["lease-payment"][0], lease))
    system.work()
    buildium.deposit(known(system, payment))
    return {**REVERSALS[place], "paymentId": payment.entity.ref.entity_id}


def put(system: System, name: str, body: dict[str, Any]) -> tuple[StoredEntity, bool]:
    stored, exists = system.api.upserts.put(by_name(name), A, body, Author("request"))
    if not exists:
        system.queue.send(SyncMessage.of(stored.sync))
    return stored, exists


def test_every_writable_type_is_covered() -> None:
    assert {name for name, _ in _BODIES} == {each.name for each in all_types() if not each.is_read_only}


@pytest.mark.parametrize(("name", "place"), _BODIES)
def test_a_repeated_upsert_changes_nothing(name: str, place: int, system: System, buildium: Simulator) -> None:
    body = body_of(system, buildium, name, place)
    first, existed = put(system, name, body)
    pending, exists = put(system, name, body)
    assert (existed, exists, pending.entity) == (False, True, first.entity)

    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    buildium.clear_requests()
    before = system.sync_of(first)
    assert before.is_synced, before.error_message

    put(system, name, body)
    system.work()

    assert system.sync_of(first) == before
    assert buildium.requests() == []
