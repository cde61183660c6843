"""All functions in one process and one thread: real handlers and flows, tables in memory, a virtual clock.

Whatever waits is due at a time: messages of queues, stream records and Buildium's webhooks. A test handles them one by
one. A run of a function can be killed before or after any of its calls to AWS or Buildium.
"""

import heapq
import itertools
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar

from buildium_sync.composition import buildium_calls as buildium_parts
from buildium_sync.composition import reconcile as reconcile_parts
from buildium_sync.composition.event_processor import EventProcessorComposition
from buildium_sync.composition.reconcile import ReconcileComposition
from buildium_sync.composition.runtime import runtime
from buildium_sync.composition.sync import SyncComposition

import pytest
import requests

from buildium_sync import concurrency
from buildium_sync.buildium import client as buildium_client
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.registry import by_name
from buildium_sync.observability import logger, metrics
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import SyncMessage
from buildium_sync.webhooks.event_parser import parse_events
from functions.api.app import lambda_handler
from tests.aws import ENTITIES
from tests.clocks import VirtualClock
from tests.harness.dynamodb import InMemoryDynamoDB
from tests.harness.events import Context, api_request
from tests.harness.runtime import FakeClients, SecretsManager, install
from tests.harness.sqs import QUEUES, RETRIES, InMemorySqs
from tests.money.buildium import API_KEY, CLIENT_ID, Buildium, InProcessAdapter
from tests.simulator import Exchange
from tests.simulator.in_process import ORIGIN
from tests.simulator.model import Json

EVENTS = "events"
REDELIVERY_SECONDS = (2.0, 600.0)
"""When a stream and a queue deliver again what a killed worker had received."""
RUN_SECONDS = 90.0
DETAIL = "detail"
"""A read of one entry, after a search has found that it may be the result of a lost create."""
_ENVIRONMENT = {
    **QUEUES,
    "EVENT_QUEUE_URL": EVENTS,
    "BUILDIUM_BASE_URL": f"{ORIGIN}/v1",
    "BUILDIUM_OPERATING_BANK_ACCOUNT_ID": "1",
    "SYNC_WAIT_SECONDS": "0",
}
CALLS = ("get_item", "batch_get_item", "put_item", "update_item", "delete_item", "transact_write_items", "query")

T = TypeVar("T")


class KilledError(BaseException):
    """The process was killed: no handler may catch it."""


class _SerialPool:
    """A thread pool that runs its work at once, so that a seed decides everything."""

    def __init__(self, _workers: int) -> None:
        pass

    def __enter__(self) -> "_SerialPool":
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def map(self, work: Callable[[Any], T], items: Any) -> list[T]:
        return [work(item) for item in items]


class _NoDeadline:
    """A deadline that never passes: no call takes real time."""

    passed = False

    def __init__(self, _seconds: float) -> None:
        pass

    def __enter__(self) -> "_NoDeadline":
        return self

    def __exit__(self, *_error: object) -> None:
        pass


class World:
    """The functions and their services. `reset` starts the history of another seed from the prepared state."""

    def __init__(self, dynamodb: InMemoryDynamoDB, patch: pytest.MonkeyPatch) -> None:
        self.dynamodb = dynamodb
        self.clock = VirtualClock()
        self.sqs = InMemorySqs(self.clock)
        self.buildium = Buildium(self.clock, self._send_webhook, self._observe)
        self._install(patch)
        self._start(0)
        self._saved: tuple[Any, Any, float] | None = None

    def _install(self, patch: pytest.MonkeyPatch) -> None:
        client = SimpleNamespace(exceptions=self.dynamodb.exceptions)
        for name in CALLS:
            setattr(client, name, self._guarded(getattr(self.dynamodb, name)))
        secret = SecretsManager({"BUILDIUM_CLIENT_ID": CLIENT_ID, "BUILDIUM_API_KEY": API_KEY})
        clients = FakeClients(client, self.sqs, secret)
        install(patch, _ENVIRONMENT, clients=clients, clock=self.clock, sleep=self.clock.sleep)
        session = requests.Session()
        session.trust_env = False
        session.mount(ORIGIN, InProcessAdapter(self.buildium, self.clock, self._call))
        patch.setattr(buildium_parts, "new_session", lambda *_: session)
        patch.setattr(buildium_client, "Deadline", _NoDeadline)
        patch.setattr(reconcile_parts, "listed_types", lambda: (by_name("lease-transaction"),))
        patch.setattr(concurrency, "ThreadPoolExecutor", _SerialPool)
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=self.rng.getrandbits(128), version=4))
        patch.setattr(logger._logger, "disabled", True)
        patch.setattr(metrics, "add_metric", _ignore)
        self.dynamodb.written = self._stream
        self.store = EntityStore(self.dynamodb, ENTITIES)  # type: ignore[arg-type]

    def _start(self, seed: int) -> None:
        self.rng = random.Random(seed)
        random.seed(seed)
        self.webhook_loss = self.webhook_duplicates = 0.0
        self.webhook_seconds = 0.0
        """The longest delay of a webhook."""
        self.calls: Counter[tuple[EntityRef, str]] = Counter()
        """The calls to Buildium by the entity that was synced and by kind: DETAIL or a method."""
        self.faults: Counter[EntityRef] = Counter()
        """The faults and kills that occurred while an entity was synced."""
        self.made: dict[int, EntityRef] = {}
        """The entity whose sync made a ledger entry, by the entry's Buildium id."""
        self.syncing: EntityRef | None = None
        self._kill: tuple[int, bool] | None = None
        self._dead = False
        self._numbers = itertools.count(1)
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def save(self) -> None:
        """Keep the current state for `reset`."""
        self._saved = self.dynamodb.snapshot(), self.buildium.snapshot(), self.clock.now

    def reset(self, seed: int) -> None:
        """Continue from the saved state, in new processes."""
        assert self._saved is not None
        tables, account, now = self._saved
        self.clock.now = now
        self._start(seed)
        self.dynamodb.restore(tables)
        self.buildium.restore(account)
        self.buildium.list_delay = lambda: 0.0
        self.sqs.queues.clear()
        runtime.compositions.clear()

    def _stream(self, table: str, item: Any) -> None:
        """Deliver the stream record of an entity that a client wrote."""
        if table == ENTITIES and item["sk"] == {"S": "entity"} and item["origin"] == {"S": "api"}:
            ref = EntityRef(item["entityType"]["S"], item["entityId"]["S"])
            message = SyncMessage(ref, int(item["version"]["N"]), item["correlationId"]["S"])
            self.later(self.rng.uniform(0.1, 1.0), lambda: self.sync(message))

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Let an action be due in so many seconds."""
        heapq.heappush(self._due, (self.clock() + seconds, next(self._numbers), act))

    def kill_next(self, calls: int, *, is_before: bool) -> None:
        """Kill the next run of a function at its call of this number, before or after the call has its effect."""
        self._kill = calls, is_before

    def clear_kill(self) -> None:
        """Kill no run."""
        self._kill = None

    def _guarded(self, call: Callable[..., T]) -> Callable[..., T]:
        return lambda **arguments: self._call(lambda: call(**arguments))

    def _call(self, effect: Callable[[], T]) -> T:
        if self._dead:
            raise KilledError
        if self._kill is None:
            return effect()
        left, is_before = self._kill
        self._kill = left - 1, is_before
        if left > 1:
            return effect()
        self._dead = True
        if not is_before:
            effect()
        raise KilledError

    def run(self, act: Callable[[], T]) -> T | None:
        """Run a function, and return its result, None if it was killed."""
        try:
            return act()
        except KilledError:
            self._dead, self._kill = False, None
            runtime.compositions.clear()
            if self.syncing is not None:
                self.faults[self.syncing] += 1
            return None

    def request(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any] | None:
        """Send a request to the API, and return the status and the body; None if the function was killed."""
        headers = {"Idempotency-Key": key} if key else None
        event = api_request(method, path, body, headers=headers)
        response = self.run(lambda: lambda_handler(event, Context("request", "api", lambda: 29.0)))
        return None if response is None else (response["statusCode"], json.loads(response["body"]))

    def sync(self, message: SyncMessage) -> None:
        """Process a message in the sync function. After a kill it is delivered again."""
        self.syncing = message.ref
        flow = SyncComposition.current().outbound_sync(_time_left, Priority.INTERACTIVE)
        if self.run(lambda: (flow.sync(message),)) is None:
            self.later(self.rng.choice(REDELIVERY_SECONDS), lambda: self.sync(message))
        self.syncing = None

    def sweep(self) -> None:
        """Queue the syncs that are stuck."""
        ReconcileComposition.current().sweeper().run()

    def schedule(self) -> None:
        """Run the sweep, and the polls of ledger entries and of balances."""

        def act() -> None:
            self.sweep()
            reconcile = ReconcileComposition.current()
            reconcile.poller(_time_left).run()
            reconcile.balance_poller(_time_left).run()

        self.run(act)

    def step(self) -> bool:
        """Handle what is due next; False if nothing is left."""
        for url, handle in ((RETRIES, self._retry), (EVENTS, self._process)):
            while message := self.sqs.take(url):
                body = message.body
                self.later(max(0.0, message.visible_at - self.clock()), _bound(handle, body))
        if not self._due:
            return False
        at, _, act = heapq.heappop(self._due)
        self.clock.now = max(self.clock.now, at)
        act()
        return True

    def _retry(self, body: str) -> None:
        message = SyncMessage.from_json(body)
        assert message is not None
        self.sync(message)

    def _process(self, body: str) -> None:
        processor = EventProcessorComposition.current().event_processor(_time_left)

        def act() -> bool:
            processor.process(body)
            return True

        if self.run(act) is None:
            self.later(REDELIVERY_SECONDS[1], lambda: self._process(body))

    def _send_webhook(self, payload: Json) -> None:
        """Deliver a webhook late, twice or never. A deletion is never lost, since no poll would notice it."""
        if self.syncing is not None and payload["EventName"] == "LeaseTransaction.Created":
            self.made[payload["TransactionId"]] = self.syncing
        if self.rng.random() < self.webhook_loss and not payload["EventName"].endswith("Deleted"):
            return
        now = self.clock()
        events = parse_events(payload, sent=now, received_at=format_iso(now), correlation_id="webhook")
        for _ in range(1 + (self.rng.random() < self.webhook_duplicates)):
            for event in events:
                body = json.dumps({"detail": event})
                self.later(self.rng.uniform(0.1, 0.1 + self.webhook_seconds), _bound(self._process, body))

    def _observe(self, exchange: Exchange) -> None:
        if self.syncing is None:
            return
        is_detail = exchange.path.startswith("/v1/generalledger/transactions/")
        self.calls[self.syncing, DETAIL if is_detail else exchange.method] += 1
        self.faults[self.syncing] += exchange.fault is not None

    def sync_of(self, ref: EntityRef) -> SyncRecord:
        """Return the sync record of an entity."""
        record = self.store.sync_record(ref)
        assert record is not None
        return record

    def queue_again(self, ref: EntityRef) -> None:
        """Deliver a message about an entity once more."""
        message = SyncMessage.of(self.sync_of(ref))
        self.later(self.rng.uniform(0.0, 5.0), lambda: self.sync(message))


def _bound(act: Callable[[str], None], body: str) -> Callable[[], None]:
    return lambda: act(body)


def _ignore(*_arguments: object, **_options: object) -> None:
    return None


def _time_left() -> float:
    return RUN_SECONDS
