import re
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.domain.pauses import Direction
from buildium_sync.reconcile.digest import DailyDigest, DigestFacts, DigestSources
from buildium_sync.reconcile.drift.report import DriftState, TypeDriftState
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.reconcile.sync_gauges import SyncTotals
from buildium_sync.store.alarm_topics import AlarmTopics
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.metric_buckets import MetricBuckets
from tests.aws import CONTROL, ENTITIES
from tests.clocks import VirtualClock
from tests.harness.rounds import rounds_while
from tests.unit.store.test_alarm_topics import Sns

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
AT = "2026-11-29T12:00:41.000Z"


class Rest:
    """Fake of the timeline table and of the circuit breakers."""

    def counts(self) -> dict[str, dict[str, int]]:
        return {"property": {"synced": 997, "failed": 2, "pending": 1}}

    def open_circuits(self) -> dict[str, Any]:
        return {"GET /leases": None}


def digest(dynamodb: "DynamoDBClient", clock: VirtualClock, sns: Sns) -> DailyDigest:
    rest: Any = Rest()
    buckets = MetricBuckets(dynamodb, CONTROL)
    sources = DigestSources(rest, EntityStore(dynamodb, ENTITIES), rest, JobStore(dynamodb, CONTROL), buckets)
    return DailyDigest(sources, lambda: AlarmTopics(sns, ["arn:topic"]), "buildium-sync", clock)


def facts(**changes: Any) -> DigestFacts:
    values: dict[str, Any] = {
        "stack": "buildium-sync",
        "at": AT,
        "totals": SyncTotals({"synced": 2}),
        "oldest_pending_age_seconds": 0.0,
        "open_circuits": (),
        "drift": None,
        "day": {},
    }
    return DigestFacts(**{**values, **changes})


def test_the_digest_is_sent_once_a_day(dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
    sns = Sns()
    daily = digest(dynamodb, clock, sns)
    for _ in range(3 * 24):
        daily.send_if_due()
        clock.sleep(3600)

    assert len(sns.sent) == 3
    [(arn, subject, text)] = set(sns.sent[:1])
    assert (arn, subject) == ("arn:topic", "buildium-sync: 2 syncs need a person")
    assert "In sync: 99.7 % of 1000 entities" in text
    assert "Paused calls: GET /leases" in text


def test_the_digest_names_one_sync_in_the_singular() -> None:
    digested = facts(totals=SyncTotals({"failed": 1}))

    assert digested.subject == "buildium-sync: 1 sync needs a person"
    assert "of 1 entity" in digested.text()


def test_a_quiet_system_needs_no_person() -> None:
    assert facts().subject == "buildium-sync: no sync needs a person"
    assert "Paused calls: none" in facts().text()


def test_the_digest_reports_how_long_the_oldest_sync_waits() -> None:
    waiting = facts(totals=SyncTotals({"pending": 1, "syncing": 1}), oldest_pending_age_seconds=7200.0)

    assert "Pending: 2, the oldest for 120 min" in waiting.text()


def test_the_digest_reports_the_last_drift_check() -> None:
    types = {"lease": TypeDriftState(JobStatus.DONE, repairable=3), "task": TypeDriftState(JobStatus.FAILED)}
    drift = DriftState(status=JobStatus.DONE, started_at=AT, finished_at=AT, types=types)

    text = facts(drift=drift.to_state()).text()
    assert "Drift: 3 differences, checked at 2026-11-29T12:00 UTC; not checked: task" in text


@pytest.mark.parametrize(
    ("drift", "expected"),
    [(None, "not started"), (DriftState.start(0.0, types={}).to_state(), "running")],
)
def test_an_unfinished_drift_check_is_reported_as_such(drift: Any, expected: str) -> None:
    assert f"Drift: the last check is {expected}" in facts(drift=drift).text()


def test_a_subject_fits_into_an_email() -> None:
    assert len(facts(stack="s" * 128).subject) == 100


def test_the_digest_names_its_time(clock: VirtualClock) -> None:
    at = format_iso(clock())
    assert at[:16] in facts(at=at).text()


def test_the_digest_reports_the_freshness_of_each_direction(dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
    counts, sns = MetricCounts(clock), Sns()
    for seconds in [0.6] * 18 + [400.0] * 2:
        counts.add_freshness(Direction.OUTBOUND, seconds)
    counts.add_freshness(Direction.INBOUND, 2.0)
    MetricBuckets(dynamodb, CONTROL).add(counts.take())
    daily = digest(dynamodb, clock, sns)
    for _ in rounds_while(lambda: not sns.sent):
        clock.sleep(1800)
        daily.send_if_due()

    [(_, _, text)] = sns.sent
    assert re.search(r"^Freshness in Buildium: p50 0\.8 s, p95 450\.0 s in the last day$", text, re.MULTILINE)
    assert re.search(r"^Freshness of local entities: p50 1\.5 s, p95 1\.9 s in the last day$", text, re.MULTILINE)


def test_a_day_without_changes_has_no_freshness() -> None:
    assert facts().text().count("no change in the last day") == len(Direction)
