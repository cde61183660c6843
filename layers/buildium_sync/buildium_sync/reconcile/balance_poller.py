"""Polls the outstanding balances of all leases, page by page, over several runs if necessary."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from buildium_sync.buildium.list_reader import ListCursor
from buildium_sync.errors import BuildiumError
from buildium_sync.ledger.balance_refresher import BalanceRefresher
from buildium_sync.observability import increment, logger
from buildium_sync.reconcile.jobs.time_budget import TimeBudget
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.jobs import Job, JobStore

_JOB = "poll-lease-balances"
_ENTITY_TYPE = "lease"


@dataclass(slots=True)
class _BalancePollState:
    """Times are in epoch seconds. `began` is the start of the running poll, 0 for none."""

    next_at: float = 0.0
    began: float = 0.0
    position: ListCursor = field(default_factory=ListCursor)

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self:
        """Parse a stored state, None before the first poll."""
        return cls(**{**state, "position": ListCursor(**state["position"])}) if state else cls()


class BalancePoller:
    """Polls all balances when they are due. A failure is logged, and the balances keep their time."""

    def __init__(
        self, refresher: BalanceRefresher, jobs: JobStore, budget: TimeBudget, control: ControlStateStore
    ) -> None:
        self._refresher = refresher
        self._jobs = jobs
        self._budget = budget
        self._control = control

    def run(self) -> int:
        """Poll while there is time, and return the number of balances that were read."""
        if not self._budget.every or self._budget.exhausted or self._is_paused() or not self._is_due():
            return 0
        job = self._jobs.acquire(_JOB, **self._budget.lease)
        if job is None:
            return 0
        state = _BalancePollState.of(job.state)
        try:
            return self._read(job, state)
        except BuildiumError as error:
            about = {"poll": _JOB, "error": type(error).__name__, "status": error.status}
            logger.warning("Poll aborted", extra=about)
            increment("PollAborted")
            state.next_at = self._budget.clock() + self._budget.every
            return 0
        finally:
            self._jobs.release(job, asdict(state))

    def _is_paused(self) -> bool:
        return self._control.inbound_pause([_ENTITY_TYPE]) is not None

    def _is_due(self) -> bool:
        state = _BalancePollState.of(self._jobs.states([_JOB]).get(_JOB))
        return state.next_at <= self._budget.clock()

    def _read(self, job: Job, state: _BalancePollState) -> int:
        """Continue a poll to its end, or until the time ends. Raises BuildiumError.

        A poll that has read no page begins now. So its end also sets balances to zero that were read after a failed
        begin, if Buildium does not list them.
        """
        if state.position == ListCursor():
            state.began = self._budget.clock()
        checked = 0
        while not self._budget.exhausted and not self._is_paused():
            page = self._refresher.refresh_page(state.position)
            checked += len(page.rows)
            if page.is_last:
                self._refresher.finish(state.began)
                state.began, state.position = 0.0, ListCursor()
                state.next_at = self._budget.clock() + self._budget.every
                break
            state.position = page.after
            self._jobs.save(job, asdict(state))
        return checked
