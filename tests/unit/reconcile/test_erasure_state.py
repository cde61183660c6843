"""The stored state of an erasure, and what the API shows of it."""

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.reconcile.erasure.state import ErasureState, ErasureStep
from buildium_sync.reconcile.jobs.job_state import JobStatus, job_name
from buildium_sync.store.feed_erasure import FeedPosition

REF = EntityRef("owner", "7")


@pytest.mark.parametrize(
    ("status", "step", "shown"),
    [
        (JobStatus.NOT_STARTED, ErasureStep.ENTITY, "not_started"),
        (JobStatus.RUNNING, ErasureStep.ENTITY, "queued"),
        (JobStatus.RUNNING, ErasureStep.STORES, "running"),
        (JobStatus.DONE, ErasureStep.NONE, "done"),
        (JobStatus.FAILED, ErasureStep.ENTITY, "failed"),
    ],
)
def test_an_erasure_is_queued_until_the_entity_is_erased(status: JobStatus, step: ErasureStep, shown: str) -> None:
    assert ErasureState(status, step=step).to_response(REF)["status"] == shown


def test_an_erasure_is_the_same_after_it_was_stored() -> None:
    erasure = ErasureState.start(1_795_356_000.0, by="Ann")
    erasure.step, erasure.version, erasure.revision, erasure.erased_at = ErasureStep.FEED, 3, 9, 5.0
    erasure.position = FeedPosition(2, "0000000020001")

    found = ErasureState.of(erasure.to_state())
    assert found == erasure
    assert found.position == FeedPosition(2, "0000000020001")


def test_the_end_of_the_feed_is_no_position() -> None:
    erasure = ErasureState.start(0.0)
    erasure.position = FeedPosition(2)
    erasure.position = None
    assert (erasure.position, erasure.bucket) == (None, None)


def test_a_failed_erasure_has_no_more_steps() -> None:
    erasure = ErasureState.start(0.0)
    assert erasure.has_more
    erasure.fail("Not recorded")
    assert not erasure.has_more
    assert erasure.to_response(REF)["error"] == "Not recorded"


def test_the_job_of_an_entity_has_its_own_name() -> None:
    assert (job_name("drift"), job_name("erasure", REF)) == ("drift", "erasure-owner#7")
