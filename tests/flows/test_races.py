"""What holds when actions are concurrent, late, repeated or lost."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from botocore.exceptions import ClientError

from buildium_sync.api.client_request import Author
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.buildium.responses import BuildiumResponse
from buildium_sync.clock import format_iso
from buildium_sync.credentials import Credentials
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.domain.reference_contract import Links
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite, RetryLater
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.outbound import outbound_sync
from buildium_sync.outbound.attempt import Attempt, WriteResult
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.store.dynamodb import Item
from buildium_sync.store.queues import SyncMessage, SyncQueue
from tests.flows.system import OWNER, PROPERTY, RETRIES, SETTLING, System
from tests.flows.test_inbound import PAST_THE_ECHO, rental_id
from tests.flows.test_outbound import LEASE, RENAMED
from tests.simulator import Simulator

WHOLE = {**PROPERTY, "operatingBankAccountId": 1}
"""A property with no field from the account's defaults: its first call is the create, and the response adds nothing."""
BRICK = {"structureDescription": "Brick"}


@pytest.fixture
def synced(system: System, buildium: Simulator) -> StoredEntity:
    """A synced property, with no expected echo."""
    kept = system.create("property", WHOLE)
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    buildium.clear_requests()
    return kept


def edit(system: System, kept: StoredEntity, body: dict[str, Any]) -> Callable[[], StoredEntity]:
    """An edit by the API whose message is not delivered yet."""
    return lambda: system.records.update(kept.entity_type, kept.entity.ref.entity_id, body, Author("another"))


def apply(system: System, operation: str, buildium_id: int) -> EventStatus:
    return system.inbound.process_event(system.event(f"Rental.{operation}", "PropertyId", buildium_id))


def only_rental(buildium: Simulator) -> dict[str, Any]:
    [rental] = buildium.state()["rentals"]
    return rental


def posts(buildium: Simulator) -> list[float]:
    return [exchange.at for exchange in buildium.requests() if exchange.method == "POST"]


def no_slot_for(system: System, seconds: float) -> None:
    limit = system.writer._client._rate_limit
    limit.report_throttled(limit.acquire(60), seconds)


def work_and_be_killed(system: System) -> None:
    """Process the next message, and end before the result is stored."""

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttemptRecorder, "record_success", killed)
        with pytest.raises(KeyboardInterrupt):
            system.work_once()


def held_conclusion(system: System, kept: StoredEntity) -> list[Callable[[], None]]:
    """Process an entity until its id is to be saved; return the function that saves it."""
    held: list[Callable[[], None]] = []

    def succeeded(conclusion: AttemptRecorder, attempt: Attempt, written: WriteResult) -> None:
        held.append(lambda: conclusion.record_success(attempt, written))
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttemptRecorder, "record_success", succeeded)
        with pytest.raises(KeyboardInterrupt):
            system.outbound.sync(SyncMessage.of(kept.sync))
    return held


def lose_a_create(system: System, buildium: Simulator, fields: dict[str, Any] = WHOLE) -> StoredEntity:
    """Return a property that Buildium has created. The response was lost, and no message is in the queue."""
    buildium.fault("reset_after", method="POST", path="/rentals")
    kept = system.create("property", fields)
    system.work_once()
    system.queue.clear()
    return kept


def again(system: System, kept: StoredEntity) -> None:
    """Process a due entity whose message was lost."""
    record = system.sync_of(kept)
    system.clock.now = max(system.clock.now, record.not_before)
    system.queue.send(SyncMessage.of(record))
    system.work()


def unsynced_property(system: System, name: str = "Not in Buildium yet") -> StoredEntity:
    """A property that was never attempted."""
    return system.records.create(by_name("property"), {**WHOLE, "name": name}, Author("correlation"))


def bare_property(system: System, number: int) -> SyncRecord:
    """The fields of a property that an owner needs: moto is slow with complete ones."""
    ref, now = EntityRef("property", f"bare-{number}"), format_iso(system.clock())
    record = SyncRecord(ref, 1, Status.PENDING, now, now, "correlation", requested_at=now)
    system.store.write(system.store.writes.put_sync(record))
    return record


def store_synced(system: System, buildium: Simulator, bare: SyncRecord) -> None:
    rental = buildium.create("rentals", {"Name": bare.ref.entity_id})
    record = replace(bare, revision=1, synced_version=1, status=Status.SYNCED, buildium_id=rental["Id"])
    system.store.write(system.store.writes.put_sync(record))


def write_twice(system: System, status: Status) -> Callable[..., Any]:
    """Replace `put_item` by one whose response is lost once: the client retries, and its condition fails."""
    put_item = system.dynamodb.put_item
    tried_again: list[Status] = []

    def put(**arguments: Any) -> Any:
        response = put_item(**arguments)
        if not tried_again and arguments["Item"].get("syncStatus") == {"S": status.value}:
            tried_again.append(status)
            return put_item(**arguments)
        return response

    return put


class TestConcurrentEdits:
    def test_a_read_during_an_edit_is_repeated(self, system: System, buildium: Simulator, synced: StoredEntity) -> None:
        earlier = system.update(synced, BRICK)
        system.queue.clear()
        partition = system.store._partition
        torn: list[str] = []

        def old_entity_and_new_sync(pk: str) -> list[Item]:
            items = partition(pk)
            if torn:
                return items
            torn.append(pk)
            edit(system, synced, RENAMED)()
            new = {item["sk"]: item for item in partition(pk)}
            return [new["sync"] if item["sk"] == "sync" else item for item in items]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(system.store, "_partition", old_entity_and_new_sync)
            system.outbound.sync(SyncMessage.of(earlier.sync))
        again(system, synced)

        assert torn == [synced.entity.ref.pk]
        assert buildium.get("rentals", rental_id(system, synced))["Name"] == RENAMED["name"]

    @pytest.mark.parametrize("method", ["GET", "PUT"])
    def test_an_edit_during_an_update_undoes_no_buildium_change(
        self, method: str, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.edit("rentals", rental_id(system, synced), {"StructureDescription": "Brick"})
        system.update(synced, RENAMED)
        edited = system.during("/v1/rentals", edit(system, synced, {"yearBuilt": 1999}), method)
        system.work()

        assert isinstance(edited[0], StoredEntity)
        rental = buildium.get("rentals", rental_id(system, synced))
        assert (rental["Name"], rental["YearBuilt"], rental["StructureDescription"]) == (RENAMED["name"], 1999, "Brick")
        assert system.fields_of(synced)["structureDescription"] == "Brick"

    def test_an_edit_during_an_adoption_reaches_buildium(self, system: System, buildium: Simulator) -> None:
        kept = lose_a_create(system, buildium)
        rental = only_rental(buildium)["Id"]
        system.during("/v1/rentals", lambda: buildium.edit("rentals", rental, {"StructureDescription": "Brick"}), "PUT")
        system.update(kept, RENAMED)
        edited = system.during("/v1/rentals", edit(system, kept, {"yearBuilt": 1999}), "GET")
        again(system, kept)

        assert isinstance(edited[0], StoredEntity)
        assert only_rental(buildium)["YearBuilt"] == 1999

    def test_an_update_response_names_the_current_version(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.edit("rentals", rental_id(system, synced), {"StructureDescription": "Brick"})
        changed = system.update(synced, RENAMED)
        system.work()

        response = system.records.wait_for_sync(changed, 5.0)

        assert response.entity.fields["structureDescription"] == "Brick"
        entity_id, expected = synced.entity.ref.entity_id, response.entity.version
        assert system.records.update(synced.entity_type, entity_id, BRICK, Author("next"), {expected}).sync.is_synced


class TestLostCreates:
    @pytest.mark.parametrize("slow", ["slot", "throttled"])
    def test_the_visibility_delay_starts_when_the_create_fails(
        self, slow: str, system: System, buildium: Simulator
    ) -> None:
        if slow == "slot":
            no_slot_for(system, SETTLING + 10)
        else:
            buildium.fault("status", method="POST", path="/rentals", status=429, times=3)
        buildium.fault("reset_before", method="POST", path="/rentals")
        system.create("property", WHOLE)
        system.work()

        given_up, sent_again = posts(buildium)[-2:]
        assert SETTLING <= sent_again - given_up < SETTLING + 3

    def test_the_visibility_delay_starts_when_a_killed_workers_lease_ends(
        self, system: System, buildium: Simulator
    ) -> None:
        kept, began = system.create("property", WHOLE), system.clock()
        system.highest_ids.note("property", [0])
        no_slot_for(system, 90)
        buildium.fault("hidden", method="POST", path="/rentals", seconds=40)
        work_and_be_killed(system)
        system.clock.now = began + LEASE
        again(system, kept)

        assert system.sync_of(kept).buildium_id == only_rental(buildium)["Id"]

    def test_a_repeated_create_has_its_own_visibility_delay(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_before", method="POST", path="/rentals")
        kept = system.create("property", WHOLE)
        system.work_once()
        system.clock.sleep(SETTLING + 2)
        buildium.fault("hidden", method="POST", path="/rentals", seconds=LEASE + SETTLING / 2)
        work_and_be_killed(system)
        system.clock.sleep(LEASE)
        again(system, kept)

        assert system.sync_of(kept).buildium_id == only_rental(buildium)["Id"]

    def test_an_adoption_never_writes_to_another_entitys_buildium_entity(
        self, system: System, buildium: Simulator
    ) -> None:
        buildium.fault("reset_before", method="POST", path="/rentals")
        lost = system.create("property", {**WHOLE, "structureDescription": "Lost"})
        system.work_once()
        twin = system.create("property", {**WHOLE, "structureDescription": "Twin"})
        system.queue.clear()
        save_the_twin, local_ids = held_conclusion(system, twin), system.store.local_ids

        def before_the_twin_is_saved(keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
            asked = list(keys)
            found = local_ids(asked)
            if asked and save_the_twin:
                save_the_twin.pop()()
            return found

        system.clock.sleep(RETRIES)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(system.store, "local_ids", before_the_twin_is_saved)
            system.outbound.sync(SyncMessage.of(lost.sync))
        system.work()

        assert save_the_twin == []
        for kept, description in ((twin, "Twin"), (lost, "Lost")):
            assert buildium.get("rentals", rental_id(system, kept))["StructureDescription"] == description

    def test_an_adopted_id_survives_a_rejected_update(self, system: System, buildium: Simulator) -> None:
        kept = lose_a_create(system, buildium)
        system.update(kept, RENAMED)
        buildium.fault("status", method="PUT", path="/rentals/*", status=422)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.buildium_id) == (Status.FAILED, only_rental(buildium)["Id"])
        assert system.store.intents("property") == []
        buildium.edit("rentals", only_rental(buildium)["Id"], {"Name": "Renamed there"})
        system.retry.retry_one(kept.entity.ref)
        system.work()
        assert system.sync_of(kept).buildium_id == only_rental(buildium)["Id"]

    def test_concurrent_events_add_all_their_candidates_to_an_intent(self, system: System, buildium: Simulator) -> None:
        kept = lose_a_create(system, buildium)
        [intent] = system.store.intents("property")
        system.store.write(system.store.writes.add_intent_candidate(intent, 7))

        system.store.write(system.store.writes.add_intent_candidate(intent, 8))

        assert system.store.intent(kept.entity.ref) == replace(intent, seen=[7, 8])

    def test_an_event_does_not_restore_an_older_intent(self, system: System, buildium: Simulator) -> None:
        lose_a_create(system, buildium)
        [intent] = system.store.intents("property")
        newer = replace(intent, at=intent.at + LEASE, until=intent.until + LEASE)
        system.store.write(system.store.writes.put_intent(newer))

        with pytest.raises(ConcurrentWrite):
            system.store.write(system.store.writes.add_intent_candidate(intent, 7))
        assert system.store.intents("property") == [newer]

    def test_a_slow_create_keeps_its_intent_to_the_end(self, system: System, buildium: Simulator) -> None:
        system.create("property", PROPERTY)
        no_slot_for(system, 90)
        system.during("/v1/bankaccounts", lambda: no_slot_for(system, 60))
        client = system.writer._client
        post = client.post
        outcome: list[BuildiumResponse] = []

        def deleted_during(path: str, message: dict[str, Any]) -> BuildiumResponse:
            response = post(path, message)
            with pytest.raises(RetryLater):
                apply(system, "Deleted", response.content["Id"])
            outcome.append(response)
            return response

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "post", deleted_during)
            system.work()

        assert len(outcome) == 1


class TestDeletions:
    def test_a_deletion_waits_for_a_running_create(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", WHOLE)
        outcome = system.during("/v1/rentals", lambda: apply(system, "Deleted", only_rental(buildium)["Id"]), "POST")
        system.work()

        assert isinstance(outcome[0], RetryLater)
        buildium.delete("rentals", rental_id(system, kept))
        assert apply(system, "Deleted", rental_id(system, kept)) is EventStatus.PROCESSED
        assert system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity.deleted_at is not None

    @pytest.mark.parametrize("method", ["GET", "PUT"])
    def test_a_deletion_waits_for_a_running_update(
        self, method: str, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium_id = rental_id(system, synced)

        def delete() -> None:
            buildium.delete("rentals", buildium_id)
            apply(system, "Deleted", buildium_id)

        system.update(synced, RENAMED)
        outcome = system.during("/v1/rentals", delete, method)
        system.work()
        assert isinstance(outcome[0], RetryLater)
        apply(system, "Deleted", buildium_id)

        record = system.sync_of(synced)
        assert (record.status, record.is_synced, record.due) == (Status.DELETED, True, None)

    def test_a_deleted_entity_is_not_pending_after_a_late_success(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        def delete_after_the_lease() -> EventStatus:
            system.clock.sleep(LEASE)
            buildium.delete("rentals", rental_id(system, synced))
            return apply(system, "Deleted", rental_id(system, synced))

        system.update(synced, RENAMED)
        outcome = system.during("/v1/rentals", delete_after_the_lease, "PUT")
        system.work()

        assert outcome == [EventStatus.PROCESSED]
        record = system.sync_of(synced)
        assert (record.status, record.is_synced, record.due) == (Status.DELETED, True, None)

    def test_a_deleted_entity_is_not_pending_after_a_late_failure(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        owner = system.create("owner", {**OWNER, "propertyIds": [synced.entity.ref.entity_id]})
        system.work()
        other = unsynced_property(system)
        system.update(owner, {"propertyIds": [other.entity.ref.entity_id]})
        buildium_id = system.sync_of(owner).buildium_id
        deleted: list[EventStatus] = []

        def deleted_first(*arguments: Any) -> Links:
            links = resolve_links(*arguments)
            if not deleted:
                buildium.delete("owners", buildium_id or 0)
                deleted.append(
                    system.inbound.process_event(system.event("RentalOwner.Deleted", "RentalOwnerId", buildium_id))
                )
            return links

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbound_sync, "resolve_links", deleted_first)
            system.work()

        assert deleted == [EventStatus.PROCESSED]
        record = system.sync_of(owner)
        assert (record.status, record.is_synced, record.due) == (Status.DELETED, True, None)


class TestReferences:
    def test_an_owner_of_many_properties_syncs_after_the_last_one(self, system: System, buildium: Simulator) -> None:
        bare = [bare_property(system, number) for number in range(117)]
        whole = [unsynced_property(system, f"Sunset {number}") for number in range(3)]
        parts = [(whole[part], bare[part * 39 : (part + 1) * 39]) for part in range(3)]
        ids = [ref.entity_id for last, rest in parts for ref in (last.entity.ref, *(each.ref for each in rest))]
        owner = system.create("owner", {**OWNER, "propertyIds": ids})
        system.work()

        for last, rest in parts:
            assert system.sync_of(owner).status is Status.BLOCKED
            for each in rest:
                store_synced(system, buildium, each)
            system.queue.send(SyncMessage.of(last.sync))
            system.work()

        assert system.sync_of(owner).status is Status.SYNCED
        [rental_owner] = buildium.state()["owners"]
        assert len(rental_owner["PropertyIds"]) == 120

    def test_an_owner_created_locally_before_its_property_can_be_edited(
        self, system: System, buildium: Simulator
    ) -> None:
        rental = buildium.create("rentals", {"Name": "Theirs"})
        theirs = {"IsCompany": False, "FirstName": "Al", "LastName": "Bo", "PropertyIds": [rental["Id"]]}
        address = {
            "AddressLine1": "1 A St",
            "City": "LA",
            "State": "CA",
            "PostalCode": "90001",
            "Country": "UnitedStates",
        }
        made = buildium.create("owners", {**theirs, "Address": address})
        system.inbound.process_event(system.event("RentalOwner.Created", "RentalOwnerId", made["Id"]))
        [owner] = system.records.page(by_name("owner"), limit=10, cursor=None)[0]

        system.update(owner, {"comment": "Calls on Fridays"})
        system.work()

        [rental_owner] = buildium.state()["owners"]
        assert (rental_owner["Comment"], rental_owner["PropertyIds"]) == ("Calls on Fridays", [rental["Id"]])
        assert system.sync_of(owner).status is Status.SYNCED


class TestMessagesAndRetries:
    def test_repeated_messages_do_not_use_up_the_attempts(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.fault("status", method="PUT", status=500, times=None)
        changed = system.update(synced, RENAMED)
        for _ in range(RETRIES + 1):
            system.outbound.sync(SyncMessage.of(changed.sync))

        record = system.sync_of(synced)
        assert (record.status, record.attempts, system.calls("PUT")) == (Status.PENDING, 1, 1)

    def test_repeated_messages_do_not_multiply_during_an_outage(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.fault("status", method="GET", path="/rentals/*", status=503, times=None)
        changed = system.update(synced, RENAMED)
        for _ in range(RETRIES):
            system.queue.send(SyncMessage.of(changed.sync))
        for _ in range(4 * RETRIES):
            system.work_once()

        assert len(system.queue.waiting) == 1

    def test_a_retry_message_arrives_when_its_sync_is_due(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        drawn = cycle([30.0, 60.0])
        system.outbound._recorder._policy = RetryPolicy(RETRIES, 60.0, jitter=lambda _low, _high: next(drawn))
        buildium.fault("status", method="PUT", status=500)
        system.update(synced, RENAMED)
        system.work()

        assert system.sync_of(synced).status is Status.SYNCED

    def test_missing_credentials_use_up_no_attempt_and_open_no_create(self, system: System) -> None:
        client = system.writer._client
        credentials = client._credentials

        def away() -> Credentials:
            raise ClientError({"Error": {"Code": "InternalServiceErrorException"}}, "GetSecretValue")

        client._credentials = away
        kept = system.create("property", WHOLE)
        for _ in range(RETRIES + 2):
            assert system.work_once() is Status.PENDING
            record = system.sync_of(kept)
            assert (record.attempts, record.intent_at, system.store.intents("property")) == (0, None, [])
        client._credentials = credentials
        system.work()

        assert (system.sync_of(kept).status, system.calls("POST")) == (Status.SYNCED, 1)

    def test_a_retry_keeps_the_dead_letter_of_a_finishing_attempt(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.fault("status", method="PUT", status=422)
        system.update(synced, RENAMED)
        send_to_dlq = SyncQueue.send_to_dlq

        def retried_first(queue: SyncQueue, message: SyncMessage, reason: str) -> None:
            send_to_dlq(queue, message, reason)
            system.retry.retry_all_failed(None)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SyncQueue, "send_to_dlq", retried_first)
            system.work()

        assert system.sync_of(synced).status is Status.FAILED
        assert [letter.ref for letter in system.queue.dead_lettered] == [synced.entity.ref]

    def test_a_retry_keeps_the_dead_letter_of_its_own_attempt(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.fault("status", method="PUT", status=422, times=2)
        system.update(synced, RENAMED)
        system.work()

        def worked_on_at_once(_queue: SyncQueue, messages: Iterable[SyncMessage]) -> None:
            for message in messages:
                system.outbound.sync(message)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SyncQueue, "send_all", worked_on_at_once)
            system.retry.retry_one(synced.entity.ref)

        assert (system.sync_of(synced).status, system.calls("PUT")) == (Status.FAILED, 2)
        assert [letter.ref for letter in system.queue.dead_lettered] == [synced.entity.ref]


class TestRepeatedDatabaseWrites:
    @pytest.mark.parametrize("status", [Status.SYNCING, Status.SYNCED])
    def test_a_repeated_database_write_is_applied_once(
        self, status: Status, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        system.update(synced, RENAMED)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(system.dynamodb, "put_item", write_twice(system, status))
            assert system.work_once() is Status.SYNCED

        assert system.calls("PUT") == 1
        assert [echo["operation"] for echo in system.sync_of(synced).expected_echoes].count("Updated") == 1

    def test_a_repeated_database_write_counts_one_failure(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.fault("status", method="PUT", status=500)
        system.update(synced, RENAMED)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(system.dynamodb, "put_item", write_twice(system, Status.PENDING))
            system.work_once()

        assert system.sync_of(synced).attempts == 1


class TestNormalizedValues:
    @pytest.mark.parametrize(("operation", "method"), [("Created", "post"), ("Updated", "put")])
    def test_a_value_that_buildium_normalizes_is_stored_locally(
        self, operation: str, method: str, system: System, buildium: Simulator
    ) -> None:
        kept = system.create("property", WHOLE)
        if operation == "Updated":
            system.work()
            system.update(kept, RENAMED)
        client = system.writer._client
        send = getattr(client, method)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                client, method, lambda path, message: send(path, {**message, "Name": message["Name"].upper()})
            )
            system.work()
        buildium.clear_requests()

        apply(system, operation, rental_id(system, kept))
        again(system, kept)

        assert system.fields_of(kept)["name"] == only_rental(buildium)["Name"]
        assert system.fields_of(kept)["name"].isupper()
        assert (system.sync_of(kept).status, system.calls("PUT")) == (Status.SYNCED, 0)

    def test_a_failed_sync_becomes_synced_when_buildium_matches(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.fault("status", method="PUT", status=422)
        system.update(synced, RENAMED)
        system.work()
        assert system.sync_of(synced).status is Status.FAILED
        buildium.edit("rentals", rental_id(system, synced), {"Name": RENAMED["name"]})

        apply(system, "Updated", rental_id(system, synced))

        record = system.sync_of(synced)
        assert (record.status, record.is_synced, record.error_message) == (Status.SYNCED, True, None)
