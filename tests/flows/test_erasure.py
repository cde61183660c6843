"""An erasure removes the personal data of an entity from every store, and nothing brings it back."""

import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.app_webhook import Outcome
from buildium_sync.domain.control_keys import job_pk
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.review_decision import ReviewDecision
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import BuildiumError, EntityDeleted, NotFound, RetryLater
from buildium_sync.observability import logger
from buildium_sync.reconcile.drift import repair_state
from buildium_sync.reconcile.erasure.eraser import blanked
from buildium_sync.reconcile.erasure.state import JOB
from buildium_sync.reconcile.erasure.worker import SETTLING_SECONDS
from buildium_sync.reconcile.imports import state as import_state
from buildium_sync.reconcile.jobs.job_state import JobStatus, job_name
from buildium_sync.store import change_feed
from buildium_sync.store.app_webhook_deliveries import DeliveryStore
from buildium_sync.store.dynamodb import from_attributes, to_attributes
from buildium_sync.store.events import EventStore
from functions.api.app import lambda_handler as serve
from functions.reconcile.app import lambda_handler
from tests.aws import ACTIVITY, CONTROL, ENTITIES, EVENTS
from tests.flows.entity_stream import EntityStream
from tests.flows.schedule import TIME, Schedule
from tests.flows.system import OWNER, System
from tests.flows.test_drift import DriftOf
from tests.flows.test_types import CASES, EVERY_TYPE, Case
from tests.harness.events import Context, api_request, sqs_batch
from tests.harness.rounds import rounds_while
from tests.harness.sqs import JOBS
from tests.openapi.assertions import assert_documented
from tests.simulator import faults
from tools import erasure

TABLES = (ENTITIES, EVENTS, CONTROL, ACTIVITY)
MARK = "canary"
PHONE = "5557654321"
EXPIRING = ("job-chunk#drift-", "job-chunk#import-")
"""Reports that docs/security.md names: they expire after 14 days."""
BY = "Ann"
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


class KilledError(BaseException):
    """The function was killed."""


class Stage:
    """A system whose stream, job queue and schedule run."""

    def __init__(self, system: System, patch: pytest.MonkeyPatch) -> None:
        self.system, self.clock, self.buildium = system, system.clock, system.buildium
        self.stream = EntityStream(system, patch, random.Random(1))
        self.schedule = Schedule(system, patch)
        self.erasures = system.api.erasures
        self.is_recorded = True
        self.is_running = False

    def deliver(self) -> None:
        """Deliver the stream to the timeline function."""
        if self.is_recorded:
            self.stream.deliver_all()

    def work(self) -> None:
        """Run all syncs."""
        self.system.work()
        self.deliver()

    def run_slice(self, time_left: Callable[[], float] = lambda: TIME) -> None:
        """Run the next message of the job queue."""
        self.deliver()
        message = self.system.sqs.take(JOBS)
        assert message is not None
        self.clock.now = max(self.clock.now, message.visible_at)
        self.is_running = True
        try:
            lambda_handler(sqs_batch([message.body]), Context(time_left=time_left))
        finally:
            self.is_running = False

    def run_slices(self, seconds: float) -> None:
        """Run the messages of the job queue that are visible within so many seconds."""
        until = self.clock() + seconds
        for _ in rounds_while(lambda: (jobs := self.system.sqs.queues[JOBS]) and jobs[0].visible_at <= until):
            self.run_slice()

    def run(self) -> None:
        """Run the job queue until it is empty."""
        for _ in rounds_while(lambda: self.system.sqs.queues[JOBS], most=100):
            self.run_slice()

    def erase(self, ref: EntityRef) -> dict[str, Any]:
        """Erase an entity, and return the erasure."""
        self.erasures.start(ref, BY)
        self.run()
        return self.erasures.read(ref)

    def items(self) -> Iterator[dict[str, Any]]:
        """All items of all tables."""
        for table in TABLES:
            for page in self.system.dynamodb.get_paginator("scan").paginate(TableName=table):
                yield from map(from_attributes, page["Items"])

    def marked(self) -> list[dict[str, Any]]:
        """The items with personal data of a marked entity."""
        return [item for item in self.items() if _is_marked(json.dumps(item, default=str))]

    def queued(self) -> str:
        return json.dumps([message.body for queue in self.system.sqs.queues.values() for message in queue])


def _is_marked(text: str) -> bool:
    return MARK in text.lower() or PHONE in text


def _marked(case: Case, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with the mark in every text that may be anything, and in optional fields too."""
    entity_type = by_name(case.name)
    references = entity_type.reference_fields.keys()
    for name in entity_type.model.model_fields:
        if name in references or name == "status":
            continue
        for value in (f"Canary {name}", f"canary.{name.lower()}@example.com", PHONE):
            try:
                entity_type.validate({**body, name: value})
            except Exception:  # noqa: BLE001, S112 -- any error says that the field takes another value
                continue
            body = {**body, name: value}
            break
    return body


@pytest.fixture
def stage(system: System, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(system, monkeypatch)


def make(stage: Stage, case: Case) -> StoredEntity:
    """A marked entity whose create Buildium will reject once."""
    made: dict[str, StoredEntity] = {}
    for name in case.needs:
        made[name] = stage.system.create(name, CASES[name].body(made))
    stage.system.work()
    # The first unit of a property is linked to the one that Buildium created with the property.
    rejected(stage, "PUT" if case.name == "unit" else "POST")
    return stage.system.create(case.name, {**_marked(case, case.body(made)), "externalId": "canary-7"})


def rejected(stage: Stage, method: str, status: int = 422) -> None:
    """Let Buildium reject the next call, with a quotation."""
    stage.buildium.fault("status", method=method, status=status, body={"UserMessage": "Canary is taken."})


def synced(stage: Stage, case: Case) -> StoredEntity:
    """A marked entity whose create was rejected once."""
    kept = make(stage, case)
    stage.work()
    assert stage.system.sync_of(kept).status is Status.FAILED
    stage.system.retry.retry_one(kept.entity.ref)
    stage.work()
    record = stage.system.sync_of(kept)
    assert record.status is Status.SYNCED, record.error_message
    stage.clock.sleep(60)
    return kept


def buildium_id(stage: Stage, kept: StoredEntity) -> int:
    found = stage.system.sync_of(kept).buildium_id
    assert found is not None
    return found


def fail_event(stage: Stage, case: Case, kept: StoredEntity) -> None:
    """Store an event whose processing failed, with an error that quotes Buildium."""
    event = stage.system.event(f"{case.subject}.Updated", case.id_field, buildium_id(stage, kept))
    events = EventStore(stage.system.dynamodb, EVENTS, clock=stage.clock)
    events.store([event])
    rejected(stage, "GET", 400)
    with pytest.raises(BuildiumError) as failure:
        stage.system.inbound.process_event(event)
    events.set_status(event["eventId"], EventStatus.FAILED, error=f"BuildiumRejected: {failure.value}")


def note_job_errors(stage: Stage, kept: StoredEntity) -> None:
    """Let the last import and the last repair have an error that quotes the entity."""
    error = {"entityType": kept.entity.ref.entity_type, "error": "Canary is taken."}
    of_import = {**error, "buildiumId": buildium_id(stage, kept)}
    of_repair = {**of_import, "entityId": kept.entity.ref.entity_id}
    imported = import_state.ImportState.start(stage.clock(), errors=[of_import])
    repaired = repair_state.RepairState.start(
        stage.clock(), errors=[of_repair, {**of_repair, "entityType": "other", "error": "Other"}]
    )
    for state in (imported, repaired):
        stage.system.jobs.start(state.job, {**state.to_state(), "status": "done"})


def review_beside(stage: Stage, kept: StoredEntity) -> SyncRecord:
    """Let another entity be in review with the marked one as a candidate, after an earlier decision."""
    ref = kept.entity.ref._replace(entity_id="beside")
    ids = [buildium_id(stage, kept), 9]
    details: list[dict[str, Any]] = [
        {"buildiumId": buildium_id(stage, kept), "fields": {"lastName": "Canary"}, "differingFields": []},
        {"buildiumId": 9, "fields": {"lastName": "Other"}, "differingFields": []},
    ]
    pending = SyncRecord.created_by_client(ref, "c", stage.clock())
    record = replace(pending.needs_review("Which?", ids, details, stage.clock()), revision=0)
    entity = kept.entity._replace(ref=ref, version=1, fields={}, external_id=None)
    writes, store = stage.system.store.writes, stage.system.store
    store.write(writes.put_entity(entity), writes.put_sync(record))
    own = [{"buildiumId": 8, "fields": {"lastName": "Canary"}, "differingFields": []}]
    for each, of_each in ((ref, details), (kept.entity.ref, own)):
        store.write(writes.put_decision(ReviewDecision(each, "2026-11-22T12:00:00.000Z", None, ids, of_each)))
    return record


def traffic(stage: Stage, case: Case, kept: StoredEntity) -> None:
    """Changes and failures that leave traces of the entity wherever there can be any."""
    stage.system.update(kept, case.local_changed)
    stage.buildium.edit(case.remote, buildium_id(stage, kept), case.remote_changed)
    rejected(stage, "PUT")
    stage.work()
    stage.system.retry.retry_one(kept.entity.ref)
    stage.work()
    stage.clock.sleep(60)
    fail_event(stage, case, kept)
    drift = DriftOf(stage.schedule)
    stage.buildium.edit(case.remote, buildium_id(stage, kept), case.remote_changed)
    drift.compare(case.name)
    drift.compare_one(kept.entity.ref)
    stage.schedule.import_all(case.name)
    note_job_errors(stage, kept)
    review_beside(stage, kept)
    deliveries = DeliveryStore(stage.system.dynamodb, ACTIVITY, stage.clock)
    for detail in stage.system.bus.details:
        deliveries.record(detail, Outcome.of_status(500), counts=True)
    stage.deliver()


def assert_readable(kept: StoredEntity) -> None:
    """The API still returns the entity in its documented form."""
    path = f"/api/{kept.entity_type.collection}/{kept.entity.ref.entity_id}"
    response = serve(api_request("GET", path), Context())
    assert response["statusCode"] == 200
    assert_documented("GET", path, 200, "application/json", json.loads(response["body"]))


class TestStores:
    @EVERY_TYPE
    def test_an_erasure_leaves_no_personal_data_in_any_table(self, case: Case, stage: Stage) -> None:
        kept = synced(stage, case)
        traffic(stage, case, kept)
        before = stage.marked()
        assert len({item.get("pk", "event").partition("#")[0] for item in before}) >= 7

        stage.erase(kept.entity.ref)

        left = [item for item in stage.marked() if not item.get("pk", "").startswith(EXPIRING)]
        assert left == []
        assert all(item["expiresAt"] <= stage.clock() + 14 * 86_400 for item in stage.marked())
        assert not _is_marked(stage.queued())
        assert_readable(kept)


@pytest.mark.parametrize("name", ["owner", "tenant", "vendor"])
def test_logs_and_dead_letters_have_no_personal_data(name: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    log, case = io.StringIO(), CASES[name]
    monkeypatch.setattr(logger.logger_handler, "stream", log)
    kept = synced(stage, case)
    traffic(stage, case, kept)
    rejected(stage, "PUT")
    stage.system.update(kept, case.local_changed)
    stage.work()
    assert stage.system.sync_of(kept).status is Status.FAILED

    assert "Sync attempt failed" in log.getvalue()
    assert not _is_marked(log.getvalue())
    assert not _is_marked(stage.queued())


@pytest.fixture
def owner(stage: Stage) -> StoredEntity:
    """A synced owner with an external id."""
    kept = make(stage, CASES["owner"])
    stage.work()
    stage.system.retry.retry_one(kept.entity.ref)
    stage.work()
    stage.clock.sleep(60)
    return kept


def left(stage: Stage) -> list[dict[str, Any]]:
    return [item for item in stage.marked() if not item.get("pk", "").startswith(EXPIRING)]


def records(stage: Stage) -> list[dict[str, Any]]:
    return [item for item in stage.items() if item.get("pk") == "erasures" and "sk" in item]


class TestResult:
    def test_ids_and_status_of_an_erased_entity_stay(self, stage: Stage, owner: StoredEntity) -> None:
        linked = buildium_id(stage, owner)
        stage.erase(owner.entity.ref)

        sync = stage.system.sync_of(owner)
        assert (sync.status, sync.buildium_id, sync.error_message) == (Status.DELETED, linked, None)
        assert stage.system.fields_of(owner)["status"] == "Active"
        assert stage.system.store.local_ids([("owner", linked)]) == {("owner", linked): sync.ref.entity_id}

    def test_an_erasure_is_recorded_without_personal_data(self, stage: Stage, owner: StoredEntity) -> None:
        shown = stage.erase(owner.entity.ref)

        [record] = records(stage)
        assert (shown["status"], shown["by"], shown["error"]) == ("done", BY, None)
        assert (record["entityId"], record["by"], record["requestedAt"]) == (
            owner.entity.ref.entity_id,
            BY,
            shown["requestedAt"],
        )
        assert record.keys() == {"pk", "sk", "entityType", "entityId", "requestedAt", "by", "at"}

    def test_erased_changes_stay_in_the_feed(self, stage: Stage, owner: StoredEntity) -> None:
        before = stage.system.api.changes.page("owner", limit=100, cursor=None)["items"]
        stage.erase(owner.entity.ref)
        after = stage.system.api.changes.page("owner", limit=100, cursor=None)["items"]

        assert [each["id"] for each in after][: len(before)] == [each["id"] for each in before]
        assert {(json.dumps(each["changes"]), each["error"], each["externalId"]) for each in after} == {
            ("{}", None, None)
        }

    def test_the_intent_of_a_lost_create_is_erased(self, stage: Stage) -> None:
        stage.buildium.fault(faults.RESET_BEFORE, method="POST", path="/vendors")
        kept = stage.system.create("vendor", {"isCompany": True, "companyName": "Canary"})
        stage.system.work_once()
        assert stage.system.store.intents("vendor") != []
        stage.erase(kept.entity.ref)

        assert stage.system.store.intents("vendor") == []
        assert left(stage) == []
        stage.work()
        assert stage.system.sync_of(kept).status is Status.DELETED
        assert stage.buildium.state()["vendors"] == []

    def test_other_entities_stay(self, stage: Stage, owner: StoredEntity) -> None:
        other = stage.system.create("vendor", {"isCompany": True, "companyName": "Pipes Ltd"})
        stage.work()
        stage.clock.sleep(60)
        stage.erase(owner.entity.ref)

        assert stage.system.sync_of(other).status is Status.SYNCED
        [*_, change] = stage.system.api.changes.page("vendor", limit=100, cursor=None)["items"]
        assert stage.system.fields_of(other)["companyName"] == "Pipes Ltd"
        assert change["entityId"] == other.entity.ref.entity_id
        assert "Pipes Ltd" in json.dumps(stage.system.api.changes.page("vendor", limit=100, cursor=None)["items"])

    def test_only_references_states_numbers_and_required_dates_stay(self) -> None:
        fields = {"propertyIds": ["1"], "firstName": "A", "status": "Active", "phones": [1], "address": {"city": "B"}}

        assert blanked(by_name("owner"), {**fields, "n": 1, "primaryEmail": "a@example.com", "date": "2026-11-22"}) == {
            "propertyIds": ["1"],
            "firstName": None,
            "status": "Active",
            "phones": [],
            "address": {"city": ""},
            "n": 1,
            "primaryEmail": None,
            "date": "2026-11-22",
        }
        assert blanked(by_name("tenant"), {"dateOfBirth": "1971-03-17"}) == {"dateOfBirth": None}
        assert blanked(by_name("property"), {"name": "Elm"}) == {"name": ""}


class TestRequests:
    def test_a_second_request_returns_the_same_erasure(self, stage: Stage, owner: StoredEntity) -> None:
        ref = owner.entity.ref
        first = stage.erasures.start(ref, BY)
        stage.clock.sleep(1)

        assert (first["status"], stage.erasures.start(ref, "Other")) == ("queued", first)
        stage.run_slice()
        assert stage.erasures.start(ref, "Other") == {**first, "status": "running"}
        stage.run()
        done = stage.erasures.read(ref)
        assert (done["status"], stage.erasures.start(ref, "Other")) == ("done", done)
        assert stage.system.sqs.queues[JOBS] == []
        assert len(records(stage)) == 1

    def test_the_job_of_an_erasure_never_expires(self, stage: Stage, owner: StoredEntity) -> None:
        stage.erase(owner.entity.ref)

        key = {"pk": {"S": job_pk(job_name("erasure", owner.entity.ref))}}
        item = stage.system.dynamodb.get_item(TableName=CONTROL, Key=key)["Item"]
        assert "expiresAt" not in item

    def test_several_erasures_can_wait_at_once(self, stage: Stage, owner: StoredEntity) -> None:
        stage.system.create("owner", {**OWNER, "lastName": "Canary", "propertyIds": owner.fields["propertyIds"]})
        stage.work()
        refs = [each.entity.ref for each in stage.schedule.kept("owner")]
        for ref in refs:
            stage.erasures.start(ref, BY)
        stage.run()

        assert [stage.erasures.read(ref)["status"] for ref in refs] == ["done", "done"]
        assert left(stage) == []

    @pytest.mark.parametrize("entity_id", ["7", ""])
    def test_an_unknown_entity_cannot_be_erased(self, entity_id: str, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.erasures.start(EntityRef("owner", entity_id), BY)
        with pytest.raises(NotFound):
            stage.erasures.read(EntityRef("owner", entity_id))

    def test_an_entity_without_request_has_no_erasure(self, stage: Stage, owner: StoredEntity) -> None:
        assert stage.erasures.read(owner.entity.ref)["status"] == "not_started"

    def test_a_restored_entity_can_be_erased_again(self, stage: Stage, owner: StoredEntity) -> None:
        backup = list(stage.items())
        stage.erase(owner.entity.ref)
        for item in backup:
            if item.get("pk") == owner.entity.ref.pk and item.get("sk") in ("entity", "sync"):
                stage.system.dynamodb.put_item(TableName=ENTITIES, Item=to_attributes(item))

        assert stage.erasures.read(owner.entity.ref)["status"] == "not_started"
        # Its next version is one that the timeline function knows, which a restored stack does not.
        assert stage.erasures.start(owner.entity.ref, BY)["status"] == "queued"

    def test_make_erase_waits_for_the_same_job(self, stage: Stage, owner: StoredEntity) -> None:
        erasure.erase(stage.erasures, owner.entity.ref, sleep=lambda _seconds: stage.run_slice())
        assert left(stage) == []
        assert stage.erasures.read(owner.entity.ref)["by"] == "make erase"

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (("default", "owners", "7"), "Set TYPE to one of"),
            (("default", "owner", ""), "and ID to a local id"),
            (("staging", "owner", "7"), "Unknown environment 'staging'"),
            (("default", "owner", "missing"), "Owner 'missing' not found."),
        ],
    )
    def test_an_impossible_erasure_is_reported_without_a_traceback(
        self,
        stage: Stage,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        arguments: tuple[str, str, str],
        expected: str,
    ) -> None:
        clients = {"cloudformation": None, "dynamodb": stage.system.dynamodb, "sqs": stage.system.sqs}
        monkeypatch.setattr("boto3.client", lambda service: clients[service])
        monkeypatch.setattr(erasure, "physical_name", lambda _client, _stack, name: name)

        assert erasure.main(*arguments) == 1
        assert expected in capsys.readouterr().err


class TestCrashes:
    @pytest.mark.parametrize("after", [False, True])
    def test_an_erasure_continues_after_a_kill_at_any_write(
        self, after: bool, stage: Stage, owner: StoredEntity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kills = Kills(stage, monkeypatch, after=after)
        body = {**OWNER, "lastName": "Canary", "propertyIds": owner.fields["propertyIds"]}
        stage.erase(owner.entity.ref)
        for number in range(100):
            kept = stage.system.create("owner", body)
            stage.work()
            stage.erasures.start(kept.entity.ref, BY)
            kills.left = number
            for _ in rounds_while(lambda: stage.system.sqs.queues[JOBS]):
                message = stage.system.sqs.queues[JOBS][0]
                try:
                    stage.run_slice()
                except KilledError:
                    # The message is delivered again when the lease of the killed run has ended.
                    stage.system.sqs.queues[JOBS][:] = [replace(message, visible_at=stage.clock() + 600)]
            assert stage.erasures.read(kept.entity.ref)["status"] == "done"
            if kills.left >= 0:
                break

        assert kills.count > 10
        assert left(stage) == []
        assert len(records(stage)) == kills.count + 2

    def test_an_erasure_with_a_lost_message_is_resumed(self, stage: Stage, owner: StoredEntity) -> None:
        stage.erasures.start(owner.entity.ref, BY)
        stage.schedule.lose_jobs()
        stage.erasures.resume()
        assert stage.system.sqs.queues[JOBS] == []
        stage.clock.sleep(300)
        stage.erasures.resume()
        stage.run()

        assert stage.erasures.read(owner.entity.ref)["status"] == "done"
        stage.erasures.resume()
        assert stage.erasures._unfinished.all() == []

    def test_a_message_without_a_request_erases_nothing(self, stage: Stage, owner: StoredEntity) -> None:
        stage.schedule.reconcile._job_queue.enqueue(JOB, ref=owner.entity.ref)
        stage.run()

        assert stage.erasures.read(owner.entity.ref)["status"] == "not_started"
        assert stage.system.sync_of(owner).status is Status.SYNCED

    def test_the_erasure_of_a_vanished_entity_fails(self, stage: Stage, owner: StoredEntity) -> None:
        stage.erasures.start(owner.entity.ref, BY)
        for sk in ("entity", "sync"):
            key = to_attributes({"pk": owner.entity.ref.pk, "sk": sk})
            stage.system.dynamodb.delete_item(TableName=ENTITIES, Key=key)
        stage.run()

        assert stage.erasures._stored(owner.entity.ref).status is JobStatus.FAILED
        assert stage.system.sqs.queues[JOBS] == []

    def test_an_erasure_needs_several_runs_without_time(self, stage: Stage, owner: StoredEntity) -> None:
        for name in ("A", "B", "C", "D"):
            owner = stage.system.update(owner, {"lastName": f"Canary {name}"})
            stage.work()
        stage.erasures.start(owner.entity.ref, BY)
        slices = 0
        for _ in rounds_while(lambda: stage.system.sqs.queues[JOBS]):
            times = iter([TIME] * 6)
            stage.run_slice(lambda: next(times, 0.0))  # noqa: B023 -- it is called at once
            slices += 1

        assert slices > 4
        assert stage.erasures.read(owner.entity.ref)["status"] == "done"
        assert left(stage) == []


class TestPartitions:
    @pytest.fixture(autouse=True)
    def small_partitions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(change_feed, "BUCKET_CHANGES", 3)

    def test_the_feed_is_erased_across_its_partitions(self, stage: Stage, owner: StoredEntity) -> None:
        for name in ("A", "B", "C", "D"):
            owner = stage.system.update(owner, {"lastName": f"Canary {name}"})
            stage.work()
        stage.erase(owner.entity.ref)

        assert left(stage) == []


class Kills:
    """Kills the function once: before its next write or after it, when `left` writes were made before."""

    def __init__(self, stage: Stage, patch: pytest.MonkeyPatch, *, after: bool) -> None:
        self.left = -1
        self.count = 0
        client = stage.system.dynamodb
        call = client._make_api_call  # type: ignore[attr-defined]

        def call_or_die(operation: str, arguments: Any) -> Any:
            is_counted = self.left >= 0 and operation in WRITES and stage.is_running
            is_last = is_counted and self.left == 0
            self.left -= is_counted
            if is_last and not after:
                self._kill()
            response = call(operation, arguments)
            if is_last:
                self._kill()
            return response

        patch.setattr(client, "_make_api_call", call_or_die)

    def _kill(self) -> None:
        self.count += 1
        raise KilledError


class TestConcurrency:
    def test_an_erasure_waits_for_a_sync_in_flight(self, stage: Stage, owner: StoredEntity) -> None:
        stage.system.update(owner, {"lastName": "Canary 2"})
        stage.erasures.start(owner.entity.ref, BY)
        during = stage.system.during("/v1/rentals/owners", stage.run_slice, "PUT")
        stage.system.work()

        assert during == [None]
        assert stage.system.sync_of(owner).status is Status.SYNCED
        assert stage.erasures.read(owner.entity.ref)["status"] == "queued"
        stage.run()
        assert stage.erasures.read(owner.entity.ref)["status"] == "done"
        assert left(stage) == []

    @pytest.mark.parametrize("status", [200, 500])
    def test_an_event_in_flight_brings_nothing_back(self, status: int, stage: Stage, owner: StoredEntity) -> None:
        stage.buildium.edit("owners", buildium_id(stage, owner), {"LastName": "Canary 3"})
        event = stage.system.event("Owner.Updated", "OwnerId", buildium_id(stage, owner))
        stage.erasures.start(owner.entity.ref, BY)
        during = stage.system.during("/v1/rentals/owners", lambda: stage.run_slices(10), "GET")
        if status == 500:
            rejected(stage, "GET", status)
        with pytest.raises(RetryLater if status == 200 else BuildiumError):
            stage.system.inbound.process_event(event)

        assert during == [None]
        stage.run()
        assert left(stage) == []

    def test_an_erasure_waits_for_the_timeline(self, stage: Stage, owner: StoredEntity) -> None:
        stage.is_recorded = False
        stage.erasures.start(owner.entity.ref, BY)
        for _ in range(5):
            stage.run_slice()
        assert stage.erasures.read(owner.entity.ref)["status"] == "running"
        assert stage.clock() > SETTLING_SECONDS
        stage.clock.sleep(86_400)
        stage.run()
        failed = stage.erasures.read(owner.entity.ref)
        assert (failed["status"], bool(failed["error"])) == ("failed", True)

        stage.is_recorded = True
        assert stage.erase(owner.entity.ref)["status"] == "done"
        assert left(stage) == []


class TestAfterwards:
    @pytest.fixture(autouse=True)
    def erased(self, stage: Stage, owner: StoredEntity) -> None:
        stage.erase(owner.entity.ref)

    def assert_erased(self, stage: Stage, owner: StoredEntity) -> None:
        stage.deliver()
        assert stage.system.sync_of(owner).status is Status.DELETED
        assert left(stage) == []

    @pytest.mark.parametrize("operation", ["Created", "Updated", "Deleted"])
    def test_an_event_brings_nothing_back(self, operation: str, stage: Stage, owner: StoredEntity) -> None:
        event = stage.system.event(f"Owner.{operation}", "OwnerId", buildium_id(stage, owner))
        stage.system.inbound.process_event(event)
        self.assert_erased(stage, owner)

    def test_a_poll_and_an_import_bring_nothing_back(self, stage: Stage, owner: StoredEntity) -> None:
        stage.buildium.edit("owners", buildium_id(stage, owner), {"LastName": "Canary 3"})
        stage.schedule.poll_later()
        stage.schedule.import_all("owner")
        self.assert_erased(stage, owner)
        assert len(stage.schedule.kept("owner")) == 1

    def test_a_repair_brings_nothing_back(self, stage: Stage, owner: StoredEntity) -> None:
        drift = DriftOf(stage.schedule)
        drift.compare("owner")
        drift.repair()
        drift.compare_one(owner.entity.ref)
        self.assert_erased(stage, owner)

    def test_a_retry_brings_nothing_back(self, stage: Stage, owner: StoredEntity) -> None:
        stage.system.retry.retry_one(owner.entity.ref)
        stage.work()
        self.assert_erased(stage, owner)

    @pytest.mark.parametrize("body", [{"lastName": "Canary"}, {"externalId": "canary-8"}])
    def test_an_update_of_an_erased_entity_is_rejected(
        self, body: dict[str, Any], stage: Stage, owner: StoredEntity
    ) -> None:
        with pytest.raises(EntityDeleted, match="was erased at"):
            stage.system.update(owner, body)
        self.assert_erased(stage, owner)
