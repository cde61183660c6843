"""The scheduled flows of a `System`: polls and imports with a chosen amount of time."""

from buildium_sync.composition.reconcile import ReconcileComposition

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.entity_types.registry import by_name, listed_types
from buildium_sync.reconcile.imports.state import ImportState
from buildium_sync.reconcile.poll_state import PollState
from tests.flows.system import SETTLING, System
from tests.harness.rounds import read_all, rounds_while
from tests.harness.runtime import share_parts
from tests.harness.sqs import JOBS, Message
from tests.moto_atomicity import make_atomic

EVERY = 300.0
TIME = 90.0
"""Seconds of a run."""
PATIENCE = 30.0
"""Real seconds that a call may take, besides the virtual ones: a long list is slow on a busy machine."""
NAMES = {
    "bank-account": "bankaccounts",
    "property": "rentals",
    "unit": "units",
    "owner": "owners",
    "vendor": "vendors",
    "task": "tasks",
    "work-order": "workorders",
    "bill": "bills",
    "lease": "leases",
    "tenant": "tenants",
    "lease-transaction": "leasetransactions",
}
"""Buildium's names of the local entity types."""


class Schedule:
    """The reconcile function. `deadline` is the end of the current run."""

    def __init__(self, system: System, patch: pytest.MonkeyPatch) -> None:
        make_atomic(system.dynamodb, patch)
        self.system = system
        self.clock = system.clock
        self.deadline = system.clock() + TIME
        self.jobs = system.jobs
        patch.setenv("BUILDIUM_TIMEOUT", f"{PATIENCE * 1000}")
        patch.setenv("BUILDIUM_SETTLING_SECONDS", f"{SETTLING - PATIENCE}")
        self.reconcile = ReconcileComposition()
        share_parts(system.sync, self.reconcile)
        self.client = self._client()
        patch.setattr(self.reconcile, "client", lambda *_: self.client)
        self._poll = self.reconcile.poller(self.time_left)
        self._importer = self.reconcile.import_worker(self.time_left)
        self.observation = self._poll._applier
        self.bringing = self._importer._applier
        self.imports = self.reconcile.import_service()
        self.review = system.api.reviews

    def _client(self) -> BuildiumClient:
        client = self.reconcile.client(lambda: self.time_left() + PATIENCE, Priority.BACKGROUND)
        # Real time, unlike the rest: a page of 1,000 rows may be slow on a busy machine.
        client._timeouts = (10.0, 20.0)
        return client

    def time_left(self) -> float:
        """Return the virtual seconds until the current run ends."""
        return self.deadline - self.clock()

    @property
    def woken(self) -> list[int]:
        """The delays of the queued jobs."""
        return [message.delay for message in self._queued_jobs]

    @property
    def _queued_jobs(self) -> list[Message]:
        return self.system.sqs.queues[JOBS]

    def enqueue(self, job: str) -> None:
        """Queue a job."""
        self.reconcile._job_queue.enqueue(job)

    def take_job(self, seconds: float) -> None:
        """Take the next job from the queue, and start a run of so many seconds after its delay."""
        self.clock.sleep(self._queued_jobs.pop(0).delay)
        self.deadline = self.clock() + seconds

    def lose_jobs(self) -> None:
        """Remove the queued jobs."""
        self._queued_jobs.clear()

    def poll(self, seconds: float = TIME) -> int:
        """Run once, with so many seconds."""
        self.deadline = self.clock() + seconds
        return self._poll.run(self.imports.current().unfinished)

    def poll_later(self) -> int:
        """Run once when every type is due again."""
        self.clock.sleep(EVERY)
        return self.poll()

    def begin_import(self, *names: str) -> None:
        """Start an import of these types, or of all."""
        self.imports.start(names or [each.name for each in listed_types()])

    def work_once(self, seconds: float = TIME) -> None:
        """Run one slice of the import."""
        self.take_job(seconds)
        self._importer.run()

    def import_all(self, *names: str) -> ImportState:
        """Run a whole import and return its progress."""
        self.begin_import(*names)
        for _ in rounds_while(lambda: self.woken):
            self.work_once()
        return self.imports.current()

    def polled(self, name: str) -> PollState:
        """The stored state of a type's poll."""
        return PollState.of(self.jobs.states([f"poll-{name}"])[f"poll-{name}"], self.clock())

    def kept(self, name: str) -> list[StoredEntity]:
        """All local entities of a type."""
        return read_all(lambda cursor: self.system.records.page(by_name(name), limit=100, cursor=cursor))

    def of(self, name: str, buildium_id: int) -> StoredEntity:
        """Return the local entity of a Buildium id."""
        [kept] = [each for each in self.kept(name) if each.sync.buildium_id == buildium_id]
        return kept
