"""The import of an existing Buildium account, end to end in one process."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.buildium import client as client_module
from buildium_sync.clock import format_iso
from buildium_sync.domain.control_keys import job_pk
from buildium_sync.domain.entity import EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.registry import by_name, listed_types
from buildium_sync.errors import (
    EntityDeleted,
    EventsNotPublished,
    InvalidFields,
    NotFound,
    RetryLater,
    ReviewNotPending,
)
from buildium_sync.inbound.batch_applier import ApplyResult, RemoteBatch
from buildium_sync.reconcile.imports import matcher
from buildium_sync.reconcile.imports.matcher import CandidateMatch, Matcher
from buildium_sync.reconcile.imports.state import JOB
from buildium_sync.reconcile.jobs import time_budget
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.entities import EntityWithSync
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.flows.schedule import NAMES, Schedule
from tests.flows.system import PROPERTY, System
from tests.flows.test_poll import ADDRESS, account
from tests.harness.rounds import rounds_while
from tests.moto_atomicity import make_quick
from tests.simulator import Exchange, Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

THEIRS = {
    "Name": PROPERTY["name"],
    "Address": {
        "AddressLine1": "123 MAIN ST",
        "City": "Los Angeles",
        "State": "CA",
        "PostalCode": "90001",
        "Country": "UnitedStates",
    },
    "RentalSubType": "MultiFamily",
}
"""`PROPERTY` as a person creates it in Buildium."""


@pytest.fixture
def schedule(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


@pytest.fixture
def switched_off(
    dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Schedule:
    """With sync disabled: local entities are in Buildium only if a test created them there."""
    return Schedule(System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_SYNC_ENABLED="false"), monkeypatch)


def rentals(buildium: Simulator, count: int) -> list[int]:
    return [buildium.create("rentals", {"Name": f"R{n}", "Address": ADDRESS})["Id"] for n in range(count)]


def writes(schedule: Schedule) -> list[str]:
    """The subsequent writes to the entities table."""
    seen: list[str] = []

    def note(model: Any, params: Any, **_: Any) -> None:
        reads = ("BatchGetItem", "GetItem", "Query")
        if b"EntitiesTable" in params["body"] and model.name not in reads:
            seen.append(model.name)

    schedule.system.dynamodb.meta.events.register("before-call.dynamodb.*", note)
    return seen


def entity_with_two_candidates(schedule: Schedule, buildium: Simulator) -> tuple[StoredEntity, list[int]]:
    """A local entity with two candidates."""
    buildium.fault("status", method="POST", path="/rentals", status=422)
    kept = schedule.system.create("property", PROPERTY)
    schedule.system.work()
    ids = [buildium.create("rentals", THEIRS)["Id"] for _ in range(2)]
    schedule.import_all("property")
    return kept, ids


def _killed(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt


def stored_job(schedule: Schedule, name: str) -> Mapping[str, Any]:
    key = {"pk": {"S": job_pk(name)}}
    return dict(schedule.system.dynamodb.get_item(TableName=CONTROL, Key=key)["Item"])


class TestEveryType:
    def test_an_import_reads_all_entity_types_with_their_references(
        self, schedule: Schedule, buildium: Simulator
    ) -> None:
        ids = account(buildium)
        imported = schedule.import_all()

        kept = {name: schedule.of(name, buildium_id) for name, buildium_id in ids.items()}
        assert {each.sync.status for each in kept.values()} == {Status.SYNCED}
        assert {each.entity.origin for each in kept.values()} == {Origin.BUILDIUM}
        own = {name: each.entity.ref.entity_id for name, each in kept.items()}
        assert kept["unit"].entity.fields["propertyId"] == own["property"]
        assert kept["owner"].entity.fields["propertyIds"] == [own["property"]]
        assert kept["work-order"].entity.fields["taskId"] == own["task"]
        assert kept["bill"].entity.fields["vendorId"] == own["vendor"]
        assert kept["lease"].entity.fields["unitId"] == own["unit"]
        assert kept["tenant"].entity.fields["leaseId"] == own["lease"]
        progress = imported.progress()
        assert (progress["status"], progress["errors"]) == ("done", [])
        assert list(progress["types"]) == [entity_type.name for entity_type in listed_types()]

    @pytest.mark.parametrize("name", sorted(NAMES))
    def test_each_type_is_counted_and_done(self, name: str, schedule: Schedule, buildium: Simulator) -> None:
        account(buildium)
        progress = schedule.import_all(name).progress()["types"]

        there = len(buildium.state()[NAMES[name]])
        assert progress == {name: {"total": there, "done": there, "failed": 0, "needsReview": 0, "state": "done"}}

    def test_a_finished_import_is_published_with_its_counts(self, schedule: Schedule, buildium: Simulator) -> None:
        rentals(buildium, 2)
        schedule.import_all("property", "vendor")

        [detail] = schedule.system.bus.details
        assert (detail["type"], detail["entityTypes"]) == ("ImportFinished", ["property", "vendor"])
        assert detail["counts"]["property"] == {"total": 2, "done": 2, "failed": 0, "needsReview": 0}
        assert detail["counts"]["vendor"]["total"] == 0

    def test_only_the_state_of_a_finished_job_expires(self, schedule: Schedule) -> None:
        schedule.begin_import("property")
        assert "expiresAt" not in stored_job(schedule, "import")

        for _ in rounds_while(lambda: schedule.woken):
            schedule.work_once()
        schedule.poll()

        assert "expiresAt" in stored_job(schedule, "import")
        assert "expiresAt" not in stored_job(schedule, "poll-property")

    def test_a_second_import_writes_nothing(self, schedule: Schedule, buildium: Simulator) -> None:
        account(buildium)
        schedule.import_all()
        seen = writes(schedule)
        imported = schedule.import_all()

        assert seen == []
        assert {each.failed for each in imported.types.values()} == {0}

    def test_a_second_import_of_1200_entities_reads_pages_only(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_quick(schedule.system.dynamodb, monkeypatch)
        ids = rentals(buildium, 1200)
        first = schedule.import_all("property").types["property"]
        assert (first.total, first.done, first.failed) == (1200, 1200, 0)
        assert len(schedule.system.store.local_ids(("property", each) for each in ids)) == 1200

        buildium.clear_requests()
        seen = writes(schedule)
        second = schedule.import_all("property").types["property"]
        assert (second.done, seen) == (1200, [])
        assert len(buildium.requests()) <= 4

    def test_an_import_links_many_matches_among_unmatched_entities(
        self, switched_off: Schedule, buildium: Simulator
    ) -> None:
        create = switched_off.system.create
        kept = [create("property", {**PROPERTY, "name": f"T{n}"}) for n in range(30)]
        rentals(buildium, 20)
        theirs = [buildium.create("rentals", {**THEIRS, "Name": f"T{n}"})["Id"] for n in range(30)]
        imported = switched_off.import_all("property").types["property"]

        assert [switched_off.system.sync_of(each).buildium_id for each in kept] == theirs
        assert (imported.total, imported.done, imported.failed) == (50, 50, 0)
        assert len(switched_off.kept("property")) == 50

    def test_unlinked_entities_are_loaded_some_at_a_time(
        self, system: System, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = [system.create("property", {**PROPERTY, "name": f"T{n}"}).entity.ref.entity_id for n in range(5)]
        load_all, sizes = system.store.load_all, list[int]()

        def counted(refs: Iterable[EntityRef]) -> dict[EntityRef, EntityWithSync]:
            found = load_all(refs)
            sizes.append(len(found))
            return found

        monkeypatch.setattr(system.store, "load_all", counted)
        monkeypatch.setattr(matcher, "_PAGE_SIZE", 2)
        unlinked = Matcher(system.store, system.queue, clock, system.inbound._scope).index_unlinked(by_name("property"))

        assert sizes == [2, 2, 1]
        assert [unlinked.matches({**THEIRS, "Id": 1, "Name": f"T{n}"}) for n in range(5)] == [[each] for each in kept]

    def test_matches_are_resolved_some_at_a_time_until_the_time_ends(
        self, system: System, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = [system.create("property", {**PROPERTY, "name": f"T{n}"}).entity.ref.entity_id for n in range(6)]
        matches = [CandidateMatch(each, number) for number, each in enumerate(ids[:4], 1)]
        matches += [CandidateMatch(each, 9) for each in ids[4:]]
        monkeypatch.setattr(matcher, "_PAGE_SIZE", 1)
        resolver, property_type = Matcher(system.store, system.queue, clock, system.inbound._scope), by_name("property")
        runs = 0
        for pages in range(7):
            budget = iter([True] * pages)
            outcome = resolver.resolve(property_type, matches, has_time=lambda: next(budget, False))  # noqa: B023
            runs += outcome is None
        refs = [EntityRef("property", each) for each in ids]
        records = system.store.sync_records(refs)

        assert outcome is not None
        assert (runs, outcome.linked, outcome.ambiguous, outcome.reviews) == (6, {1, 2, 3, 4}, {9}, 2)
        resolver.resolve(property_type, matches)
        assert system.store.sync_records(refs) == records


class TestProgress:
    def test_a_running_import_shows_progress_and_is_not_restarted(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "PAGE_SIZE", 10)
        rentals(buildium, 60)
        assert schedule.imports.progress()["status"] == "not_started"
        schedule.begin_import("property")
        schedule.work_once(seconds=10.5)

        running = schedule.imports.progress()
        assert (running["status"], running["finishedAt"]) == ("running", None)
        assert running["types"]["property"]["total"] == 60
        assert 0 < running["types"]["property"]["done"] < 60
        assert schedule.imports.start(["owner"]) == running

    def test_an_entity_in_two_lists_is_counted_once(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Property, "full_lists", lambda *_: ({}, {"location": "Reno"}))
        rentals(buildium, 3)
        progress = schedule.import_all("property").types["property"]

        assert (progress.total, progress.done, progress.failed) == (3, 3, 0)


class TestSlices:
    def test_an_import_whose_end_is_not_published_is_not_finished(
        self, schedule: Schedule, buildium: Simulator
    ) -> None:
        rentals(buildium, 2)
        schedule.begin_import("property")
        schedule.system.bus.is_down = True
        with pytest.raises(EventsNotPublished):
            schedule.work_once()
        assert schedule.imports.progress()["status"] == "running"

        schedule.system.bus.is_down = False
        schedule.clock.sleep(600)
        schedule.imports.resume()
        for _ in rounds_while(lambda: schedule.woken):
            schedule.work_once()
        assert [detail["type"] for detail in schedule.system.bus.details] == ["ImportFinished"]
        assert schedule.imports.progress()["status"] == "done"

    def test_an_import_out_of_time_resumes_at_its_checkpoint(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "PAGE_SIZE", 10)
        ids = rentals(buildium, 60)
        schedule.begin_import("property")
        slices = 0
        for _ in rounds_while(lambda: schedule.woken):
            schedule.work_once(seconds=10.5)
            slices += 1

        assert slices > 1
        done = schedule.imports.current().types["property"]
        assert (done.total, done.done, done.state) == (60, 60, JobStatus.DONE)
        assert {kept.sync.buildium_id for kept in schedule.kept("property")} == set(ids)
        assert len(buildium.requests()) < 20

    def test_a_slice_starts_only_pages_that_it_can_finish(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "PAGE_SIZE", 10)
        monkeypatch.setattr(time_budget, "BATCH_SIZE", 5)
        apply = schedule.bringing.apply

        def slow(part: RemoteBatch) -> list[ApplyResult]:
            schedule.clock.sleep(1.0)
            return apply(part)

        monkeypatch.setattr(schedule.bringing, "apply", slow)
        rentals(buildium, 55)
        schedule.begin_import("property")
        for _ in rounds_while(lambda: schedule.woken):
            # Besides the time reserved for writing, enough for two pages and a bit.
            schedule.work_once(seconds=time_budget.SAVE_MARGIN_SECONDS + 4.5)

        assert schedule.imports.current().types["property"].done == 55
        assert len(buildium.requests()) == 6, "one for each page, and none of them twice"

    def test_an_import_out_of_time_resumes_within_its_page(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time_budget, "BATCH_SIZE", 5)
        apply = schedule.bringing.apply
        seen: list[int] = []

        def slow(part: RemoteBatch) -> list[ApplyResult]:
            schedule.clock.sleep(1.0)
            seen.extend(message["Id"] for message in part.payloads)
            return apply(part)

        monkeypatch.setattr(schedule.bringing, "apply", slow)
        ids = rentals(buildium, 30)
        schedule.begin_import("property")
        for _ in rounds_while(lambda: schedule.woken):
            schedule.work_once(seconds=12.5)

        assert seen == ids
        assert schedule.imports.current().types["property"].done == 30

    def test_the_schedule_resumes_an_import_whose_worker_was_killed(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rentals(buildium, 5)
        schedule.begin_import("property")
        with monkeypatch.context() as patch:
            patch.setattr(schedule.bringing, "apply", _killed)
            with pytest.raises(KeyboardInterrupt):
                schedule.work_once()
        assert schedule.woken == []

        schedule.clock.sleep(200)
        schedule.imports.resume()
        for _ in rounds_while(lambda: schedule.woken):
            schedule.work_once()
        assert len(schedule.kept("property")) == 5
        schedule.imports.resume()
        assert schedule.woken == []

    def test_a_waiting_import_has_one_message_at_a_time(self, schedule: Schedule, buildium: Simulator) -> None:
        buildium.fault("status", method="GET", path="/rentals", status=503, times=None)
        schedule.begin_import("property")
        for _ in range(30):
            schedule.imports.resume()
            assert len(schedule.woken) == 1
            schedule.work_once()

    def test_a_second_message_during_a_slice_does_nothing(self, schedule: Schedule, buildium: Simulator) -> None:
        rentals(buildium, 5)
        schedule.begin_import("property")
        schedule.enqueue(JOB)

        def second(exchange: Exchange) -> None:
            buildium.observer = None
            calls = len(buildium.requests())
            schedule.work_once()
            assert len(buildium.requests()) == calls

        buildium.observer = second
        schedule.work_once()
        assert (len(schedule.kept("property")), schedule.woken) == (5, [])


class TestMatching:
    def test_an_entity_on_both_sides_is_linked_and_not_duplicated(
        self, switched_off: Schedule, buildium: Simulator
    ) -> None:
        kept = switched_off.system.create("property", PROPERTY)
        rental = buildium.create("rentals", {**THEIRS, "StructureDescription": "Brick"})
        imported = switched_off.import_all("property")

        record = switched_off.system.sync_of(kept)
        assert (record.buildium_id, record.status) == (rental["Id"], Status.PENDING)
        assert len(switched_off.kept("property")) == 1
        assert imported.types["property"].done == 1

    def test_a_sync_merges_both_sides_of_a_linked_match(self, schedule: Schedule, buildium: Simulator) -> None:
        buildium.fault("status", method="POST", path="/rentals", status=422)
        kept = schedule.system.create("property", {**PROPERTY, "yearBuilt": 1999})
        schedule.system.work()
        rental = buildium.create("rentals", {**THEIRS, "StructureDescription": "Brick"})
        schedule.import_all("property")
        schedule.system.work()

        assert schedule.system.sync_of(kept).status is Status.SYNCED
        theirs = buildium.get("rentals", rental["Id"])
        assert (theirs["YearBuilt"], theirs["StructureDescription"]) == (1999, "Brick")
        assert schedule.system.fields_of(kept)["structureDescription"] == "Brick"
        assert len(buildium.state()["rentals"]) == 1

    @pytest.mark.parametrize("entity_type", listed_types(), ids=lambda each: each.name)
    def test_every_type_has_exact_match_fields(self, entity_type: EntityType) -> None:
        assert entity_type.exact_match_fields, "without them every entity is compared with every other"


class TestReview:
    def test_two_buildium_matches_of_one_entity_need_a_review(
        self, switched_off: Schedule, buildium: Simulator
    ) -> None:
        kept = switched_off.system.create("property", PROPERTY)
        ids = [buildium.create("rentals", THEIRS)["Id"] for _ in range(2)]
        other = buildium.create("rentals", {**THEIRS, "Name": "Other"})["Id"]
        imported = switched_off.import_all("property").types["property"]

        record = switched_off.system.sync_of(kept)
        assert (record.status, record.candidates) == (Status.NEEDS_REVIEW, ids)
        assert [each["buildiumId"] for each in record.candidate_details] == ids
        assert {each["fields"]["addressLine1"] for each in record.candidate_details} == {"123 MAIN ST"}
        assert (imported.total, imported.done, imported.needs_review) == (3, 3, 1)
        assert {each.sync.buildium_id for each in switched_off.kept("property")} == {None, other}

    def test_two_local_matches_of_one_buildium_entity_need_reviews(
        self, switched_off: Schedule, buildium: Simulator
    ) -> None:
        kept = [switched_off.system.create("property", PROPERTY) for _ in range(2)]
        rental = buildium.create("rentals", THEIRS)["Id"]
        switched_off.import_all("property")

        for each in kept:
            record = switched_off.system.sync_of(each)
            assert (record.status, record.candidates, record.buildium_id) == (Status.NEEDS_REVIEW, [rental], None)
            assert [each["fields"]["name"] for each in record.candidate_details] == [PROPERTY["name"]]

    def test_a_match_stored_without_details_is_put_to_review(self, switched_off: Schedule, buildium: Simulator) -> None:
        kept = switched_off.system.create("property", PROPERTY)
        found = switched_off._importer._matcher.resolve(
            by_name("property"), [CandidateMatch(kept.entity.ref.entity_id, 1), CandidateMatch("x", 1)]
        )
        assert found is not None

        record = switched_off.system.sync_of(kept)
        assert (found.reviews, record.status, record.candidates) == (1, Status.NEEDS_REVIEW, [1])
        assert record.candidate_details == []

    def test_an_import_and_a_poll_ignore_entities_under_review(
        self, switched_off: Schedule, buildium: Simulator
    ) -> None:
        kept = switched_off.system.create(
            "bank-account", {"name": "Rent", "bankAccountType": "Checking", "country": "US"}
        )
        message = {"Name": "Rent", "BankAccountType": "Checking", "Country": "UnitedStates"}
        ids = [buildium.create("bankaccounts", message)["Id"] for _ in range(2)]
        switched_off.import_all("bank-account")
        seen = writes(switched_off)
        again = switched_off.import_all("bank-account").types["bank-account"]
        switched_off.poll_later()
        buildium.edit("bankaccounts", ids[0], {"Description": "Edited"})
        switched_off.system.inbound.process_event(
            switched_off.system.event("BankAccount.Updated", "BankAccountId", ids[0])
        )
        switched_off.poll_later()

        assert switched_off.system.sync_of(kept).candidates == ids
        assert again.failed == 0
        assert seen == []
        assert not {each.sync.buildium_id for each in switched_off.kept("bank-account")} & set(ids)

    def test_a_candidate_under_review_is_not_linked_to_another_entity(
        self, switched_off: Schedule, buildium: Simulator
    ) -> None:
        first = [switched_off.system.create("property", PROPERTY) for _ in range(2)]
        buildium.create("rentals", THEIRS)
        switched_off.import_all("property")
        later = switched_off.system.create("property", PROPERTY)
        switched_off.import_all("property")

        assert [switched_off.system.sync_of(each).buildium_id for each in [*first, later]] == [None] * 3

    def test_a_review_links_the_chosen_candidate(self, schedule: Schedule, buildium: Simulator) -> None:
        kept, [first, second] = entity_with_two_candidates(schedule, buildium)
        decided = schedule.review.decide(kept.entity.ref, second)
        assert (decided.status, decided.buildium_id, decided.candidates) == (Status.PENDING, second, [])
        schedule.system.work()

        assert schedule.system.sync_of(kept).status is Status.SYNCED
        assert schedule.review.decide(kept.entity.ref, second).buildium_id == second
        assert schedule.system.store.intents("property") == []
        schedule.import_all("property")
        assert {each.sync.buildium_id for each in schedule.kept("property")} == {first, second}
        assert len(buildium.state()["rentals"]) == 2

    def test_a_review_that_chooses_none_creates_a_new_entity(self, schedule: Schedule, buildium: Simulator) -> None:
        kept, ids = entity_with_two_candidates(schedule, buildium)
        schedule.review.decide(kept.entity.ref, None)
        buildium.clear_requests()
        schedule.system.work()

        record = schedule.system.sync_of(kept)
        assert (record.status, len(buildium.state()["rentals"])) == (Status.SYNCED, 3)
        assert record.buildium_id not in ids
        assert not [x for x in buildium.requests() if x.method == "GET" and x.path == "/v1/rentals"]

    def test_a_retry_during_a_review_creates_nothing(self, schedule: Schedule, buildium: Simulator) -> None:
        kept, ids = entity_with_two_candidates(schedule, buildium)
        schedule.system.retry.retry_one(kept.entity.ref)
        schedule.system.work()

        record = schedule.system.sync_of(kept)
        assert (record.status, sorted(record.candidates)) == (Status.NEEDS_REVIEW, ids)
        assert len(buildium.state()["rentals"]) == 2

    def test_an_impossible_review_decision_is_rejected(self, schedule: Schedule, buildium: Simulator) -> None:
        kept, [first, second] = entity_with_two_candidates(schedule, buildium)
        ref = kept.entity.ref
        with pytest.raises(InvalidFields):
            schedule.review.decide(ref, 999_999)
        with pytest.raises(NotFound):
            schedule.review.decide(EntityRef("property", "unknown"), first)
        with pytest.raises(NotFound):
            schedule.review.decide(EntityRef("castle", "1"), first)

        other = schedule.system.create("property", {**PROPERTY, "name": "Other"})
        with pytest.raises(ReviewNotPending):
            schedule.review.decide(other.entity.ref, first)
        changes = schedule.system.store.writes
        schedule.system.store.write(changes.put_link(other.entity.ref, first))
        with pytest.raises(ReviewNotPending, match="another"):
            schedule.review.decide(ref, first)
        assert schedule.system.sync_of(kept).status is Status.NEEDS_REVIEW

        deleted = kept.entity._replace(version=2, deleted_at=format_iso(schedule.clock()))
        record = schedule.system.sync_of(kept)
        advanced = replace(record, revision=record.revision + 1, version=2)
        schedule.system.store.write(changes.put_entity(deleted), changes.put_sync(advanced))
        with pytest.raises(EntityDeleted):
            schedule.review.decide(ref, second)


class TestFailures:
    def test_an_unreadable_entity_fails_alone_and_is_reported(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entity_type = by_name("property")
        read = type(entity_type).from_buildium

        def from_buildium(self: Any, message: dict[str, Any], links: Any) -> dict[str, Any]:
            if message["Name"] == "R1":
                raise KeyError("a name that must not be logged")
            return read(self, message, links)

        monkeypatch.setattr(type(entity_type), "from_buildium", from_buildium)
        ids = rentals(buildium, 3)
        imported = schedule.import_all("property")

        done = imported.types["property"]
        assert (done.done, done.failed, done.state) == (2, 1, JobStatus.DONE)
        assert imported.errors == [{"entityType": "property", "buildiumId": ids[1], "error": "KeyError"}]

    def test_a_forbidden_type_stops_no_other_type(self, schedule: Schedule, buildium: Simulator) -> None:
        account(buildium)
        buildium.fault("status", method="GET", path="/rentals/units", status=403, times=None)
        imported = schedule.import_all()

        states = {name: each.state for name, each in imported.types.items()}
        assert states.pop("unit") is JobStatus.FAILED
        assert set(states.values()) == {JobStatus.DONE}
        assert (imported.status, imported.errors[-1]["entityType"]) == (JobStatus.DONE, "unit")

    def test_a_type_that_cannot_be_listed_fails_alone(self, schedule: Schedule, buildium: Simulator) -> None:
        account(buildium)
        buildium.fault("status", method="GET", path="/rentals/owners", status=500, times=None)
        imported = schedule.import_all("property", "owner", "vendor")

        assert imported.status is JobStatus.DONE
        states = {name: each.state for name, each in imported.types.items()}
        assert states == {"property": JobStatus.DONE, "owner": JobStatus.FAILED, "vendor": JobStatus.DONE}
        [error] = imported.errors
        assert (error["entityType"], "500" in error["error"]) == ("owner", True)

        buildium.clear_faults()
        assert schedule.import_all("owner").types["owner"].done == 1

    def test_a_type_is_imported_after_a_few_failed_lists(self, schedule: Schedule, buildium: Simulator) -> None:
        rentals(buildium, 1)
        buildium.fault("status", method="GET", path="/rentals", status=500, times=4)

        assert schedule.import_all("property").types["property"].done == 1


class TestOutagesAndLeases:
    def test_progress_reports_an_outage_while_it_lasts(self, schedule: Schedule, buildium: Simulator) -> None:
        rentals(buildium, 1)
        buildium.fault("status", method="GET", path="/rentals", status=503, times=20)
        schedule.begin_import("property")
        for _ in range(10):
            schedule.work_once()
        assert "503" in str(schedule.imports.progress()["pausedReason"])

        for _ in rounds_while(lambda: schedule.woken):
            schedule.work_once()
        assert (schedule.imports.progress()["pausedReason"], schedule.imports.current().status) == (
            None,
            JobStatus.DONE,
        )

    def test_an_import_waits_for_an_outage_to_end(self, schedule: Schedule, buildium: Simulator) -> None:
        rentals(buildium, 3)
        buildium.fault("status", method="GET", status=503, times=3)
        imported = schedule.import_all("property")

        assert (imported.types["property"].done, imported.status) == (3, JobStatus.DONE)

    def test_an_import_waits_for_an_entity_under_a_lease(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = schedule.system.create("property", PROPERTY)
        schedule.system.work()
        schedule.clock.sleep(60)
        buildium.edit("rentals", schedule.system.sync_of(kept).buildium_id or 0, {"StructureDescription": "Brick"})
        record = schedule.system.sync_of(kept)
        leased = replace(record, revision=record.revision + 1, lease_until=schedule.clock() + 4)
        schedule.system.store.write(schedule.system.store.writes.put_sync(leased))
        imported = schedule.import_all("property")

        assert schedule.system.fields_of(kept)["structureDescription"] == "Brick"
        assert (imported.types["property"].total, imported.types["property"].done) == (1, 1)


class TestEventsAndPollDuringImport:
    def test_an_import_creates_an_auto_created_unit_locally(self, schedule: Schedule, buildium: Simulator) -> None:
        schedule.system.create("property", PROPERTY)
        schedule.system.work()
        schedule.import_all()

        [unit] = schedule.kept("unit")
        assert unit.sync.buildium_id == buildium.state()["units"][0]["Id"]

    def test_a_type_is_not_polled_while_it_is_imported(self, switched_off: Schedule, buildium: Simulator) -> None:
        kept = switched_off.system.create("property", PROPERTY)
        switched_off.begin_import("property")
        rental = buildium.create("rentals", THEIRS)["Id"]
        switched_off.poll()
        assert [each.entity.ref for each in switched_off.kept("property")] == [kept.entity.ref]

        switched_off.work_once()
        assert switched_off.system.sync_of(kept).buildium_id == rental

    def test_an_event_waits_while_its_type_is_imported(self, switched_off: Schedule, buildium: Simulator) -> None:
        kept = switched_off.system.create("property", PROPERTY)
        rental = buildium.create("rentals", THEIRS)["Id"]
        event = switched_off.system.event("Rental.Updated", "PropertyId", rental)
        switched_off.begin_import("property")
        outcome = switched_off.system.during("/v1/rentals", lambda: switched_off.system.inbound.process_event(event))
        switched_off.work_once()

        assert isinstance(outcome[0], RetryLater)
        assert switched_off.of("property", rental).entity.ref == kept.entity.ref
        assert switched_off.system.inbound.process_event(event) is EventStatus.PROCESSED
        assert len(switched_off.kept("property")) == 1

    def test_a_poll_creates_nothing_once_an_import_has_started(self, schedule: Schedule, buildium: Simulator) -> None:
        rental = buildium.create("rentals", THEIRS)["Id"]
        schedule.system.during("/v1/rentals", lambda: schedule.begin_import("property"))
        schedule.poll()
        assert schedule.kept("property") == []

        schedule.work_once()
        schedule.poll_later()
        assert [each.sync.buildium_id for each in schedule.kept("property")] == [rental]

    def test_an_event_of_another_type_is_applied_during_an_import(
        self, switched_off: Schedule, buildium: Simulator
    ) -> None:
        rental = buildium.create("rentals", THEIRS)["Id"]
        switched_off.begin_import("vendor")
        switched_off.system.inbound.process_event(switched_off.system.event("Rental.Created", "PropertyId", rental))

        assert [each.sync.buildium_id for each in switched_off.kept("property")] == [rental]
