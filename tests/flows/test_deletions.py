"""A client's DELETE of a move-out removes it from Buildium and leaves nothing behind, whatever fails."""

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import EntityDeleted
from buildium_sync.store.queues import SyncMessage
from tests.flows.system import System
from tests.flows.test_operations import fault, made, start
from tests.flows.test_operations import tenant as tenant  # noqa: PLC0414 -- a fixture
from tests.flows.test_status import Killed, work_after_the_lease
from tests.simulator import Simulator, faults

NAME = "lease-move-out"
PAST_THE_WINDOW = 20.0
LOST = pytest.mark.parametrize("kind", [faults.RESET_BEFORE, faults.RESET_AFTER, faults.ERROR_AFTER])


@pytest.fixture
def move_out(system: System, buildium: Simulator, tenant: StoredEntity) -> StoredEntity:
    """A synced move-out."""
    stored = start(system, NAME, tenant)
    system.work()
    assert made(buildium, NAME)
    system.clock.sleep(PAST_THE_WINDOW)
    buildium.clear_requests()
    return stored


def delete(system: System, stored: StoredEntity) -> StoredEntity:
    """Request the deletion of an entity, and queue its stream record."""
    current = system.records.read(stored.entity_type, stored.entity.ref.entity_id)
    marked = system.records.delete(current, Author("deletion"))
    system.queue.send(SyncMessage.of(marked.sync))
    return marked


def assert_deleted(system: System, buildium: Simulator, stored: StoredEntity) -> None:
    """The move-out is in neither system."""
    kept = system.records.read(stored.entity_type, stored.entity.ref.entity_id)
    assert (kept.sync.status, kept.sync.error_message) == (Status.DELETED, None)
    assert kept.representation()["deletedAt"] is not None
    assert kept.to_response()["buildiumSync"]["success"] is True
    assert made(buildium, NAME) == []
    assert system.store.intents(NAME) == []


def test_a_deletion_takes_one_call(system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    marked = delete(system, move_out)
    assert (marked.sync.status, "deletedAt" in marked.representation()) == (Status.PENDING, False)
    assert marked.representation()["deletionRequestedAt"] is not None
    system.work()

    assert_deleted(system, buildium, move_out)
    assert [each.method for each in buildium.requests()] == ["DELETE"]


@LOST
def test_a_lost_response_deletes_once(kind: str, system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    buildium.fault(kind, method="DELETE", path="/leases/*/moveouts/*", status=500)
    delete(system, move_out)
    system.work()

    assert_deleted(system, buildium, move_out)
    assert system.calls("DELETE") == 2


def test_messages_delivered_again_make_no_call(system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    marked = delete(system, move_out)
    for _ in range(3):
        system.queue.send(SyncMessage.of(marked.sync))
    system.work()

    assert_deleted(system, buildium, move_out)
    assert system.calls("DELETE") == 1


def test_a_repeated_request_writes_nothing(system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    versions = [delete(system, move_out).entity.version for _ in range(2)]
    system.work()
    deleted = delete(system, move_out)

    assert versions[0] == versions[1]
    assert deleted.sync.status is Status.DELETED
    assert system.calls("DELETE") == 1


def test_a_move_out_that_was_never_sent_makes_no_call(
    system: System, buildium: Simulator, tenant: StoredEntity
) -> None:
    stored = start(system, NAME, tenant)
    buildium.clear_requests()
    delete(system, stored)
    system.work()

    assert_deleted(system, buildium, stored)
    assert buildium.requests() == []


def test_a_rejected_move_out_is_deleted_at_once(system: System, buildium: Simulator, tenant: StoredEntity) -> None:
    stored = start(system, NAME, tenant)
    buildium.fault(faults.STATUS, method="POST", path="/leases/*/moveouts", status=422)
    system.work()
    assert system.sync_of(stored).status is Status.FAILED
    delete(system, stored)
    system.work()

    assert_deleted(system, buildium, stored)


@LOST
def test_a_lost_create_is_settled_before_its_deletion(
    kind: str, system: System, buildium: Simulator, tenant: StoredEntity
) -> None:
    fault(buildium, kind, NAME)
    stored = start(system, NAME, tenant)
    system.work_once()
    assert system.sync_of(stored).intent_at is not None
    delete(system, stored)
    system.work()

    assert_deleted(system, buildium, stored)
    assert system.calls("POST", "/v1/leases/7001/moveouts") == 1, "the deletion creates nothing"


def test_a_deletion_during_the_create_follows_it(system: System, buildium: Simulator, tenant: StoredEntity) -> None:
    stored = start(system, NAME, tenant)
    system.during("/v1/leases/", lambda: delete(system, stored), "POST")
    system.work()

    assert_deleted(system, buildium, stored)
    assert [each.method for each in buildium.requests()][-2:] == ["POST", "DELETE"]


def test_a_rejected_deletion_fails_and_can_be_repeated(
    system: System, buildium: Simulator, move_out: StoredEntity
) -> None:
    buildium.fault(faults.STATUS, method="DELETE", path="/leases/*/moveouts/*", status=422)
    delete(system, move_out)
    system.work()
    assert system.sync_of(move_out).status is Status.FAILED
    assert len(made(buildium, NAME)) == 1

    delete(system, move_out)
    system.work()
    assert_deleted(system, buildium, move_out)


def test_a_retry_sends_a_rejected_deletion(system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    buildium.fault(faults.STATUS, method="DELETE", path="/leases/*/moveouts/*", status=422)
    delete(system, move_out)
    system.work()
    system.retry.retry(NAME, move_out.entity.ref.entity_id)
    system.work()

    assert_deleted(system, buildium, move_out)


def test_a_killed_deletion_is_repeated_after_its_lease(
    system: System, buildium: Simulator, move_out: StoredEntity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_attempt: object) -> None:
        raise Killed

    delete(system, move_out)
    with monkeypatch.context() as patch:
        patch.setattr(system.outbound._recorder, "record_deletion", killed)
        with pytest.raises(Killed):
            system.work_once()
    work_after_the_lease(system, move_out)

    assert_deleted(system, buildium, move_out)
    assert system.calls("DELETE") == 2


def test_an_outage_delays_a_deletion(system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    buildium.fault(faults.STATUS, method="DELETE", path="/leases/*/moveouts/*", status=503, times=6)
    delete(system, move_out)
    system.work()

    assert_deleted(system, buildium, move_out)


def test_an_exhausted_deletion_is_dead_lettered(system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    buildium.fault(faults.STATUS, method="DELETE", path="/leases/*/moveouts/*", status=500, times=10)
    delete(system, move_out)
    system.work()

    assert system.sync_of(move_out).status is Status.FAILED
    assert len(system.queue.dead_lettered) == 1


def test_a_wrong_base_url_is_no_deletion(system: System, buildium: Simulator, move_out: StoredEntity) -> None:
    buildium.fault(faults.STATUS, path="/leases*", status=404, times=3)
    delete(system, move_out)
    system.work_once()

    assert system.sync_of(move_out).status is Status.PENDING


def test_a_move_out_cancelled_in_buildium_counts_as_deleted(
    system: System, buildium: Simulator, move_out: StoredEntity
) -> None:
    [shown] = buildium.entities.state.all("moveouts")
    buildium.delete("moveouts", shown.id)
    delete(system, move_out)
    system.work()

    assert_deleted(system, buildium, move_out)


def test_a_deleted_move_out_accepts_no_update(system: System, move_out: StoredEntity) -> None:
    delete(system, move_out)
    with pytest.raises(EntityDeleted):
        system.update(move_out, {"moveOutDate": "2031-12-31"})


def test_a_tenant_moves_out_again_after_the_deletion(
    system: System, buildium: Simulator, tenant: StoredEntity, move_out: StoredEntity
) -> None:
    delete(system, move_out)
    system.work()
    again = start(system, NAME, tenant)
    system.work()

    assert system.sync_of(again).status is Status.SYNCED
    assert len(made(buildium, NAME)) == 1
