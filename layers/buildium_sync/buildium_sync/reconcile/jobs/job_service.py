"""What the API does with jobs: it starts them and shows their progress. A schedule resumes them."""

from typing import ClassVar, TypeVar

from buildium_sync.clock import Clock
from buildium_sync.reconcile.jobs.job_state import JobState, JobStatus
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import JobQueue

_J = TypeVar("_J", bound=JobState)


class JobService:
    """The base of the services for single jobs. The reconcile function does the work."""

    job_names: ClassVar[tuple[str, ...]]
    """The jobs that `resume` is for."""

    def __init__(self, jobs: JobStore, queue: JobQueue, clock: Clock) -> None:
        self._jobs = jobs
        self._queue = queue
        self._clock = clock

    def resume(self) -> None:
        """Queue each running job again whose message is lost."""
        for name, state in self._jobs.states(self.job_names).items():
            if state["status"] == JobStatus.RUNNING:
                self._queue.enqueue_if_stalled(name, state["due"], self._clock())

    def _current(self, kind: type[_J]) -> _J:
        """Return the state of the last job of a kind."""
        return kind.of(self._jobs.states([kind.job]).get(kind.job))

    def _start(self, state: _J) -> _J:
        """Start a job and return its state, or that of one that runs already."""
        if not self._jobs.start(state.job, state.to_state()):
            return self._current(type(state))
        self._queue.enqueue(state.job)
        return state
