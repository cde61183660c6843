from typing import TYPE_CHECKING

import pytest

from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.webhook_rejections import RejectionStore
from tests.aws import CONTROL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1000.0


@pytest.fixture
def jobs(dynamodb: "DynamoDBClient") -> JobStore:
    return JobStore(dynamodb, CONTROL)


def test_a_job_lease_is_exclusive_until_it_expires(jobs: JobStore) -> None:
    first = jobs.acquire("poll", now=100, until=160)
    assert first is not None
    assert jobs.acquire("poll", now=150, until=210) is None
    assert jobs.acquire("other", now=150, until=210) is not None
    assert jobs.acquire("poll", now=161, until=221) is not None


def test_a_job_state_is_kept_between_runs(jobs: JobStore) -> None:
    first = jobs.acquire("poll", now=100, until=160)
    assert first is not None
    assert first.state is None
    jobs.save(first, {"cursor": 1.5, "rows": [1, {"a": None}]})
    jobs.release(first, {"cursor": 2, "rows": []})
    second = jobs.acquire("poll", now=101, until=160)

    assert second is not None
    assert second.state == {"cursor": 2, "rows": []}
    assert jobs.states(["poll", "unknown"]) == {"poll": {"cursor": 2, "rows": []}}


def test_the_state_of_a_finished_job_expires(jobs: JobStore, dynamodb: "DynamoDBClient") -> None:
    jobs.start("import", {"status": "running"})
    first = jobs.acquire("import", now=100, until=160)
    assert first is not None
    jobs.finish(first, {"status": "done"}, 120.0)
    assert expiry(dynamodb) == 120 + 14 * 86_400

    jobs.start("import", {"status": "running"})

    assert expiry(dynamodb) is None


def expiry(dynamodb: "DynamoDBClient") -> int | None:
    item = dynamodb.get_item(TableName=CONTROL, Key={"pk": {"S": "job#import"}})["Item"]
    return int(item["expiresAt"]["N"]) if "expiresAt" in item else None


def test_a_run_that_lost_its_lease_writes_nothing(jobs: JobStore) -> None:
    slow = jobs.acquire("poll", now=100, until=160)
    second = jobs.acquire("poll", now=200, until=260)
    assert slow is not None
    assert second is not None
    for write in (jobs.save, jobs.release):
        with pytest.raises(ConcurrentWrite):
            write(slow, {"by": "slow"})
    jobs.release(second, {"by": "second"})
    with pytest.raises(ConcurrentWrite):
        jobs.release(second, {"by": "second, again"})

    assert jobs.states(["poll"]) == {"poll": {"by": "second"}}


def test_a_running_job_is_not_started_again(jobs: JobStore) -> None:
    assert jobs.start("import", {"status": "running", "by": 1})
    assert not jobs.start("import", {"status": "running", "by": 2})
    held = jobs.acquire("import", now=1, until=2)
    assert held is not None
    jobs.release(held, {"status": "done"})

    assert jobs.start("import", {"status": "running", "by": 3})


def test_job_chunks_are_stored_and_replaceable(jobs: JobStore) -> None:
    jobs.put_chunk("import", 0, [["a", 1]], 100)
    jobs.put_chunk("import", 1, [["b", 2]], 100)
    jobs.put_chunk("import", 1, [["c", 3]], 100)

    assert sorted(jobs.chunks("import", range(2))) == [["a", 1], ["c", 3]]
    assert jobs.chunks("import", range(1)) == [["a", 1]]


def test_closing_a_gap_does_not_close_a_later_one(jobs: JobStore, dynamodb: "DynamoDBClient") -> None:
    assert jobs.requested_rewind(NOW) is None
    dynamodb.put_item(TableName=CONTROL, Item={"pk": {"S": "webhooks"}, "rewindTo": {"S": "2026-01-02"}})
    jobs.finish_rewind("2026-01-01", NOW)
    assert jobs.requested_rewind(NOW) == "2026-01-02"
    jobs.finish_rewind("2026-01-02", NOW)
    jobs.finish_rewind("2026-01-02", NOW)
    assert jobs.requested_rewind(NOW + 1) is None


def test_a_new_gap_is_delayed_after_the_last_was_closed(jobs: JobStore, dynamodb: "DynamoDBClient") -> None:
    rejections = RejectionStore(dynamodb, CONTROL)
    for since in ("2026-01-01", "2026-01-02"):
        rejections.add(1, since)
        rejections.end()
        jobs.finish_rewind("2026-01-01", NOW)

    assert jobs.requested_rewind(NOW) is None
    assert jobs.requested_rewind(NOW + 1) == "2026-01-02"
