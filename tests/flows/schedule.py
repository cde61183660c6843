"""The scheduled flows of a `System`: polls and imports with a chosen amount of time."""

import pytest

from buildium_sync.api.entity_service import StoredEntity
from buildium_sync.api.review_service import ReviewService
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_reader import ListReader
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.entity_types.registry import ENTITY_TYPES, by_name
from buildium_sync.inbound.batch_applier import BatchApplier
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.reconcile.imports.matcher import Matcher
from buildium_sync.reconcile.imports.service import ImportService
from buildium_sync.reconcile.imports.state import ImportState, types_being_imported
from buildium_sync.reconcile.imports.worker import ImportWorker
from buildium_sync.reconcile.jobs.runner import JobRunner
from buildium_sync.reconcile.jobs.time_budget import TimeBudget
from buildium_sync.reconcile.poll_state import PollState
from buildium_sync.reconcile.poller import Poller
from buildium_sync.settings import Credentials
from buildium_sync.store.queues import JobQueue
from tests.aws import CONTROL
from tests.flows.system import System
from tests.moto_atomicity import make_atomic
from tests.simulator import Simulator

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
}
"""Buildium's names of the local entity types."""


class Schedule:
    """The reconcile function. `deadline` is the end of the current run."""

    def __init__(self, system: System, buildium: Simulator, patch: pytest.MonkeyPatch) -> None:
        make_atomic(system.dynamodb, patch)
        self.system = system
        self.clock = system.clock
        self.deadline = system.clock() + TIME
        self.jobs = system.jobs
        self.woken: list[int] = []
        self.client = self._client(buildium)
        self.inbound = self._inbound(ChangeSource.POLL)
        self.observation = BatchApplier(system.store, self.inbound, workers=8)
        self.bringing = BatchApplier(system.store, self._inbound(ChangeSource.IMPORT), workers=8)
        self.timing = TimeBudget(EVERY, self.clock, lambda: self.deadline - self.clock())
        self.listing = ListReader(self.client)
        self._poll = Poller(ENTITY_TYPES, self.listing, self.observation, self.jobs, self.timing)
        self.imports = ImportService(self.jobs, self, self.clock)  # type: ignore[arg-type]
        queue = system.queue
        self.matching = Matcher(system.store, queue, self.clock)  # type: ignore[arg-type]
        self.slices = JobRunner(self.jobs, self, self.timing)  # type: ignore[arg-type]
        types = {each.name: each for each in ENTITY_TYPES}
        self._importer = ImportWorker(types, self.listing, self.bringing, self.matching, self.slices)
        self.review = ReviewService(system.store, self.jobs, queue, self.clock)  # type: ignore[arg-type]

    def _inbound(self, via: ChangeSource) -> InboundSync:
        policy = self.system._conflict_policy()
        return InboundSync(
            self.system.store,
            self.client,
            policy,
            self.clock,
            via,
            auto_created=self.system.auto_created,
            highest_ids=self.system.highest_ids,
            importing=lambda: types_being_imported(self.jobs),
        )

    def _client(self, buildium: Simulator) -> BuildiumClient:
        clock = self.clock
        made = BuildiumClient(
            self.system.writer._client._session,
            base_url=buildium.base_url,
            credentials=lambda: Credentials(buildium.client_id, buildium.api_key, ()),
            reload_credentials=lambda: Credentials(buildium.client_id, buildium.api_key, ()),
            rate_limit=RateLimiter(self.system.dynamodb, CONTROL, rate=9.97, clock=clock, sleep=clock.sleep),
            circuits=CircuitBreakers(self.system.dynamodb, CONTROL, clock=clock, probe=60.0),
            priority=Priority.BACKGROUND,
            timeout=PATIENCE,
            time_left=lambda: self.deadline - clock() + PATIENCE,
        )
        # Real time, unlike the rest: a page of 1,000 rows may be slow on a busy machine.
        made._timeouts = (10.0, 20.0)
        return made

    def enqueue(self, job: str, delay: int = 0) -> None:
        """A fake of the job queue."""
        self.woken.append(delay)

    def enqueue_if_stalled(self, job: str, due: float, now: float) -> None:
        """Run the function for the queued jobs."""
        JobQueue.enqueue_if_stalled(self, job, due, now)  # type: ignore[arg-type]

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
        self.imports.start(names or [each.name for each in ENTITY_TYPES])

    def work_once(self, seconds: float = TIME) -> None:
        """Run one slice of the import."""
        self.clock.sleep(self.woken.pop(0))
        self.deadline = self.clock() + seconds
        self._importer.run()

    def import_all(self, *names: str) -> ImportState:
        """Run a whole import and return its progress."""
        self.begin_import(*names)
        while self.woken:
            self.work_once()
        return self.imports.current()

    def polled(self, name: str) -> PollState:
        """The stored state of a type's poll."""
        return PollState.of(self.jobs.states([f"poll-{name}"])[f"poll-{name}"], self.clock())

    def kept(self, name: str) -> list[StoredEntity]:
        """All local entities of a type."""
        found: list[StoredEntity] = []
        cursor: str | None = None
        while True:
            page, cursor = self.system.records.page(by_name(name), limit=100, cursor=cursor)
            found += page
            if cursor is None:
                return found

    def of(self, name: str, buildium_id: int) -> StoredEntity:
        """Return the local entity of a Buildium id."""
        [kept] = [each for each in self.kept(name) if each.sync.buildium_id == buildium_id]
        return kept
