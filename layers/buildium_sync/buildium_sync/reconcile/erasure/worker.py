"""Runs one erasure, in slices that fit into the time of a run."""

import math

from buildium_sync.domain.delivery import MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.entity import EntityRef
from buildium_sync.errors import ConcurrentWrite, NotFound, RetryLater
from buildium_sync.observability import logger
from buildium_sync.reconcile.erasure.eraser import Eraser
from buildium_sync.reconcile.erasure.state import ErasureState, ErasureStep
from buildium_sync.reconcile.jobs.runner import RETRY_SOON_SECONDS, JobRunner
from buildium_sync.store.jobs import Job

SETTLING_SECONDS = 120
"""Seconds in which functions may still run that read the entity before its erasure. A run takes 100 at most."""
_MAX_RECORDING_SECONDS = 86_400
"""Age of a record in a stream of DynamoDB. What is not recorded by then never will be."""
_NOT_RECORDED = "The timeline function has not recorded the erasure. Request it again."


class ErasureWorker:
    """Runs the steps of an erasure one after the other."""

    def __init__(self, eraser: Eraser, runner: JobRunner) -> None:
        self._eraser = eraser
        self._runner = runner
        self._budget = runner.budget

    def run(self, ref: EntityRef) -> None:
        """Continue the erasure of an entity while there is time, and queue the next slice."""
        self._runner.run_slice(ErasureState, lambda job, erasure: self._run(ref, job, erasure), ref)

    def _run(self, ref: EntityRef, job: Job, erasure: ErasureState) -> int:
        """Run steps, and return the seconds until the next slice."""
        while erasure.has_more and not self._budget.exhausted:
            try:
                delay = self._run_step(ref, erasure)
            except RetryLater as busy:
                return min(math.ceil(busy.retry_after), MAX_SQS_DELAY_SECONDS)
            except ConcurrentWrite:
                return RETRY_SOON_SECONDS
            except NotFound as error:
                erasure.fail(str(error))
                return 0
            if delay:
                return delay
            self._runner.jobs.save(job, erasure.to_state())
        return 0

    def _run_step(self, ref: EntityRef, erasure: ErasureState) -> int:
        """Run one step, and return the seconds after which it must be repeated, 0 if it is finished.

        Raises RetryLater during a sync of the entity, and ConcurrentWrite.
        """
        match erasure.step:
            case ErasureStep.ENTITY:
                erasure.version, erasure.revision = self._eraser.erase_entity(ref)
                erasure.erased_at, erasure.step = self._budget.clock(), ErasureStep.STORES
            case ErasureStep.STORES:
                return self._erase_stores(ref, erasure)
            case ErasureStep.FEED:
                erasure.position = self._eraser.erase_feed(ref, erasure.position)
                erasure.step = ErasureStep.FEED if erasure.position else ErasureStep.RECORD
            case _:
                self._eraser.record(ref, requested_at=erasure.started_at or "", by=erasure.by)
                erasure.step = ErasureStep.NONE
                logger.info("Erased", extra={"entity": ref.pk})
        return 0

    def _erase_stores(self, ref: EntityRef, erasure: ErasureState) -> int:
        """Erase all that is stored beside the entity, when nothing adds to it any more."""
        waited = self._budget.clock() - erasure.erased_at
        if waited < SETTLING_SECONDS:
            return math.ceil(SETTLING_SECONDS - waited)
        if not self._eraser.is_recorded(ref, erasure.version, erasure.revision):
            if waited > _MAX_RECORDING_SECONDS:
                erasure.fail(_NOT_RECORDED)
            return RETRY_SOON_SECONDS
        if self._eraser.erase_stores(ref, lambda: not self._budget.exhausted):
            erasure.step = ErasureStep.FEED
        return 0
