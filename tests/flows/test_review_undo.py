"""The decision of a review can be undone, and no Buildium entity is lost or duplicated by it."""

from typing import Any

import pytest

from buildium_sync.api.review_service import ReviewService
from buildium_sync.api.review_undo import ReviewUndo
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import NotFound, ReviewNotPending
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, System
from tests.flows.test_import import THEIRS
from tests.simulator import Simulator

BY = "the-key"


class Reviewed:
    """A property in review, with two candidates in Buildium."""

    def __init__(self, schedule: Schedule, buildium: Simulator) -> None:
        self.schedule, self.buildium = schedule, buildium
        buildium.fault("status", method="POST", path="/rentals", status=422)
        self.kept: StoredEntity = schedule.system.create("property", PROPERTY)
        schedule.system.work()
        self.candidates = [buildium.create("rentals", {**THEIRS, "YearBuilt": year})["Id"] for year in (1950, 1960)]
        schedule.import_all("property")
        self.ref: EntityRef = self.kept.entity.ref
        assert self.sync.status is Status.NEEDS_REVIEW

    @property
    def review(self) -> ReviewService:
        return self.schedule.review

    @property
    def undo(self) -> ReviewUndo:
        return self.schedule.system.api.review_undo

    @property
    def sync(self) -> Any:
        return self.schedule.system.sync_of(self.kept)

    def decide(self, buildium_id: int | None) -> None:
        """Decide and sync."""
        self.review.decide(self.ref, buildium_id, BY)
        self.schedule.system.work()
        self.schedule.clock.sleep(60)
        assert self.sync.status is Status.SYNCED

    def linked(self) -> dict[int | None, str]:
        """The local id of each Buildium id."""
        return {each.sync.buildium_id: each.entity.ref.entity_id for each in self.schedule.kept("property")}

    def count(self) -> int:
        return len(self.buildium.state()["rentals"])


@pytest.fixture
def reviewed(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Reviewed:
    return Reviewed(Schedule(system, monkeypatch), buildium)


class TestUndo:
    def test_an_undone_link_needs_the_same_review_again(self, reviewed: Reviewed) -> None:
        details = reviewed.sync.candidate_details
        wrong, right = reviewed.candidates
        reviewed.decide(wrong)
        sync = reviewed.undo.undo(reviewed.ref, BY)

        assert (sync.status, sync.buildium_id, sync.base, sync.candidates) == (
            Status.NEEDS_REVIEW,
            None,
            None,
            reviewed.candidates,
        )
        assert [each["buildiumId"] for each in sync.candidate_details] == [each["buildiumId"] for each in details]
        assert reviewed.linked() == {None: reviewed.ref.entity_id}
        reviewed.decide(right)
        assert (reviewed.sync.buildium_id, reviewed.count()) == (right, 2)

    def test_the_candidates_of_an_undone_review_are_not_imported(self, reviewed: Reviewed) -> None:
        reviewed.decide(reviewed.candidates[0])
        reviewed.undo.undo(reviewed.ref, BY)
        reviewed.schedule.poll_later()
        reviewed.schedule.import_all("property")

        assert len(reviewed.schedule.kept("property")) == 1

    def test_a_candidate_that_became_a_local_entity_is_left_out(self, reviewed: Reviewed) -> None:
        first, second = reviewed.candidates
        reviewed.decide(first)
        reviewed.schedule.import_all("property")
        assert second in reviewed.linked()

        assert reviewed.undo.undo(reviewed.ref, BY).candidates == [first]

    def test_the_entity_of_an_undone_create_becomes_a_candidate(self, reviewed: Reviewed) -> None:
        reviewed.decide(None)
        made = reviewed.sync.buildium_id
        assert made not in reviewed.candidates
        sync = reviewed.undo.undo(reviewed.ref, BY)
        assert set(sync.candidates) == {*reviewed.candidates, made}
        assert all(each["fields"] for each in sync.candidate_details)

        reviewed.decide(made)
        assert (reviewed.sync.buildium_id, reviewed.count()) == (made, 3)

    def test_an_attempt_after_an_undo_links_and_creates_nothing(self, reviewed: Reviewed) -> None:
        reviewed.decide(reviewed.candidates[0])
        reviewed.undo.undo(reviewed.ref, BY)
        reviewed.schedule.system.update(reviewed.kept, {"name": "Renamed"})
        reviewed.schedule.system.work()

        assert (reviewed.sync.status, reviewed.sync.buildium_id) == (Status.NEEDS_REVIEW, None)
        assert reviewed.count() == 2

    def test_an_undone_decision_cannot_be_undone_twice(self, reviewed: Reviewed) -> None:
        reviewed.decide(reviewed.candidates[0])
        first = reviewed.undo.undo(reviewed.ref, BY)

        assert reviewed.undo.undo(reviewed.ref, BY) == first


class TestUnsafeUndo:
    def rejected(self, reviewed: Reviewed) -> str:
        before = reviewed.sync
        with pytest.raises(ReviewNotPending) as raised:
            reviewed.undo.undo(reviewed.ref, BY)
        assert reviewed.sync == before
        return raised.value.detail

    def test_an_entity_without_a_decision_cannot_be_undone(self, reviewed: Reviewed) -> None:
        kept = reviewed.schedule.system.create("property", {**PROPERTY, "name": "Other"})

        with pytest.raises(ReviewNotPending):
            reviewed.undo.undo(kept.entity.ref, BY)
        with pytest.raises(NotFound):
            reviewed.undo.undo(EntityRef("property", "unknown"), BY)

    def test_a_running_sync_blocks_the_undo(self, reviewed: Reviewed) -> None:
        reviewed.decide(reviewed.candidates[0])
        system = reviewed.schedule.system
        now = system.clock()
        system.store.write(system.store.writes.put_sync(reviewed.sync.leased("worker", now, now + 100)))

        assert "being synced" in self.rejected(reviewed)

    def test_only_the_named_decision_is_undone(self, reviewed: Reviewed) -> None:
        reviewed.decide(reviewed.candidates[0])
        shown = reviewed.sync.decided_at
        reviewed.undo.undo(reviewed.ref, BY, shown)
        reviewed.schedule.clock.sleep(1)
        reviewed.decide(reviewed.candidates[1])

        with pytest.raises(ReviewNotPending, match="was replaced"):
            reviewed.undo.undo(reviewed.ref, BY, shown)
        assert reviewed.sync.buildium_id == reviewed.candidates[1]

    def test_an_unknown_create_blocks_the_undo(self, reviewed: Reviewed) -> None:
        reviewed.review.decide(reviewed.ref, None, BY)
        reviewed.buildium.fault("error_after", method="POST", path="/rentals")
        reviewed.schedule.system.work_once()
        reviewed.schedule.clock.sleep(1)

        assert "not known yet" in self.rejected(reviewed)

    def test_entities_below_the_linked_one_block_the_undo(self, reviewed: Reviewed) -> None:
        system = reviewed.schedule.system
        reviewed.decide(reviewed.candidates[0])
        address = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
        unit = system.create("unit", {"propertyId": reviewed.ref.entity_id, "unitNumber": "2B", **address})
        system.rebuild_lookups("unit")
        review = system.api.review_details.read(reviewed.ref)
        assert review["decision"]["undoObstacle"] is None, "Buildium does not have the unit yet"
        system.work()
        assert system.sync_of(unit).buildium_id, system.sync_of(unit)

        assert f"unit {unit.entity.ref.entity_id}" in self.rejected(reviewed)

    def test_a_deleted_entity_is_not_undone(self, reviewed: Reviewed) -> None:
        reviewed.decide(reviewed.candidates[0])
        reviewed.schedule.reconcile.repair_worker(reviewed.schedule.time_left)._tools.inbound.mark_deleted(
            reviewed.kept.entity_type, reviewed.ref
        )

        assert "deleted" in self.rejected(reviewed)


class TestDetails:
    def test_a_review_shows_names_addresses_and_winning_values(self, reviewed: Reviewed) -> None:
        review = reviewed.schedule.system.api.review_details.read(reviewed.ref)

        assert (review["name"], [each["buildiumId"] for each in review["candidates"]]) == (
            PROPERTY["name"],
            reviewed.candidates,
        )
        assert all("MAIN ST" in each["address"].upper() for each in [review, *review["candidates"]])
        fields = {each["field"]: each for each in review["candidates"][0]["fields"]}
        assert fields["yearBuilt"] == {
            "field": "yearBuilt",
            "local": None,
            "buildium": 1950,
            "differs": True,
            "winner": "buildium",
        }
        assert (fields["name"]["differs"], fields["name"]["winner"]) == (False, None)

    def test_the_winning_values_are_those_of_the_sync(self, reviewed: Reviewed) -> None:
        chosen = reviewed.candidates[1]
        review = reviewed.schedule.system.api.review_details.read(reviewed.ref)
        fields = review["candidates"][1]["fields"]
        expected = {each["field"]: each[each["winner"] or "local"] for each in fields}
        reviewed.decide(chosen)

        stored = reviewed.schedule.system.fields_of(reviewed.kept)
        assert {name: stored[name] for name in expected} == expected

    def test_decisions_are_listed_with_what_blocks_their_undo(self, reviewed: Reviewed) -> None:
        reviewed.decide(reviewed.candidates[0])
        [decision] = reviewed.schedule.system.api.review_details.decisions(limit=10, cursor=None)["items"]

        assert (decision["chosenId"], decision["decidedBy"], decision["undoObstacle"]) == (
            reviewed.candidates[0],
            BY,
            None,
        )
        reviewed.undo.undo(reviewed.ref, BY)
        assert reviewed.schedule.system.api.review_details.decisions(limit=10, cursor=None)["items"] == []
