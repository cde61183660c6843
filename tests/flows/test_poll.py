"""The poll, end to end in one process, without any webhook."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from buildium_sync.buildium import client as client_module
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.buildium.responses import BuildiumResponse
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.bank_account import BankAccount
from buildium_sync.entity_types.property import Property
from buildium_sync.errors import BuildiumSyncError
from buildium_sync.inbound.batch_applier import ApplyResult, RemoteBatch
from buildium_sync.reconcile import poll_state
from buildium_sync.reconcile.jobs import time_budget
from buildium_sync.store.jobs import Job, JobStore
from buildium_sync.store.webhook_rejections import RejectionStore
from buildium_sync.webhooks.rejection_monitor import RejectionCounter
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.flows.schedule import EVERY, NAMES, TIME, Schedule
from tests.flows.system import PROPERTY, System
from tests.harness.rounds import rounds_while
from tests.simulator import Exchange, Simulator

ADDRESS = {"AddressLine1": "1 A St", "City": "Reno", "State": "NV", "PostalCode": "89501", "Country": "UnitedStates"}
LATER = 1e12
"""Seconds since the epoch, later than every test."""
PERSON = {"FirstName": "Ann", "LastName": "Lee"}


@pytest.fixture
def schedule(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PAGE_SIZE", 10)


@pytest.fixture
def started(schedule: Schedule) -> Schedule:
    """A schedule after its first complete poll."""
    schedule.poll()
    schedule.clock.sleep(poll_state.INITIAL_LOOKBACK_SECONDS)
    schedule.poll_later()
    return schedule


def account(buildium: Simulator) -> dict[str, int]:
    """Create one entity of every type in Buildium, and return their ids."""
    rental = buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})["Id"]
    unit = buildium.create("units", {"PropertyId": rental, "UnitNumber": "9", "Address": ADDRESS})["Id"]
    vendor = buildium.create("vendors", {**PERSON, "Address": ADDRESS})["Id"]
    task = buildium.create("tasks", {"Title": "Fix", "Property": {"Id": rental, "Type": "Rental", "Href": None}})["Id"]
    tenant = buildium.create("tenants", {**PERSON, "Address": ADDRESS})["Id"]
    lease = buildium.create("leases", {"UnitId": unit, "Tenants": [{"Id": tenant}]})["Id"]
    return {
        "bank-account": buildium.create("bankaccounts", {"Name": "Reserve"})["Id"],
        "property": rental,
        "unit": unit,
        "owner": buildium.create("owners", {**PERSON, "Address": ADDRESS, "PropertyIds": [rental]})["Id"],
        "vendor": vendor,
        "task": task,
        "work-order": buildium.create("workorders", {"VendorId": vendor, "Task": {"Id": task}})["Id"],
        "bill": buildium.create("bills", {"VendorId": vendor})["Id"],
        "lease": lease,
        "tenant": tenant,
    }


EDITS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "bank-account": ({"Name": "Edited"}, "name", "Edited"),
    "property": ({"Name": "Edited"}, "name", "Edited"),
    "unit": ({"Description": "Edited"}, "description", "Edited"),
    "owner": ({"Comment": "Edited"}, "comment", "Edited"),
    "vendor": ({"Comments": "Edited"}, "comments", "Edited"),
    "task": ({"Title": "Edited"}, "title", "Edited"),
    "work-order": ({"WorkDetails": "Edited"}, "workDetails", "Edited"),
    "bill": ({"Memo": "Edited"}, "memo", "Edited"),
    "lease": ({"LeaseToDate": "2027-05-31", "LeaseType": "Fixed"}, "leaseToDate", "2027-05-31"),
    "tenant": ({"Comment": "Edited"}, "comment", "Edited"),
}


def note_gap(schedule: Schedule) -> str:
    """Record that webhook events are missing since a day ago, and return that time."""
    gap = format_iso(schedule.clock() - 86_400)
    schedule.system.dynamodb.put_item(TableName=CONTROL, Item={"pk": {"S": "webhooks"}, "rewindTo": {"S": gap}})
    return gap


def reject_one_and_take_one(schedule: Schedule) -> None:
    """Record an unsigned webhook request and then a signed one, as the webhook function does."""
    count = RejectionCounter(lambda: RejectionStore(schedule.system.dynamodb, CONTROL), schedule.clock)
    count.record_rejection()
    count.record_acceptance()


def poison(patch: pytest.MonkeyPatch, kind: type[EntityType] = Property, name: str = "poison") -> None:
    """Make every entity of a type with this name unreadable."""
    read = kind.from_buildium

    def from_buildium(self: EntityType, message: dict[str, Any], links: Any) -> dict[str, Any]:
        if message["Name"] == name:
            raise KeyError(name)
        return read(self, message, links)

    patch.setattr(kind, "from_buildium", from_buildium)


def query(exchange: Exchange) -> dict[str, list[str]]:
    return parse_qs(exchange.query)


def since(exchange: Exchange) -> float:
    return datetime.fromisoformat(query(exchange)["lastupdatedfrom"][0]).timestamp()


class TestChangesFound:
    def test_a_poll_creates_missed_entities_locally_once(self, started: Schedule, buildium: Simulator) -> None:
        ids = account(buildium)
        for _ in range(3):
            started.poll_later()

        for name, buildium_id in ids.items():
            kept = started.of(name, buildium_id)
            assert (kept.entity.origin, kept.sync.status) == (Origin.BUILDIUM, Status.SYNCED)
        assert (
            started.of("lease", ids["lease"]).entity.fields["unitId"]
            == started.of("unit", ids["unit"]).entity.ref.entity_id
        )

    @pytest.mark.parametrize("name", sorted(NAMES.keys() - {"lease-transaction"}))
    def test_a_poll_applies_an_edit_whose_webhook_was_lost(
        self, name: str, started: Schedule, buildium: Simulator
    ) -> None:
        buildium_id = account(buildium)[name]
        started.poll_later()
        started.clock.sleep(3 * 86_400)
        message, field, value = EDITS[name]
        buildium.edit(NAMES[name], buildium_id, message)
        started.poll_later()

        kept = started.of(name, buildium_id)
        assert (kept.entity.fields[field], kept.entity.version, kept.sync.is_synced) == (value, 2, True)

    def test_a_poll_without_changes_writes_nothing_and_reads_batches(
        self, started: Schedule, buildium: Simulator
    ) -> None:
        account(buildium)
        started.poll_later()
        calls: list[str] = []
        started.system.dynamodb.meta.events.register(
            "before-call.dynamodb.*", lambda model, params, **_: calls.append(f"{model.name} {params['body']}")
        )
        started.poll_later()

        made = [call.split()[0] for call in calls if "EntitiesTable" in call]
        assert set(made) == {"BatchGetItem", "Query"}
        # The count includes the bank account that existed before the first poll.
        assert made.count("Query") == 1

    def test_an_inbound_change_is_not_sent_back(self, started: Schedule, buildium: Simulator) -> None:
        ids = account(buildium)
        started.poll_later()
        buildium.edit("rentals", ids["property"], {"Name": "Edited"})
        started.poll_later()
        started.system.work()

        assert started.system.calls("PUT") + started.system.calls("POST") == 0

    def test_a_poll_finds_unpaid_bills_and_updates_paid_ones(self, started: Schedule, buildium: Simulator) -> None:
        vendor = buildium.create("vendors", PERSON)["Id"]
        bill = buildium.create("bills", {"VendorId": vendor})["Id"]
        started.poll_later()
        assert started.of("bill", bill).entity.fields["paidDate"] is None
        started.clock.sleep(60)
        buildium.edit("bills", bill, {"PaidDate": "2026-02-01"})
        started.poll_later()

        assert started.of("bill", bill).entity.fields["paidDate"] == "2026-02-01"


class TestSchedule:
    def test_a_type_is_polled_at_its_interval(self, started: Schedule, buildium: Simulator) -> None:
        buildium.clear_requests()
        started.clock.sleep(EVERY / 2)
        started.poll()
        assert buildium.requests() == []

        started.clock.sleep(EVERY)
        started.poll()
        assert {exchange.path for exchange in buildium.requests()} >= {"/v1/rentals", "/v1/bills", "/v1/tasks"}

    def test_the_first_poll_covers_an_hour_and_later_polls_overlap(
        self, schedule: Schedule, buildium: Simulator
    ) -> None:
        first = schedule.clock()
        schedule.poll()
        began = schedule.polled("property").cursor + poll_state.OVERLAP_SECONDS
        schedule.poll_later()

        asked = [since(exchange) for exchange in buildium.requests() if exchange.path == "/v1/rentals"]
        assert asked == pytest.approx(
            [first - poll_state.INITIAL_LOOKBACK_SECONDS, began - poll_state.OVERLAP_SECONDS], abs=1
        )

    def test_types_listed_by_day_are_polled_from_the_day_before(self, schedule: Schedule, buildium: Simulator) -> None:
        at = datetime.fromtimestamp(schedule.clock() - poll_state.INITIAL_LOOKBACK_SECONDS, UTC)
        schedule.poll()

        [asked] = [query(x)["lastupdatedfrom"] for x in buildium.requests() if x.path == "/v1/tasks"]
        assert asked == [f"{at - timedelta(days=1):%Y-%m-%d}"]

    def test_concurrent_runs_do_not_poll_the_same_type(self, started: Schedule, buildium: Simulator) -> None:
        started.clock.sleep(EVERY)
        job = started.jobs.acquire("poll-property", now=started.clock(), until=started.clock() + TIME)
        assert job is not None
        buildium.clear_requests()
        started.poll()

        assert "/v1/rentals" not in {exchange.path for exchange in buildium.requests()}
        assert "/v1/rentals/owners" in {exchange.path for exchange in buildium.requests()}

    def test_the_lease_of_a_killed_poll_expires(self, started: Schedule, buildium: Simulator) -> None:
        started.jobs.acquire("poll-property", now=started.clock(), until=started.clock() + TIME)
        buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})
        started.poll_later()

        assert len(started.kept("property")) == 1

    def test_a_poll_of_one_page_saves_its_state_once(self, started: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
        def again(_jobs: JobStore, job: Job, _state: object) -> None:
            # There are two lists of bills.
            assert job.name == "poll-bill"

        monkeypatch.setattr(JobStore, "save", again)
        started.poll_later()
        assert all(not started.polled(name).began for name in NAMES)


class TestLists:
    def test_an_entity_that_is_listed_late_is_not_missed(self, started: Schedule, buildium: Simulator) -> None:
        started.clock.sleep(EVERY - 30)
        buildium.create("rentals", {"Name": "Late", "Address": ADDRESS})
        buildium.entities.state.all("rentals")[-1].visible_from = started.clock() + 60
        started.clock.sleep(30)
        started.poll()
        assert started.kept("property") == []

        started.poll_later()
        assert len(started.kept("property")) == 1

    def test_no_entity_is_missed_when_pages_shift_during_a_poll(
        self, small_pages: None, started: Schedule, buildium: Simulator
    ) -> None:
        ids = [buildium.create("rentals", {"Name": f"R{n}", "Address": ADDRESS})["Id"] for n in range(45)]
        gone = iter([ids[0:9], ids[9:20], [], ids[20:24]])

        def shift(exchange: Exchange) -> None:
            if exchange.path == "/v1/rentals":
                for buildium_id in next(gone, []):
                    buildium.delete("rentals", buildium_id)

        buildium.observer = shift
        started.poll_later()

        have = {kept.sync.buildium_id for kept in started.kept("property")}
        assert have >= set(ids[24:])

    def test_a_shrinking_list_is_read_to_its_end(
        self, small_pages: None, started: Schedule, buildium: Simulator
    ) -> None:
        ids = [buildium.create("rentals", {"Name": f"R{n}", "Address": ADDRESS})["Id"] for n in range(15)]

        def shrink(exchange: Exchange) -> None:
            if exchange.path == "/v1/rentals":
                buildium.observer = None
                for buildium_id in ids[:10]:
                    buildium.delete("rentals", buildium_id)

        buildium.observer = shrink
        started.poll_later()

        assert {kept.sync.buildium_id for kept in started.kept("property")} >= set(ids[10:])

    def test_an_entity_missing_from_a_list_is_not_deleted(self, started: Schedule, buildium: Simulator) -> None:
        ids = account(buildium)
        started.poll_later()
        buildium.delete("bankaccounts", ids["bank-account"])
        started.poll_later()

        assert started.of("bank-account", ids["bank-account"]).entity.deleted_at is None

    def test_an_outdated_list_row_undoes_no_later_write(
        self, started: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system = started.system
        kept = system.create("property", PROPERTY)
        system.work()
        started.clock.sleep(EVERY)
        apply = started.observation.apply

        def overtaken(seen: Any) -> Any:
            if seen.entity_type.name == "property":
                system.update(kept, {"name": "Newer"})
                system.work()
            return apply(seen)

        monkeypatch.setattr(started.observation, "apply", overtaken)
        buildium.edit("rentals", system.sync_of(kept).buildium_id or 0, {"StructureDescription": "Brick"})
        started.poll()

        fields = system.fields_of(kept)
        assert (fields["name"], fields["structureDescription"]) == ("Newer", "Brick")
        assert buildium.get("rentals", system.sync_of(kept).buildium_id or 0)["Name"] == "Newer"

    def test_a_list_does_not_restore_a_deleted_entity(self, started: Schedule, buildium: Simulator) -> None:
        ids = account(buildium)
        started.poll_later()
        started.clock.sleep(60)
        buildium.fault("status", method="GET", path=f"/bills/{ids['bill']}", status=404)
        started.system.inbound.process_event(started.system.event("Bill.Deleted", "BillId", ids["bill"]))
        before = started.of("bill", ids["bill"]).entity
        started.poll_later()

        assert before.deleted_at is not None
        assert started.of("bill", ids["bill"]).entity == before

    def test_an_unreadable_row_does_not_end_the_list(
        self, started: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for n in range(3):
            buildium.create("rentals", {"Name": f"R{n}", "Address": ADDRESS})
        get = client_module.BuildiumClient.get

        def broken(self: client_module.BuildiumClient, path: str, query: Any = None) -> BuildiumResponse:
            response = get(self, path, query)
            if path == "/rentals":
                response.content[1] = None
            return response

        monkeypatch.setattr(client_module.BuildiumClient, "get", broken)
        started.poll_later()

        assert len(started.kept("property")) == 2


class TestResumption:
    def test_a_poll_out_of_time_resumes_where_it_stopped(
        self, small_pages: None, started: Schedule, buildium: Simulator
    ) -> None:
        ids = [buildium.create("rentals", {"Name": f"R{n}", "Address": ADDRESS})["Id"] for n in range(40)]
        started.clock.sleep(EVERY)
        before = started.polled("property").cursor
        buildium.clear_requests()
        # The time that a run reserves for writing, and a few calls more.
        started.poll(seconds=10.5)
        stopped = started.polled("property")
        assert 0 < stopped.position.offset < 40
        assert stopped.cursor == before, "the cursor moves only past what was applied"

        for _ in rounds_while(lambda: started.polled("property").began):
            started.poll(seconds=10.5)
        started.poll()

        assert {kept.sync.buildium_id for kept in started.kept("property")} == set(ids)
        offsets = [int(query(x)["offset"][0]) for x in buildium.requests() if x.path == "/v1/rentals"]
        assert offsets == sorted(offsets)
        assert started.polled("property").cursor == pytest.approx(stopped.began - poll_state.OVERLAP_SECONDS)

    def test_a_poll_out_of_time_resumes_within_its_page(
        self, started: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time_budget, "BATCH_SIZE", 5)
        apply = started.observation.apply
        seen: list[int] = []

        def slow(part: RemoteBatch) -> list[ApplyResult]:
            started.clock.sleep(1.0)
            seen.extend(message["Id"] for message in part.payloads)
            return apply(part)

        ids = [buildium.create("vendors", {"FirstName": f"V{n}", "LastName": "Lee"})["Id"] for n in range(40)]
        started.poll_later()
        buildium.edit("bankaccounts", 1, {"Name": "Edited"})
        started.clock.sleep(EVERY)
        monkeypatch.setattr(started.observation, "apply", slow)
        for buildium_id in ids:
            buildium.edit("vendors", buildium_id, {"Comments": "Edited"})
        for _ in rounds_while(lambda: not started.polled("vendor").began):
            started.poll(seconds=13.5)
        assert 0 < started.polled("vendor").position.offset < 40
        for _ in rounds_while(lambda: started.polled("vendor").began):
            started.poll(seconds=13.5)

        vendors = [each for each in seen if each in ids]
        assert vendors == ids, "each once"


class TestFailingEntities:
    def test_a_failing_entity_holds_the_cursor_and_no_other_entity(
        self, started: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poison(monkeypatch)
        for name in ("Fine", "poison", "Fine too"):
            buildium.create("rentals", {"Name": name, "Address": ADDRESS})
        before = started.polled("property").cursor
        started.poll_later()
        assert len(started.kept("property")) == 2
        assert started.polled("property").cursor == before

        monkeypatch.undo()
        started.poll_later()
        assert len(started.kept("property")) == 3
        assert started.polled("property").cursor > before

    def test_an_entity_is_skipped_after_five_failed_polls(
        self,
        started: Schedule,
        buildium: Simulator,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        poison(monkeypatch)
        buildium.create("rentals", {"Name": "poison", "Address": ADDRESS})
        cursors = []
        for _ in range(6):
            started.poll_later()
            cursors.append(started.polled("property").cursor)

        assert len(set(cursors[:4])) == 1
        assert cursors[3] < cursors[4] < cursors[5]

    def test_a_leased_entity_holds_the_cursor_without_counting_failures(
        self, started: Schedule, buildium: Simulator
    ) -> None:
        system = started.system
        kept = system.create("property", PROPERTY)
        system.work()
        started.clock.sleep(60)
        record = system.sync_of(kept)
        until = started.clock() + 7 * EVERY
        leased = replace(record, revision=record.revision + 1, lease_until=until, version=record.version)
        system.store.write(system.store.writes.put_sync(leased))
        buildium.edit("rentals", record.buildium_id or 0, {"Name": "Edited there"})
        before = started.polled("property").cursor
        for _ in range(6):
            started.poll_later()
        assert (system.fields_of(kept)["name"], started.polled("property").cursor) == (PROPERTY["name"], before)
        assert started.polled("property").failing == {}

        started.clock.sleep(EVERY)
        started.poll_later()
        assert system.fields_of(kept)["name"] == "Edited there"


class TestCreatedEntities:
    def test_a_poll_during_a_create_makes_no_second_entity(
        self, started: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started.clock.sleep(EVERY)
        kept = started.system.create("property", PROPERTY)
        looked_at = started.system.during("/v1/rentals", started.poll, "POST")
        started.system.work()
        started.poll_later()

        assert not [each for each in looked_at if isinstance(each, BuildiumSyncError)]
        assert [each.entity.ref for each in started.kept("property")] == [kept.entity.ref]

    def test_a_candidate_of_a_lost_create_is_not_created_locally(self, started: Schedule, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = started.system.create("property", PROPERTY)
        started.system.work_once()
        started.clock.sleep(200)
        started.poll_later()
        started.system.work()

        assert [each.entity.ref for each in started.kept("property")] == [kept.entity.ref]

    def test_a_poll_does_not_create_an_auto_created_unit_locally(self, started: Schedule, buildium: Simulator) -> None:
        started.system.create("property", PROPERTY)
        started.system.work()
        assert len(buildium.state()["units"]) == 1
        started.poll_later()

        assert started.kept("unit") == []

    def test_a_poll_leaves_older_bank_accounts_to_the_import(self, schedule: Schedule, buildium: Simulator) -> None:
        old = buildium.create("bankaccounts", {"Name": "Old"})["Id"]
        schedule.poll()
        new = buildium.create("bankaccounts", {"Name": "New"})["Id"]
        buildium.edit("bankaccounts", old, {"Description": "Edited"})
        schedule.poll_later()
        assert [kept.sync.buildium_id for kept in schedule.kept("bank-account")] == [new]

        schedule.import_all("bank-account")
        newest = buildium.create("bankaccounts", {"Name": "Newest"})["Id"]
        schedule.poll_later()
        assert {kept.sync.buildium_id for kept in schedule.kept("bank-account")} >= {old, new, newest}

    def test_a_poll_creates_what_an_import_failed_to_create(
        self, schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = buildium.create("bankaccounts", {"Name": "Old"})["Id"]
        schedule.poll()
        with monkeypatch.context() as patch:
            poison(patch, BankAccount, "Old")
            assert schedule.import_all("bank-account").types["bank-account"].failed == 1
        schedule.poll_later()

        assert old in {kept.sync.buildium_id for kept in schedule.kept("bank-account")}

    def test_an_auto_created_unit_is_created_locally_after_an_edit(
        self, started: Schedule, buildium: Simulator
    ) -> None:
        started.system.create("property", PROPERTY)
        started.system.work()
        for _ in range(3):
            started.poll_later()
        assert started.kept("unit") == []

        [auto_created] = buildium.state()["units"]
        buildium.edit("units", auto_created["Id"], {"Description": "Edited"})
        started.poll_later()
        assert started.of("unit", auto_created["Id"]).entity.fields["description"] == "Edited"


class TestWebhookGap:
    def test_every_type_is_polled_from_before_a_webhook_gap(self, started: Schedule, buildium: Simulator) -> None:
        gap = note_gap(started)
        buildium.clear_requests()
        started.poll()

        [asked] = [since(exchange) for exchange in buildium.requests() if exchange.path == "/v1/rentals"]
        assert asked <= datetime.fromisoformat(gap).timestamp()
        assert {exchange.path for exchange in buildium.requests()} >= {"/v1/vendors", "/v1/leases", "/v1/bills"}
        assert started.jobs.requested_rewind(LATER) is None

    def test_a_webhook_gap_is_polled_after_the_running_poll(
        self, small_pages: None, started: Schedule, buildium: Simulator
    ) -> None:
        ids = [buildium.create("rentals", {"Name": f"R{n}", "Address": ADDRESS})["Id"] for n in range(40)]
        started.clock.sleep(EVERY)
        started.poll(seconds=10.5)
        assert started.polled("property").position.offset > 0
        gap = note_gap(started)
        buildium.clear_requests()

        for _ in rounds_while(lambda: started.polled("property").began):
            started.poll(seconds=10.5)
        offsets = [int(query(x)["offset"][0]) for x in buildium.requests() if x.path == "/v1/rentals"]
        assert 0 not in offsets
        assert {kept.sync.buildium_id for kept in started.kept("property")} == set(ids)

        buildium.clear_requests()
        started.poll()
        [asked, *_] = [since(exchange) for exchange in buildium.requests() if exchange.path == "/v1/rentals"]
        assert asked <= datetime.fromisoformat(gap).timestamp()

    def test_unsigned_requests_do_not_keep_a_poll_from_finishing(
        self, small_pages: None, started: Schedule, buildium: Simulator
    ) -> None:
        ids = [buildium.create("rentals", {"Name": f"R{n}", "Address": ADDRESS})["Id"] for n in range(40)]
        for _ in range(60):
            reject_one_and_take_one(started)
            started.clock.sleep(60)
            started.poll(seconds=10.5)

        assert {kept.sync.buildium_id for kept in started.kept("property")} == set(ids)

    def test_unsigned_requests_cause_at_most_four_extra_polls_an_hour(
        self, started: Schedule, buildium: Simulator
    ) -> None:
        polls = {}
        for attacked in (False, True):
            buildium.clear_requests()
            for _ in range(60):
                if attacked:
                    reject_one_and_take_one(started)
                started.clock.sleep(60)
                started.poll()
            polls[attacked] = sum(1 for exchange in buildium.requests() if exchange.path == "/v1/vendors")

        assert polls[False] == 3600 / EVERY
        assert polls[True] <= polls[False] + 4

    def test_a_webhook_gap_is_kept_until_every_type_is_polled(self, started: Schedule) -> None:
        gap = note_gap(started)
        started.jobs.acquire("poll-vendor", now=started.clock(), until=started.clock() + TIME)
        started.poll()
        assert started.jobs.requested_rewind(LATER) == gap
        polls = started.system.calls("GET", "/v1/leases")

        started.clock.sleep(TIME + 1)
        started.poll()
        assert started.jobs.requested_rewind(LATER) is None
        assert started.system.calls("GET", "/v1/leases") == polls, "a type that knows of a gap is polled for it once"


class TestBuildiumUnavailable:
    def test_a_forbidden_type_stops_no_other_type(self, started: Schedule, buildium: Simulator) -> None:
        buildium.fault("status", method="GET", path="/bankaccounts", status=403, times=None)
        buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})
        before = started.polled("bank-account")
        started.poll_later()

        assert len(started.kept("property")) == 1
        assert started.polled("bank-account").cursor == before.cursor

    @pytest.mark.parametrize(("status", "calls"), [(503, 1), (429, 4)])
    def test_an_outage_ends_the_run_and_moves_no_cursor(
        self, status: int, calls: int, started: Schedule, buildium: Simulator
    ) -> None:
        buildium.fault("status", method="GET", status=status, times=None)
        buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})
        before = {name: started.polled(name).cursor for name in NAMES}
        buildium.clear_requests()
        started.poll_later()
        assert len(buildium.requests()) == calls
        assert {name: started.polled(name).cursor for name in NAMES} == before

        buildium.clear_faults()
        started.poll_later()
        assert len(started.kept("property")) == 1
        assert started.polled("property").cursor > before["property"]

    def test_client_calls_get_slots_before_earlier_poll_calls(
        self, started: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock, waits = started.clock, [0.0]
        clients = RateLimiter(started.system.dynamodb, CONTROL, rate=9.97, clock=clock, sleep=waits.append)
        clock.sleep(EVERY)
        busy_until = clock() + 30
        sleep = VirtualClock.sleep

        def edit_during_sleep(self: VirtualClock, seconds: float) -> None:
            """Keep two seconds of client calls waiting."""
            sleep(self, seconds)
            waits[:] = [0.0]
            for _ in rounds_while(lambda: self() < busy_until and waits[-1] < 2):
                clients.acquire(60.0)

        monkeypatch.setattr(VirtualClock, "sleep", edit_during_sleep)
        clock.sleep(0.001)
        buildium.clear_requests()
        Schedule(started.system, monkeypatch).poll()

        early = [exchange for exchange in buildium.requests() if exchange.at < busy_until]
        assert 1 <= len(early) <= 30 / Priority.BACKGROUND.value.max_yield_seconds, "it yields, and is not starved"
