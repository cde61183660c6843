"""The outbound sync, end to end in one process."""

from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.domain.reference_contract import NO_LINKS, Links
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import OutcomeUnknown
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.outbound import outbound_sync
from buildium_sync.outbound.attempt import Attempt, WriteResult
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.store.queues import SyncMessage
from tests.clocks import VirtualClock
from tests.flows.system import OWNER, PROPERTY, RETRIES, SETTLING, System
from tests.harness.rounds import rounds_while
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RENAMED = {"name": "Sunrise Apartments"}
LEASE = 106.0
"""Seconds after which the lease of a worker with 100 s to run has expired."""


def _killed(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt


def _response_lost(conclusion: AttemptRecorder, attempt: Attempt, _written: object) -> None:
    conclusion.record_failure(attempt.sync, OutcomeUnknown("the answer was lost", is_outage=False))


def _rental_like(fields: dict[str, Any]) -> dict[str, Any]:
    message = Property().to_create({**Property().validate(fields), "operatingBankAccountId": 1}, NO_LINKS)
    return {"Name": message["Name"], "Address": message["Address"], "RentalSubType": message["RentalSubType"]}


class TestCreate:
    def test_a_property_reaches_buildium_once(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)

        system.work()

        [rental] = buildium.state()["rentals"]
        assert rental["Name"] == PROPERTY["name"]
        assert rental["Address"]["Country"] == "UnitedStates"
        record = system.sync_of(kept)
        assert (record.status, record.buildium_id, record.synced_version) == (
            Status.SYNCED,
            rental["Id"],
            record.version,
        )

    @pytest.mark.parametrize("status", [429, 503])
    def test_no_call_is_made_before_retry_after_ends(
        self, system: System, buildium: Simulator, clock: VirtualClock, status: int
    ) -> None:
        buildium.fault("status", method="POST", path="/rentals", status=status, headers={"Retry-After": "40"})
        kept = [system.create("property", {**PROPERTY, "name": f"House {n}"}) for n in range(3)]
        calls: list[tuple[str, float]] = []
        buildium.observer = lambda exchange: calls.append((exchange.method, clock()))

        system.work()

        rejected_at = next(at for method, at in calls if method == "POST")
        assert all(at >= rejected_at + 40 for _, at in calls if at > rejected_at)
        assert {(system.sync_of(each).status, system.sync_of(each).attempts) for each in kept} == {(Status.SYNCED, 0)}

    @pytest.mark.parametrize(
        "body",
        [
            {"errors": ["The name is taken."]},
            {"errors": {"Name": ["The name is taken."]}},
            {"title": "The name is taken."},
            {"Message": "The name is taken."},
        ],
    )
    def test_the_error_message_quotes_buildium(self, system: System, buildium: Simulator, body: dict[str, Any]) -> None:
        buildium.fault("status", method="POST", path="/rentals", status=422, body=body)
        kept = system.create("property", PROPERTY)

        system.work()

        assert "The name is taken." in (system.sync_of(kept).error_message or "")

    def test_a_redelivered_message_makes_no_call(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        buildium.clear_requests()

        system.queue.send(SyncMessage.of(kept.sync))
        system.work()

        assert buildium.requests() == []


class TestReferences:
    def test_an_owner_is_linked_to_its_property(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", PROPERTY)
        system.work()
        owner = system.create("owner", {**OWNER, "propertyIds": [property_.entity.ref.entity_id]})
        system.work()

        [rental_owner] = buildium.state()["owners"]
        assert rental_owner["PropertyIds"] == [system.sync_of(property_).buildium_id]
        assert system.sync_of(owner).status is Status.SYNCED

    def test_an_owner_without_properties_is_blocked_with_the_reason(self, system: System, buildium: Simulator) -> None:
        owner = system.create("owner", OWNER)
        system.work()

        record = system.sync_of(owner)
        assert record.status is Status.BLOCKED
        assert "propertyIds" in str(record.error_message)
        assert buildium.requests() == []

    def test_an_owner_losing_its_last_property_is_blocked(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", PROPERTY)
        owner = system.create("owner", {**OWNER, "propertyIds": [property_.entity.ref.entity_id]})
        system.work()
        system.update(owner, {"propertyIds": []})
        system.work()

        record = system.sync_of(owner)
        assert (record.status, system.calls("PUT")) == (Status.BLOCKED, 0)
        assert "propertyIds" in str(record.error_message)

        system.update(owner, {"propertyIds": [property_.entity.ref.entity_id], "comment": "Kept"})
        system.work()
        assert system.sync_of(owner).status is Status.SYNCED
        assert buildium.state()["owners"][0]["Comment"] == "Kept"

    def test_an_owner_syncs_automatically_once_its_property_is_synced(
        self, system: System, buildium: Simulator
    ) -> None:
        property_ = system.records.create(by_name("property"), PROPERTY, Author("correlation"))
        owner = system.create("owner", {**OWNER, "propertyIds": [property_.entity.ref.entity_id]})
        system.work()
        assert system.sync_of(owner).status is Status.BLOCKED

        system.queue.send(SyncMessage.of(property_.sync))
        system.work()

        assert system.sync_of(owner).status is Status.SYNCED
        assert len(buildium.state()["owners"]) == 1

    def test_a_property_synced_during_the_blocking_releases_its_owner(self, system: System) -> None:
        property_ = system.create("property", PROPERTY)
        owner = system.create("owner", {**OWNER, "propertyIds": [property_.entity.ref.entity_id]})
        read, first = resolve_links, [True]

        def links_before_the_property_is_synced(*arguments: Any) -> Links:
            found = read(*arguments)
            if first:
                first.clear()
                system.outbound.sync(SyncMessage.of(property_.sync))
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbound_sync, "resolve_links", links_before_the_property_is_synced)
            system.outbound.sync(SyncMessage.of(owner.sync))
        system.queue.clear()

        assert system.sync_of(owner).status is Status.SYNCED


class TestRequiredSettings:
    def test_a_blocked_property_names_the_missing_bank_account_setting(
        self, system: System, buildium: Simulator
    ) -> None:
        buildium.reset(seed=False)
        kept = system.create("property", PROPERTY)
        system.work()

        record = system.sync_of(kept)
        assert record.status is Status.BLOCKED
        assert "operatingBankAccountId" in str(record.error_message)
        assert "BUILDIUM_OPERATING_BANK_ACCOUNT_ID" in str(record.error_message)

    def test_the_configured_bank_account_overrides_the_only_one(
        self, dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = buildium.create("bankaccounts")["Id"]
        system = System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_OPERATING_BANK_ACCOUNT_ID=str(account))
        system.create("property", PROPERTY)
        system.work()

        assert buildium.state()["rentals"][0]["OperatingBankAccountId"] == account


class TestEdits:
    def test_ten_edits_before_the_first_attempt_cost_one_call(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        for number in range(10):
            kept = system.update(kept, {"name": f"Sunset {number}"})
        system.work()

        assert [rental["Name"] for rental in buildium.state()["rentals"]] == ["Sunset 9"]
        assert (system.calls("POST"), system.calls("PUT")) == (1, 0)

    def test_an_edit_during_a_create_is_not_lost(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.during(
            "/v1/rentals",
            lambda: system.records.update(kept.entity_type, kept.entity.ref.entity_id, RENAMED, Author("c")),
        )
        system.work()

        assert [rental["Name"] for rental in buildium.state()["rentals"]] == [RENAMED["name"]]
        assert system.sync_of(kept).is_synced

    def test_an_edit_during_a_create_keeps_the_status_pending(self, system: System) -> None:
        kept = system.create("property", PROPERTY)
        system.during(
            "/v1/rentals",
            lambda: system.records.update(kept.entity_type, kept.entity.ref.entity_id, RENAMED, Author("c")),
            "POST",
        )
        succeeded, states = AttemptRecorder.record_success, []

        def looked_at(self: AttemptRecorder, attempt: Attempt, written: WriteResult) -> None:
            succeeded(self, attempt, written)
            states.append(system.sync_of(kept).status)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AttemptRecorder, "record_success", looked_at)
            system.work()

        assert states == [Status.PENDING, Status.SYNCED]

    def test_an_update_is_read_merged_and_written(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        rental_id = system.sync_of(kept).buildium_id
        assert rental_id is not None
        buildium.edit("rentals", rental_id, {"StructureDescription": "Brick", "Reserve": 250.5})

        system.update(kept, RENAMED)
        system.work()

        rental = buildium.get("rentals", rental_id)
        assert (rental["Name"], rental["StructureDescription"], rental["Reserve"]) == (RENAMED["name"], "Brick", 250.5)
        fields = system.fields_of(kept)
        assert (fields["structureDescription"], fields["reserve"]) == ("Brick", 250.5)

    def test_an_update_lacking_required_fields_is_blocked_until_supplied(
        self, system: System, buildium: Simulator
    ) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        rental_id = system.sync_of(kept).buildium_id
        system.clock.sleep(60)
        buildium.edit("rentals", rental_id or 0, {"Address": None})
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", rental_id))
        system.update(kept, RENAMED)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, system.calls("PUT")) == (Status.BLOCKED, 0)
        assert "addressLine1, country, postalCode" in str(record.error_message)

        place = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
        system.update(kept, place)
        system.work()
        [rental] = buildium.state()["rentals"]
        assert (system.sync_of(kept).status, rental["Name"]) == (Status.SYNCED, RENAMED["name"])
        assert rental["Address"]["PostalCode"] == PROPERTY["postalCode"]

    def test_an_update_that_changes_nothing_makes_no_call(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        buildium.clear_requests()

        system.update(kept, {"name": PROPERTY["name"]})
        system.work()

        assert buildium.requests() == []


class TestLostCreate:
    @pytest.mark.parametrize("kind", ["reset_after", "error_after", "garbage_after", "delay_after"])
    def test_a_lost_create_is_adopted(self, kind: str, system: System, buildium: Simulator) -> None:
        buildium.fault(kind, method="POST", path="/rentals", seconds=3.0)
        kept = system.create("property", PROPERTY)
        system.work()

        [rental] = buildium.state()["rentals"]
        assert system.sync_of(kept).buildium_id == rental["Id"]
        assert system.calls("POST") == 1

    def test_a_lost_create_edited_locally_is_adopted(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = system.create("property", PROPERTY)
        system.work_once()
        system.update(kept, {**RENAMED, "addressLine1": "77 Other Rd"})
        system.work()

        [rental] = buildium.state()["rentals"]
        assert (rental["Name"], rental["Address"]["AddressLine1"]) == (RENAMED["name"], "77 Other Rd")
        assert system.sync_of(kept).buildium_id == rental["Id"]

    @pytest.mark.parametrize(("kind", "status"), [("reset_after", Status.SYNCED), ("reset_before", Status.BLOCKED)])
    def test_a_lost_create_is_searched_before_its_defaults_are_checked(
        self, kind: str, status: Status, system: System, buildium: Simulator, clock: VirtualClock
    ) -> None:
        buildium.fault(kind, method="POST", path="/rentals")
        kept = system.create("property", PROPERTY)
        system.work_once()
        # With two bank accounts and no setting the default is ambiguous, so a new create would be blocked.
        buildium.create("bankaccounts")
        clock.sleep(300)
        system.queue.send(SyncMessage.of(system.sync_of(kept)))
        system.work_once()

        record = system.sync_of(kept)
        ids = [] if record.buildium_id is None else [record.buildium_id]
        assert record.status is status
        assert ids == [rental["Id"] for rental in buildium.state()["rentals"]]
        assert system.calls("POST") == 1

    def test_an_unapplied_create_is_sent_again_after_the_visibility_delay(
        self, system: System, buildium: Simulator
    ) -> None:
        buildium.fault("reset_before", method="POST", path="/rentals")
        started = system.clock()
        kept = system.create("property", PROPERTY)
        system.work()

        assert len(buildium.state()["rentals"]) == 1
        assert system.sync_of(kept).status is Status.SYNCED
        first, second = [x.at for x in buildium.requests() if x.method == "POST"]
        assert second - first >= SETTLING
        assert first - started < SETTLING

    def test_a_create_not_listed_yet_is_not_sent_again(self, system: System, buildium: Simulator) -> None:
        buildium.fault("hidden", method="POST", path="/rentals", seconds=SETTLING / 2)
        kept = system.create("property", PROPERTY)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AttemptRecorder, "record_success", _response_lost)
            system.work_once()
        system.queue.send(SyncMessage.of(kept.sync))
        system.work()

        assert len(buildium.state()["rentals"]) == 1
        assert system.sync_of(kept).status is Status.SYNCED

    def test_two_candidates_need_a_review(self, system: System, buildium: Simulator) -> None:
        system.during("/v1/rentals", lambda: buildium.create("rentals", _rental_like(PROPERTY)), "POST")
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = system.create("property", PROPERTY)
        system.work()

        record = system.sync_of(kept)
        assert record.status is Status.NEEDS_REVIEW
        assert sorted(record.candidates) == sorted(rental["Id"] for rental in buildium.state()["rentals"])
        assert [each["buildiumId"] for each in record.candidate_details] == record.candidates
        assert {each["fields"]["name"] for each in record.candidate_details} == {PROPERTY["name"]}
        assert len(buildium.state()["rentals"]) == 2

    def test_a_linked_entity_is_no_candidate(self, system: System, buildium: Simulator) -> None:
        twin = system.create("property", PROPERTY)
        system.work()
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = system.create("property", PROPERTY)
        system.work()

        ids = {system.sync_of(twin).buildium_id, system.sync_of(kept).buildium_id}
        assert ids == {rental["Id"] for rental in buildium.state()["rentals"]}
        assert len(ids) == 2

    def test_two_local_entities_never_share_a_buildium_entity(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_before", method="POST", path="/rentals")
        lost = system.create("property", PROPERTY)
        system.work_once()
        [(due, again)] = system.queue.waiting
        system.queue.clear()
        system.clock.now = due
        twin = system.create("property", PROPERTY)
        adopted = system.during("/v1/rentals", lambda: system.outbound.sync(again))
        system.work()

        assert adopted == [Status.SYNCED]
        ids = {system.sync_of(lost).buildium_id, system.sync_of(twin).buildium_id}
        assert ids == {rental["Id"] for rental in buildium.state()["rentals"]}
        assert len(ids) == 2


class TestWorkers:
    def test_a_worker_killed_after_the_intent_leaves_one_entity(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(system.writer, "create", _killed)
            with pytest.raises(KeyboardInterrupt):
                system.work_once()
        system.clock.sleep(LEASE)
        system.queue.send(SyncMessage.of(kept.sync))
        system.work()

        assert len(buildium.state()["rentals"]) == 1

    def test_a_worker_killed_before_saving_the_id_leaves_one_entity(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AttemptRecorder, "record_success", _killed)
            with pytest.raises(KeyboardInterrupt):
                system.work_once()
        system.clock.sleep(LEASE)
        system.queue.send(SyncMessage.of(kept.sync))
        system.work()

        [rental] = buildium.state()["rentals"]
        assert system.sync_of(kept).buildium_id == rental["Id"]
        assert system.calls("POST") == 1

    def test_a_second_worker_skips_an_entity_under_a_lease(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        second = system.during("/v1/rentals", lambda: system.outbound.sync(SyncMessage.of(kept.sync)), "POST")
        system.work()

        assert second == [Status.SYNCING]
        assert system.calls("POST") == 1

    def test_a_worker_that_lost_its_lease_writes_nothing(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)

        def slow() -> None:
            system.clock.sleep(LEASE)
            system.outbound.sync(SyncMessage.of(kept.sync))

        system.during("/v1/rentals", slow, "POST")
        system.work()

        [rental] = buildium.state()["rentals"]
        record = system.sync_of(kept)
        assert (record.buildium_id, record.lease_token) == (rental["Id"], 2)


class TestFailures:
    @pytest.mark.parametrize("status", [400, 409, 415, 422])
    def test_a_rejected_payload_fails_at_once_with_the_reason(
        self, status: int, system: System, buildium: Simulator
    ) -> None:
        body = {"UserMessage": "No.", "ErrorCode": None, "Errors": [{"Key": "Name", "Value": "is taken"}]}
        buildium.fault("status", method="POST", path="/rentals", status=status, body=body, times=None)
        kept = system.create("property", PROPERTY)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, system.calls("POST"), record.intent_at) == (Status.FAILED, 1, None)
        assert "is taken" in str(record.error_message)
        assert [letter.ref for letter in system.queue.dead_lettered] == [kept.entity.ref]

    def test_a_failing_entity_is_dead_lettered_after_its_retries(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="PUT", status=500, times=None)
        kept = system.create("property", PROPERTY)
        system.work()
        system.update(kept, RENAMED)
        system.work()

        record = system.sync_of(kept)
        assert (record.status, system.calls("PUT")) == (Status.FAILED, 1 + RETRIES)
        assert record.buildium_id is not None, "a known Buildium id is never erased"
        assert len(system.queue.dead_lettered) == 1

    def test_an_internal_error_fails_only_its_own_entity(self, system: System, buildium: Simulator) -> None:
        poison, kept = system.create("property", {**PROPERTY, "name": "poison"}), system.create("property", PROPERTY)
        search = Property.to_create

        def to_create(self: Property, fields: dict[str, Any], links: Links) -> dict[str, Any]:
            if fields["name"] == "poison":
                raise KeyError("poison")
            return search(self, fields, links)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Property, "to_create", to_create)
            system.work()

        assert (system.sync_of(poison).status, system.sync_of(kept).status) == (Status.FAILED, Status.SYNCED)

    def test_a_failed_sync_names_the_state_that_buildium_rejects(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Simulator(rate_limit=0, clock=clock, strict_states=True) as strict:
            system = System(monkeypatch, dynamodb, strict, clock)
            kept = system.create(
                "property", {**PROPERTY, "state": "Puerto Rico", "city": "San Juan", "postalCode": "00901"}
            )
            system.work()
            record = system.sync_of(kept)
            system.update(kept, {"country": "PuertoRico", "state": None})
            system.work()
            later = system.sync_of(kept)
        assert (record.status, record.errors[0]["field"]) == (Status.FAILED, "Address.State")
        assert "state or province" in (record.error_message or "")
        assert later.status is Status.SYNCED

    @pytest.mark.parametrize("status", [401, 403, 429, 502, 503, 504])
    def test_a_deferral_uses_up_no_attempt(self, status: int, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="GET", path="/rentals/*", status=status, times=30)
        kept = system.create("property", PROPERTY)
        system.work()
        system.update(kept, RENAMED)
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert system.queue.dead_lettered == []

    def test_a_create_waits_for_an_outage_of_a_day(self, system: System, buildium: Simulator) -> None:
        base_url, system.writer._client._base_url = system.writer._client._base_url, "http://127.0.0.1:9"
        kept = system.create("property", PROPERTY)
        until = system.clock() + 26 * 3600
        for _ in rounds_while(lambda: system.clock() < until):
            system.work_once()
        system.writer._client._base_url = base_url
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert system.calls("POST") == 1
        assert system.queue.dead_lettered == []

    def test_an_entity_stays_pending_while_sync_is_disabled(
        self, dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system = System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_SYNC_ENABLED="false")
        kept = system.create("property", PROPERTY)
        system.work()

        assert system.sync_of(kept).status is Status.PENDING
        assert buildium.requests() == []


class TestRetry:
    def test_a_retry_starts_a_failed_sync_once(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="POST", path="/rentals", status=422)
        kept = system.create("property", PROPERTY)
        system.work()

        counts = [system.retry.retry_one(kept.entity.ref).count for _ in range(100)]
        system.work()

        assert (sum(counts), system.sync_of(kept).status) == (1, Status.SYNCED)
        assert system.queue.dead_lettered == []

    def test_a_redriven_dead_letter_is_attempted_again(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="POST", path="/rentals", status=422)
        kept = system.create("property", PROPERTY)
        system.work()

        system.queue.redrive()
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED

    def test_a_redelivered_message_does_not_retry_a_failed_sync(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="POST", path="/rentals", status=422, times=None)
        kept = system.create("property", PROPERTY)
        system.work()
        system.queue.send(SyncMessage.of(kept.sync))
        system.work()

        assert system.calls("POST") == 1

    def test_an_edit_starts_a_failed_sync_again(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="POST", path="/rentals", status=422)
        kept = system.create("property", PROPERTY)
        system.work()
        system.update(kept, RENAMED)
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
