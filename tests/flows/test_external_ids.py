"""An entity's external id is unique, stays with the entity, and is never sent to Buildium."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.entity_service import EntityService
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import EntityDeleted, EntityExists, ExternalIdTaken, InvalidFields, RetryLater
from buildium_sync.outbound.attempt import Attempt
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.store.idempotency_keys import IdempotencyKey
from buildium_sync.store.queues import SyncMessage
from tests.flows.schedule import Schedule
from tests.flows.system import OWNER, PROPERTY, System
from tests.flows.test_inbound import PAST_THE_ECHO, rental_id
from tests.flows.test_lease_transactions import by_hand, lease, schedule  # noqa: F401 -- two are fixtures
from tests.flows.test_outbound import RENAMED
from tests.flows.test_races import WHOLE, again, apply, edit, lose_a_create, only_rental
from tests.flows.test_reversals import payment, reverse  # noqa: F401 -- `payment` is a fixture
from tests.moto_atomicity import make_atomic
from tests.simulator import Simulator

A, B = "A-1", "B/ü 2"
KEYED = {**WHOLE, "externalId": A}


@pytest.fixture
def property_type() -> EntityType:
    return by_name("property")


@pytest.fixture
def synced(system: System, buildium: Simulator) -> StoredEntity:
    """A synced property without an external id, with no expected echo."""
    kept = system.create("property", WHOLE)
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    buildium.clear_requests()
    return kept


def external_id_of(system: System, kept: StoredEntity) -> str | None:
    return system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity.external_id


def owner_of(system: System, external_id: str) -> EntityRef | None:
    return system.store.with_external_id("property", external_id)


def rename(system: System, kept: StoredEntity, external_id: str | None = A) -> StoredEntity:
    """Change only the external id, with its stream record."""
    return system.update(kept, {"externalId": external_id})


class TestUniqueness:
    def test_an_external_id_names_one_entity_of_its_type(self, system: System) -> None:
        first = system.create("property", KEYED)
        system.create("vendor", {"isCompany": True, "companyName": "Pipes", "externalId": A})

        with pytest.raises(ExternalIdTaken) as error:
            system.create("property", KEYED)

        assert error.value.entity_id == first.entity.ref.entity_id
        assert owner_of(system, A) == first.entity.ref

    def test_an_update_to_a_taken_external_id_is_rejected(self, system: System) -> None:
        first = system.create("property", KEYED)
        second = system.create("property", WHOLE)

        with pytest.raises(ExternalIdTaken) as error:
            rename(system, second)

        assert error.value.entity_id == first.entity.ref.entity_id
        assert external_id_of(system, second) is None

    @pytest.mark.parametrize("next_id", [B, None])
    def test_a_changed_external_id_is_free_again(self, next_id: str | None, system: System) -> None:
        first = system.create("property", KEYED)
        rename(system, first, next_id)

        second = system.create("property", KEYED)

        assert owner_of(system, A) == second.entity.ref
        assert external_id_of(system, first) == next_id

    def test_concurrent_creates_make_one_entity(self, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
        make_atomic(system.dynamodb, monkeypatch)

        def create(_: int) -> str:
            try:
                return system.records.create(by_name("property"), KEYED, Author("correlation")).entity.ref.entity_id
            except ExternalIdTaken as error:
                return error.entity_id

        with ThreadPoolExecutor(8) as pool:
            ids = set(pool.map(create, range(8)))

        entities, _ = system.records.page(by_name("property"), limit=10, cursor=None)
        assert {each.entity.ref.entity_id for each in entities} == ids
        assert len(ids) == 1

    def test_concurrent_upserts_lose_no_write(self, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
        make_atomic(system.dynamodb, monkeypatch)

        def put(number: int) -> str:
            body = {**WHOLE, "name": f"Elm {number}"}
            stored, _ = system.api.upserts.put(by_name("property"), A, body, Author(f"request-{number}"))
            return stored.entity.ref.entity_id

        with ThreadPoolExecutor(4) as pool:
            ids = set(pool.map(put, range(4)))

        [only], _ = system.records.page(by_name("property"), limit=10, cursor=None)
        assert ids == {only.entity.ref.entity_id}
        assert only.entity.version == 4

    def test_an_upsert_updates_what_another_request_creates_first(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create = EntityService.create
        first: list[StoredEntity] = []

        def create_late(service: EntityService, *rest: Any, **named: Any) -> StoredEntity:
            if not first:
                first.append(create(service, by_name("property"), KEYED, Author("other")))
            return create(service, *rest, **named)

        monkeypatch.setattr(EntityService, "create", create_late)
        stored, exists = system.api.upserts.put(by_name("property"), A, {**WHOLE, **RENAMED}, Author("request"))

        assert exists
        assert stored.entity.ref == first[0].entity.ref
        assert system.fields_of(first[0])["name"] == RENAMED["name"]

    def test_an_upsert_never_changes_an_entity_that_lost_the_external_id(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = system.create("property", KEYED)
        update = EntityService.update
        renamed: list[StoredEntity] = []

        def update_late(service: EntityService, *rest: Any, **named: Any) -> StoredEntity:
            if not renamed:
                entity_id, author = first.entity.ref.entity_id, Author("c")
                renamed.append(update(service, first.entity_type, entity_id, {"externalId": B}, author))
            return update(service, *rest, **named)

        monkeypatch.setattr(EntityService, "update", update_late)
        stored, exists = system.api.upserts.put(by_name("property"), A, {**WHOLE, **RENAMED}, Author("request"))

        assert not exists
        assert owner_of(system, A) == stored.entity.ref
        assert owner_of(system, B) == first.entity.ref
        assert system.fields_of(first)["name"] == WHOLE["name"]

    @pytest.mark.parametrize("value", ["", "a" * 256, "a\n", "\x7f", "\x85", "\ufffd", 7, True, ["A"]])
    def test_an_invalid_external_id_is_rejected(self, value: Any, system: System) -> None:
        with pytest.raises(InvalidFields) as error:
            system.create("property", {**WHOLE, "externalId": value})
        assert [each.field for each in error.value.errors] == ["externalId"]

    def test_the_longest_external_id_is_a_key(self, system: System) -> None:
        longest = "\U0001f3e0" * 255
        kept = system.create("property", {**WHOLE, "externalId": longest})
        assert owner_of(system, longest) == kept.entity.ref


class TestOtherCreates:
    def test_an_idempotency_key_replays_with_the_external_id(self, system: System, property_type: EntityType) -> None:
        key = IdempotencyKey.of("client", "property", "key", KEYED)
        first, _ = system.records.create_idempotent(property_type, KEYED, Author("correlation"), key)

        again, is_replay = system.records.create_idempotent(property_type, KEYED, Author("correlation"), key)

        assert is_replay
        assert again.entity == first.entity

    def test_a_new_idempotency_key_with_a_taken_external_id_conflicts(
        self, system: System, property_type: EntityType
    ) -> None:
        first = system.create("property", KEYED)
        key = IdempotencyKey.of("client", "property", "key", KEYED)

        with pytest.raises(ExternalIdTaken) as error:
            system.records.create_idempotent(property_type, KEYED, Author("correlation"), key)

        assert error.value.entity_id == first.entity.ref.entity_id
        assert system.store.idempotency_record(key, system.clock()) is None

    def test_a_repeated_unique_create_compares_the_external_id(self, system: System, payment: StoredEntity) -> None:  # noqa: F811
        first = reverse(system, payment, externalId=A)
        assert reverse(system, payment, externalId=A).entity == first.entity
        assert reverse(system, payment).entity == first.entity
        with pytest.raises(EntityExists, match="externalId"):
            reverse(system, payment, externalId=B)


class TestSync:
    def test_buildium_never_gets_an_external_id(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", KEYED)
        system.work()
        system.update(kept, RENAMED)
        system.work()

        assert A not in str([exchange.body for exchange in buildium.requests()])
        record = system.sync_of(kept)
        assert record.base is not None
        assert "externalId" not in {**record.base, **system.fields_of(kept)}

    def test_a_change_of_the_external_id_makes_no_call(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        before = system.sync_of(synced)

        rename(system, synced)
        system.work()

        after = system.sync_of(synced)
        assert buildium.requests() == []
        assert (after.status, after.is_synced, after.last_synced_at) == (Status.SYNCED, True, before.last_synced_at)
        assert after.version == before.version + 1

    def test_a_failed_sync_stays_failed(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", status=422, method="POST", path="/rentals")
        kept = system.create("property", WHOLE)
        system.work()
        buildium.clear_requests()

        rename(system, kept)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, record.is_synced) == (Status.FAILED, False)
        assert record.error_message
        assert buildium.requests() == []
        system.retry.retry("property", kept.entity.ref.entity_id)
        system.work()
        assert system.sync_of(kept).is_synced
        assert external_id_of(system, kept) == A

    def test_a_pending_sync_is_not_lost(self, system: System) -> None:
        kept = system.records.create(by_name("property"), WHOLE, Author("correlation"))
        system.records.update(kept.entity_type, kept.entity.ref.entity_id, {"externalId": A}, Author("another"))

        system.outbound.sync(SyncMessage.of(kept.sync))

        record = system.sync_of(kept)
        assert (record.status, record.version, record.is_synced) == (Status.SYNCED, 2, True)

    @pytest.mark.parametrize("body", [WHOLE, PROPERTY])
    def test_a_change_during_an_attempt_adds_no_call(
        self, body: dict[str, Any], system: System, buildium: Simulator
    ) -> None:
        # The first create also reads the account's defaults and the highest id.
        system.create("property", {**body, "name": "First"})
        system.work()
        buildium.clear_requests()

        kept = system.create("property", body)
        changed = system.during("/v1/rentals", edit(system, kept, {"externalId": A}), "POST")
        system.work()

        assert isinstance(changed[0], StoredEntity)
        assert [exchange.method for exchange in buildium.requests()] == ["POST"]
        record = system.sync_of(kept)
        assert (record.status, record.is_synced) == (Status.SYNCED, True)
        assert external_id_of(system, kept) == A
        assert owner_of(system, A) == kept.entity.ref

    def test_a_change_during_an_attempt_keeps_buildiums_values(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.edit("rentals", rental_id(system, synced), {"StructureDescription": "Brick"})
        system.update(synced, RENAMED)
        system.during("/v1/rentals", edit(system, synced, {"externalId": A}), "PUT")
        system.work()

        stored = system.records.read(synced.entity_type, synced.entity.ref.entity_id)
        assert stored.entity.fields["structureDescription"] == "Brick"
        assert stored.entity.fields["name"] == RENAMED["name"]
        assert stored.entity.external_id == A
        assert stored.sync.is_synced
        assert system.calls("PUT") == 1

    def test_a_change_during_a_failing_attempt_keeps_the_failure(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", status=422, method="POST", path="/rentals")
        kept = system.create("property", WHOLE)
        system.during("/v1/rentals", edit(system, kept, {"externalId": A}), "POST")
        system.work()

        assert system.sync_of(kept).status is Status.FAILED
        assert system.calls("POST") == 1

    def test_new_fields_and_an_external_id_during_an_attempt_reach_buildium(
        self, system: System, buildium: Simulator
    ) -> None:
        kept = system.create("property", WHOLE)

        def edit_twice() -> None:
            edit(system, kept, {"externalId": A})()
            edit(system, kept, {**RENAMED, "externalId": B})()
            edit(system, kept, {"externalId": A})()

        system.during("/v1/rentals", edit_twice, "POST")
        system.work()

        assert only_rental(buildium)["Name"] == RENAMED["name"]
        assert system.sync_of(kept).is_synced
        assert external_id_of(system, kept) == A

    @pytest.mark.parametrize("body", [{"externalId": A}, RENAMED])
    def test_a_change_before_an_adoption_is_recorded_is_kept(
        self, body: dict[str, Any], system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = lose_a_create(system, buildium)
        adopt, changed = AttemptRecorder.record_adoption, []

        def record_adoption(*arguments: Any) -> Attempt:
            changed.append(edit(system, kept, body)())
            return adopt(*arguments)

        monkeypatch.setattr(AttemptRecorder, "record_adoption", record_adoption)
        again(system, kept)

        assert changed
        assert only_rental(buildium)["Name"] == body.get("name", WHOLE["name"])
        assert system.sync_of(kept).is_synced
        assert external_id_of(system, kept) == body.get("externalId")


class TestInbound:
    def test_a_merge_keeps_the_external_id(self, system: System, buildium: Simulator, synced: StoredEntity) -> None:
        rename(system, synced)
        buildium.edit("rentals", rental_id(system, synced), {"Name": "From Buildium"})

        apply(system, "Updated", rental_id(system, synced))

        assert system.fields_of(synced)["name"] == "From Buildium"
        assert external_id_of(system, synced) == A
        assert owner_of(system, A) == synced.entity.ref

    def test_a_change_during_a_merge_is_kept(self, system: System, buildium: Simulator, synced: StoredEntity) -> None:
        rental = rental_id(system, synced)
        buildium.edit("rentals", rental, {"Name": "From Buildium"})
        system.during(f"/v1/rentals/{rental}", edit(system, synced, {"externalId": A}), "GET")

        with pytest.raises(RetryLater):
            apply(system, "Updated", rental)
        apply(system, "Updated", rental)

        assert system.fields_of(synced)["name"] == "From Buildium"
        assert external_id_of(system, synced) == A
        assert system.sync_of(synced).is_synced

    def test_only_the_external_id_of_a_deleted_entity_changes(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", KEYED)
        system.work()
        buildium.delete("rentals", rental_id(system, kept))
        system.clock.sleep(PAST_THE_ECHO)
        apply(system, "Deleted", rental_id(system, kept))

        with pytest.raises(EntityDeleted):
            system.update(kept, {**RENAMED, "externalId": None})
        rename(system, kept, None)

        assert system.sync_of(kept).status is Status.DELETED
        assert system.create("property", KEYED).entity.external_id == A


class TestReadOnlyTypes:
    @pytest.fixture
    def transaction(self, schedule: Schedule, system: System, buildium: Simulator, lease: str) -> StoredEntity:  # noqa: F811
        """An imported ledger transaction."""
        by_hand(system, buildium)
        schedule.import_all("lease-transaction")
        [stored], _ = system.records.page(by_name("lease-transaction"), limit=2, cursor=None)
        return stored

    def test_an_imported_entity_gets_an_external_id(self, system: System, transaction: StoredEntity) -> None:
        changed = system.update(transaction, {**transaction.representation(), "externalId": A})

        assert changed.representation()["externalId"] == A
        assert changed.sync.is_synced
        assert system.store.with_external_id("lease-transaction", A) == transaction.entity.ref

    def test_no_other_field_of_a_read_only_entity_changes(self, system: System, transaction: StoredEntity) -> None:
        with pytest.raises(InvalidFields) as error:
            system.update(transaction, {"externalId": A, "memo": "Other", "unknown": 1})

        assert [each.field for each in error.value.errors] == ["memo", "unknown"]
        assert external_id_of(system, transaction) is None


def test_an_owner_can_be_written_back_as_read(system: System) -> None:
    kept = system.create("owner", {**OWNER, "externalId": A})
    shown = kept.representation()

    assert shown["external_id"] == A
    assert system.update(kept, shown).entity.version == 1
    assert system.update(kept, {**shown, "external_id": B}).entity.external_id == B


def test_the_change_history_shows_external_ids(system: System, synced: StoredEntity) -> None:
    rename(system, synced)
    rename(system, synced, B)

    entries, _ = system.records.history(synced.entity_type, synced.entity.ref.entity_id, limit=10, cursor=None)

    assert [entry.changes["externalId"] for entry in entries[:2]] == [
        {"old": A, "new": B},
        {"old": None, "new": A},
    ]
