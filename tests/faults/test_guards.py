"""Each guard that a scenario depends on is removed: then that scenario must fail."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from buildium_sync.composition.buildium import BuildiumComposition

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.lease_transaction import LeaseTransaction
from buildium_sync.entity_types.ledger_entry import LedgerEntry
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.outbound.adoption import Adoption, LostCreate
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStore
from tests.faults import (
    convergence,
    test_both_ways,
    test_buildium_away,
    test_lease_operations,
    test_lost_creates,
    test_outbound,
    test_webhooks,
)
from tests.faults.calls import CallOutcome
from tests.faults.world import World

Patch = pytest.MonkeyPatch
Guard = tuple[Callable[[Patch], None], Callable[[World], None]]


def _stored_or_not(patch: Patch) -> None:
    store = EventStore.store

    def storing(self: EventStore, events: Any) -> Any:
        with suppress(BotoCoreError, ClientError):
            return store(self, events)
        return []

    patch.setattr(EventStore, "store", storing)


def _without(owner: object, name: str, instead: object) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(owner, name, instead)


def _a_persons_entry(world: World, known: str, age: float) -> None:
    entries = test_lease_operations.TestEqualEntries()
    entries.test_a_persons_earlier_equal_entry_is_not_adopted(world, "lease-charge", known, age)


GUARDS: dict[str, Guard] = {
    "the intent of a create": (
        _without(EntityStore, "intent", lambda _self, _ref: None),
        test_outbound.TestKilledWorkers().test_a_worker_killed_before_saving_the_id_leaves_one_entity,
    ),
    "adoption of what a lost create made": (
        _without(Adoption, "find", lambda _self, _entity_type, _intent: LostCreate()),
        lambda world: test_outbound.TestLostCreates().test_a_lost_create_is_adopted(world, "reset"),
    ),
    "an older entity is no candidate": (
        _without(Adoption, "highest_id", lambda _self, _entity_type: 0),
        lambda world: test_lost_creates.TestCandidates().test_an_older_lookalike_is_not_changed(
            world, "owner", "unknown"
        ),
    ),
    "a candidate that differs needs a review": (
        _without(LostCreate, "ambiguous", property(lambda _self: (), lambda _self, _candidates: None)),
        lambda world: test_lost_creates.TestCandidates().test_an_edited_lost_create_needs_a_review(
            world, "vendor", "response lost"
        ),
    ),
    "the visibility delay": (
        _without(BuildiumComposition, "visibility_delay", -600.0),
        lambda world: test_outbound.TestLostCreates().test_a_create_is_not_repeated_during_the_visibility_delay(
            world, 1.0
        ),
    ),
    "a lost ledger entry is searched for only when it is visible": (
        _without(LedgerEntry, "waits_for_visibility", False),
        lambda world: test_lease_operations.TestLostResponses().test_the_lease_is_searched_after_the_visibility_delay(
            world, "lease-payment", "reset"
        ),
    ),
    "the time in the detail of a ledger entry": (
        _without(Adoption, "_last_updated", lambda _self, _entity_type, _payload: {}),
        lambda world: _a_persons_entry(world, "unknown", 400),
    ),
    "the highest id seen in the ledger": (
        _without(Adoption, "highest_id", lambda _self, _entity_type: 0),
        lambda world: _a_persons_entry(world, "by webhook", 60),
    ),
    "the poll of ledger entries": (
        _without(LeaseTransaction, "is_relevant", lambda _self, _payload: False),
        lambda world: test_lease_operations.TestLostResponses().test_a_create_is_not_repeated_before_it_is_visible(
            world, "lease-charge", 1.0
        ),
    ),
    "the fencing token of a lease": (
        _without(SyncRecord, "_lease_expired", lambda _self: {}),
        test_outbound.TestKilledWorkers().test_a_worker_resuming_after_its_lease_writes_nothing,
    ),
    "a synced version is not sent again": (
        _without(SyncRecord, "is_synced", property(lambda _self: False)),
        test_outbound.TestMessages().test_an_older_version_after_a_newer_one_changes_nothing,
    ),
    "echoes are recognized": (
        _without(InboundSync, "_consume_echo", lambda _self, _loaded, _event: False),
        lambda world: test_both_ways.test_the_echo_of_a_write_causes_no_call(world, (3.0, 6.0)),
    ),
    "no call without a slot": (
        _without(RateLimiter, "acquire", lambda _self, _longest, _priority: None),
        lambda world: test_buildium_away.test_no_call_is_made_without_the_rate_limiters_table(
            world, CallOutcome.THROTTLED
        ),
    ),
    "an event is stored before it is acknowledged": (
        _stored_or_not,
        lambda world: test_webhooks.TestEventStore().test_an_event_that_is_not_stored_is_not_acknowledged(
            world, test_webhooks.create_synced(world), CallOutcome.UNREACHABLE
        ),
    ),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_its_scenario_fails(world: World, guard: str) -> None:
    remove, scenario = GUARDS[guard]
    with pytest.MonkeyPatch.context() as patch:
        remove(patch)
        patch.setattr(convergence, "LONGEST", 900.0)
        with pytest.raises(AssertionError):
            scenario(world)
