"""The schedule's flows over a `System`: polls and imports, run after run, with as much time as a test gives them."""

import pytest

from buildium_sync.api.entity_service import Kept
from buildium_sync.api.review_service import Review
from buildium_sync.buildium.circuit_breaker import Circuits
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_reader import Listing
from buildium_sync.buildium.rate_limiter.limiter import RateLimit
from buildium_sync.buildium.rate_limiter.priority import Lane
from buildium_sync.domain.entity import Via
from buildium_sync.entity_types.registry import ENTITY_TYPES, by_name
from buildium_sync.inbound.batch_applier import Observation
from buildium_sync.inbound.inbound_sync import Inbound
from buildium_sync.reconcile.imports.matcher import Matching
from buildium_sync.reconcile.imports.service import Imports
from buildium_sync.reconcile.imports.state import Import, importing
from buildium_sync.reconcile.imports.worker import Importer
from buildium_sync.reconcile.jobs.runner import Slices
from buildium_sync.reconcile.jobs.time_budget import Timing
from buildium_sync.reconcile.poll_state import Polled
from buildium_sync.reconcile.poller import Poll
from buildium_sync.settings import Credentials
from buildium_sync.store.queues import WakeQueue
from tests.aws import CONTROL
from tests.flows.system import System
from tests.moto_atomicity import make_atomic
from tests.simulator import Simulator

EVERY = 300.0
TIME = 90.0
"""Seconds that a run has."""
PATIENCE = 30.0
"""Real seconds that a call may take, beside the virtual ones: a long list takes a busy machine a while."""
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
"""Our types, by the simulator's names for them."""


class Schedule:
    """What the reconcile function does. `deadline` is when the run under way is ended."""

    def __init__(self, system: System, buildium: Simulator, patch: pytest.MonkeyPatch) -> None:
        make_atomic(system.dynamodb, patch)
        self.system = system
        self.clock = system.clock
        self.deadline = system.clock() + TIME
        self.jobs = system.jobs
        self.woken: list[int] = []
        self.client = self._client(buildium)
        self.inbound = self._inbound(Via.POLL)
        self.observation = Observation(system.store, self.inbound, workers=8)
        self.bringing = Observation(system.store, self._inbound(Via.IMPORT), workers=8)
        self.timing = Timing(EVERY, self.clock, lambda: self.deadline - self.clock())
        self.listing = Listing(self.client)
        self._poll = Poll(ENTITY_TYPES, self.listing, self.observation, self.jobs, self.timing)
        self.imports = Imports(self.jobs, self, self.clock)  # type: ignore[arg-type]
        queue = system.queue
        self.matching = Matching(system.store, queue, self.clock)  # type: ignore[arg-type]
        self.slices = Slices(self.jobs, self, self.timing)  # type: ignore[arg-type]
        types = {each.name: each for each in ENTITY_TYPES}
        self._importer = Importer(types, self.listing, self.bringing, self.matching, self.slices)
        self.review = Review(system.store, self.jobs, queue, self.clock)  # type: ignore[arg-type]

    def _inbound(self, via: Via) -> Inbound:
        policy = self.system._conflict_policy()
        return Inbound(
            self.system.store,
            self.client,
            policy,
            self.clock,
            via,
            auto_created=self.system.auto_created,
            highest_ids=self.system.highest_ids,
            importing=lambda: importing(self.jobs),
        )

    def _client(self, buildium: Simulator) -> BuildiumClient:
        clock = self.clock
        made = BuildiumClient(
            self.system.writer._client._session,
            base_url=buildium.base_url,
            credentials=lambda: Credentials(buildium.client_id, buildium.api_key, ()),
            fresh_credentials=lambda: Credentials(buildium.client_id, buildium.api_key, ()),
            rate_limit=RateLimit(self.system.dynamodb, CONTROL, rate=9.97, clock=clock, sleep=clock.sleep),
            circuits=Circuits(self.system.dynamodb, CONTROL, clock=clock, probe=60.0),
            lane=Lane.RECONCILE,
            timeout=PATIENCE,
            time_left=lambda: self.deadline - clock() + PATIENCE,
        )
        # Real time, unlike the rest: a page of a thousand may take long on a busy machine.
        made._timeouts = (10.0, 20.0)
        return made

    def wake(self, job: str, delay: int = 0) -> None:
        """Stand for the queue that wakes the function."""
        self.woken.append(delay)

    def wake_if_left(self, job: str, due: float, now: float) -> None:
        """Do what that queue does."""
        WakeQueue.wake_if_left(self, job, due, now)  # type: ignore[arg-type]

    def poll(self, seconds: float = TIME) -> int:
        """One run, which has so many seconds."""
        self.deadline = self.clock() + seconds
        return self._poll.run(self.imports.current().unfinished)

    def poll_later(self) -> int:
        """One run when every type's turn has come again."""
        self.clock.sleep(EVERY)
        return self.poll()

    def begin_import(self, *names: str) -> None:
        """Begin an import, of all types if none is named."""
        self.imports.start(names or [each.name for each in ENTITY_TYPES])

    def work_once(self, seconds: float = TIME) -> None:
        """One slice of the import."""
        self.clock.sleep(self.woken.pop(0))
        self.deadline = self.clock() + seconds
        self._importer.work()

    def import_all(self, *names: str) -> Import:
        """A whole import, and what came of it."""
        self.begin_import(*names)
        while self.woken:
            self.work_once()
        return self.imports.current()

    def polled(self, name: str) -> Polled:
        """The state of a type's poll."""
        return Polled.of(self.jobs.states([f"poll-{name}"])[f"poll-{name}"], self.clock())

    def kept(self, name: str) -> list[Kept]:
        """All entities of a type that we have."""
        found: list[Kept] = []
        cursor: str | None = None
        while True:
            page, cursor = self.system.records.page(by_name(name), limit=100, cursor=cursor)
            found += page
            if cursor is None:
                return found

    def of(self, name: str, buildium_id: int) -> Kept:
        """The one entity of ours that is one of Buildium's."""
        [kept] = [each for each in self.kept(name) if each.sync.buildium_id == buildium_id]
        return kept
