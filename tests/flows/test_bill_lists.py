"""Lists of bills: some accounts require paid dates, the others omit unpaid bills."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs

import pytest

from buildium_sync.domain.sync_status import Status
from buildium_sync.reconcile import poll_state
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, System
from tests.flows.test_drift import DriftOf
from tests.flows.test_poll import PERSON
from tests.harness.rounds import rounds_while
from tests.simulator import Simulator

pytestmark = pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])


@pytest.fixture
def schedule(strict: bool, system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    buildium.entities.strict_bill_lists = strict
    return Schedule(system, monkeypatch)


@pytest.fixture
def started(schedule: Schedule) -> Schedule:
    """A schedule after its first complete poll."""
    schedule.poll()
    schedule.clock.sleep(poll_state.INITIAL_LOOKBACK_SECONDS)
    schedule.poll_later()
    return schedule


def days_ago(clock: VirtualClock, days: int) -> str:
    return str(datetime.fromtimestamp(clock(), UTC).date() - timedelta(days=days))


def bills(buildium: Simulator, clock: VirtualClock, *ages: int | None) -> list[int]:
    """Create one bill for each number of days since its payment; None is an unpaid bill."""
    vendor = buildium.create("vendors", PERSON)["Id"]
    paid = [age if age is None else days_ago(clock, age) for age in ages]
    return [buildium.create("bills", {"VendorId": vendor, "PaidDate": day})["Id"] for day in paid]


def local_bills(schedule: Schedule) -> set[int | None]:
    return {kept.sync.buildium_id for kept in schedule.kept("bill")}


def lists(buildium: Simulator) -> list[dict[str, list[str]]]:
    return [parse_qs(x.query) for x in buildium.requests() if (x.method, x.path) == ("GET", "/v1/bills")]


def test_an_import_reads_bills_paid_in_any_year(schedule: Schedule, buildium: Simulator) -> None:
    made = bills(buildium, schedule.clock, None, 0, 364, 365, 366, 729, 1095, 3600)
    progress = schedule.import_all("vendor", "bill").types["bill"]

    assert local_bills(schedule) == set(made)
    assert (progress.total, progress.done, progress.failed) == (8, 8, 0)


def test_bill_windows_span_at_most_364_days_without_gaps(schedule: Schedule, buildium: Simulator) -> None:
    schedule.import_all("bill")

    unpaid, *windows = lists(buildium)
    assert unpaid["paidstatus"] == ["Unpaid"]
    spans = [(date.fromisoformat(w["frompaiddate"][0]), date.fromisoformat(w["topaiddate"][0])) for w in windows]
    assert all((last - first).days <= 364 for first, last in spans)
    assert all(newer[0] - older[1] == timedelta(days=1) for newer, older in pairwise(spans))


def test_an_import_across_midnights_reads_each_bill_window_once(schedule: Schedule, buildium: Simulator) -> None:
    made = bills(buildium, schedule.clock, None, 0, 364, 365, 1095)
    schedule.begin_import("vendor", "bill")
    for _ in rounds_while(lambda: schedule.woken):
        schedule.clock.sleep(86_400)
        schedule.work_once(seconds=10.4)

    assert local_bills(schedule) == set(made)
    windows = [tuple(sorted((k, v[0]) for k, v in asked.items() if "paid" in k)) for asked in lists(buildium)]
    assert len(windows) == len(set(windows))


def test_a_poll_finds_new_bills_and_bills_that_were_paid(started: Schedule, buildium: Simulator) -> None:
    [bill, *_] = made = bills(buildium, started.clock, None, None, 0, 300)
    started.poll_later()
    assert local_bills(started) == set(made)
    assert started.of("bill", bill).entity.fields["paidDate"] is None
    started.clock.sleep(60)
    buildium.edit("bills", bill, {"PaidDate": days_ago(started.clock, 0)})
    started.poll_later()

    assert started.of("bill", bill).entity.fields["paidDate"] == days_ago(started.clock, 0)


def test_a_poll_reads_the_unpaid_bills_and_one_window(started: Schedule, buildium: Simulator) -> None:
    buildium.clear_requests()
    started.poll_later()

    unpaid, window = lists(buildium)
    assert unpaid["paidstatus"] == ["Unpaid"]
    assert {"frompaiddate", "topaiddate"} <= window.keys()


def test_after_a_webhook_gap_bills_of_any_year_are_polled(started: Schedule, buildium: Simulator) -> None:
    [bill] = bills(buildium, started.clock, 1095)
    started.import_all("vendor", "bill")
    started.clock.sleep(3600)
    buildium.edit("bills", bill, {"Memo": "Edited"})
    started.poll_later()
    assert started.of("bill", bill).entity.fields["memo"] is None
    gap = {"pk": {"S": "webhooks"}, "rewindTo": {"S": "2026-01-01T00:00:00.000Z"}}
    started.system.dynamodb.put_item(TableName=CONTROL, Item=gap)
    started.poll()
    assert started.of("bill", bill).entity.fields["memo"] == "Edited"

    buildium.clear_requests()
    started.poll_later()
    assert len(lists(buildium)) == 2


def test_a_bill_paid_between_two_lists_is_not_lost(
    schedule: Schedule, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    [bill] = bills(buildium, schedule.clock, None)
    paid = {"PaidDate": days_ago(schedule.clock, 0)}
    schedule.system.during("/v1/bills", lambda: buildium.edit("bills", bill, paid), "GET")
    schedule.import_all("vendor", "bill")
    assert local_bills(schedule) == {bill}

    found = DriftOf(schedule).compare("bill")
    assert [(each["kind"], each["buildiumId"]) for each in found["items"]] in ([], [("different", bill)])


def test_a_drift_check_reads_bills_paid_in_any_year(schedule: Schedule, buildium: Simulator) -> None:
    made = bills(buildium, schedule.clock, None, 0, 366, 1095)
    found = DriftOf(schedule).compare("bill")

    assert {each["buildiumId"] for each in found["items"]} == set(made)
    assert {each["kind"] for each in found["items"]} == {"remoteOnly"}


def test_a_drift_check_reports_no_old_bill_as_deleted(schedule: Schedule, buildium: Simulator) -> None:
    bills(buildium, schedule.clock, None, 0, 1095)
    schedule.import_all("vendor", "bill")
    [old] = [kept for kept in schedule.kept("bill") if kept.entity.fields["paidDate"] == days_ago(schedule.clock, 1095)]
    # It is older than the oldest window, so no list contains it.
    buildium.edit("bills", old.sync.buildium_id or 0, {"PaidDate": "1999-01-01"})
    found = DriftOf(schedule).compare("bill")

    assert [(each["kind"], each["buildiumId"]) for each in found["items"]] == [("different", old.sync.buildium_id)]


@pytest.mark.parametrize("is_paid_at_once", [False, True])
def test_a_lost_create_of_a_bill_is_adopted(is_paid_at_once: bool, schedule: Schedule, buildium: Simulator) -> None:
    system = schedule.system
    home = system.create("property", PROPERTY).entity.ref.entity_id
    vendor = system.create("vendor", {"isCompany": True, "companyName": "Pipes Ltd"}).entity.ref.entity_id
    system.work()
    buildium.fault("reset_after", method="POST", path="/bills")
    line = {"accountingEntityId": home, "amount": 120.5}
    dates = {"date": "2026-01-01", "dueDate": "2026-01-31"}
    bill = system.create("bill", {**dates, "vendorId": vendor, "lines": [line]})
    assert system.work_once() is Status.PENDING
    if is_paid_at_once:
        [made] = buildium.state()["bills"]
        buildium.edit("bills", made["Id"], {"PaidDate": days_ago(system.clock, 0)})
    system.work()

    assert system.sync_of(bill).status is Status.SYNCED
    assert [system.sync_of(bill).buildium_id] == [each["Id"] for each in buildium.state()["bills"]]
