"""The whole system in one process and one virtual time: real handlers and stores; AWS and Buildium are simulated.

DynamoDB is moto's. A seed decides all durations, the order of actions and the random faults.
"""

import importlib
import itertools
import json
import random
import threading
import uuid
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from buildium_sync.composition import buildium_calls as buildium_parts

import pytest
import requests

from buildium_sync import concurrency
from buildium_sync.buildium import circuit_breaker
from buildium_sync.buildium.rate_limiter import limiter
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.registry import all_types, by_collection
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStore
from tests.aws import ENTITIES, EVENTS
from tests.faults.buildium import Buildium, HttpTransport
from tests.faults.calls import Call, CallOutcome, Calls
from tests.faults.dynamodb_limits import DynamoDBLimits
from tests.faults.lambdas import Container, Function, Invocation
from tests.faults.queues import BusClient, Queue, QueueClient, QueueSource
from tests.faults.stream import Stream
from tests.faults.timeline import Lock, Pool, Timeline, VirtualThread
from tests.flows.schedule import NAMES
from tests.harness.events import api_request, signed_webhook, webhook_request
from tests.harness.runtime import FakeClients, SecretsManager, install
from tests.simulator.in_process import ORIGIN
from tests.simulator.model import Json
from tools.local_cloud.template import load_template, logical_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

API_KEY = "canary-api-key-c4f1"
WEBHOOK_SECRET = "canary-webhook-secret-9d2e"
OLD_WEBHOOK_SECRET = "canary-old-webhook-secret-77a0"
_QUEUES = {
    "SyncDeadLetterQueue": "dead-letters",
    "SyncRetryQueue": "retry",
    "EventDeadLetterQueue": "process-dead-letters",
    "EventQueue": "process",
    "JobDeadLetterQueue": "import-dead-letters",
    "JobQueue": "reconcile",
}
"""The template's queues, dead-letter queues first, and their names here."""
_ENVIRONMENT = {
    "SYNC_RETRY_QUEUE_URL": "retry",
    "SYNC_DEAD_LETTER_QUEUE_URL": "dead-letters",
    "EVENT_QUEUE_URL": "process",
    "JOB_QUEUE_URL": "reconcile",
    "EVENT_BUS_NAME": "bus",
    "BUILDIUM_BASE_URL": f"{ORIGIN}/v1",
    "BUILDIUM_SECRET_ID": "buildium",
    "WEBHOOK_SECRET_ID": "webhooks",
    "BUILDIUM_SECRET_CACHE_SECONDS": "0",
    "BUILDIUM_OPERATING_BANK_ACCOUNT_ID": "1",
}


@dataclass(frozen=True)
class Violations:
    """Acknowledged entities that are missing locally or in Buildium, and entities that exist twice."""

    lost: tuple[str, ...]
    duplicated: tuple[str, ...]


class Compositions(MutableMapping[type, Any]):
    """The compositions of the container that runs, because each container is a process."""

    def __init__(self) -> None:
        self._outside: dict[type, Any] = {}

    @property
    def _own(self) -> dict[type, Any]:
        thread = VirtualThread.current()
        if thread is not None and isinstance(thread.process, Container):
            return thread.process.compositions
        return self._outside

    def __getitem__(self, key: type) -> Any:
        return self._own[key]

    def __setitem__(self, key: type, value: Any) -> None:
        self._own[key] = value

    def __delitem__(self, key: type) -> None:
        del self._own[key]

    def __iter__(self) -> Iterator[type]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


@dataclass
class Reply:
    """A client's response: status 0 while there is none, 502 if the function died."""

    entity_type: str = ""
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> EntityRef:
        """The created entity."""
        kept = self.body if "id" in self.body else next(part for part in self.body.values() if "id" in (part or ()))
        return EntityRef(self.entity_type, kept["id"])


class World:
    """One run. `now` is seconds since the epoch; actions happen only while time passes."""

    def __init__(self, seed: int, dynamodb: "DynamoDBClient", patch: pytest.MonkeyPatch, **settings: str) -> None:
        self.seed = seed
        self.patch = patch
        self.rng = random.Random(seed)
        random.seed(seed)
        self.timeline = Timeline(self.rng)
        self.outcome_rules: list[Callable[[Call], CallOutcome | None]] = []
        """Rules that decide a call's outcome: the first result that is not None applies."""
        self._unapplied: list[str] = []
        self.calls = Calls(self.timeline, self._decide)
        self.dynamodb = dynamodb
        self.limits = DynamoDBLimits(dynamodb, self.rng, self._clock)
        self.buildium = Buildium(self.timeline, "client-id", API_KEY)
        self.transport = HttpTransport(self.buildium, self.calls)
        self.log = self.timeline.output
        self.seeds = {
            (name, record.id)
            for name, buildium_type in NAMES.items()
            for record in self.buildium.entities.state.all(buildium_type)
        }
        """Entities that were in Buildium before the run, by local type."""
        self.acknowledged: dict[EntityRef, Json] = {}
        """Every acknowledged create, with the body that the client sent."""
        self._request_numbers = itertools.count(1)
        self.violations: Violations | None = None
        """What was lost or duplicated at convergence."""
        self.convergence_seconds: float | None = None
        """Seconds between the last fault and convergence."""
        self.schedule_runs = True
        self.schedule_seconds = 60.0
        """Seconds between two runs of the schedule."""
        self.secret = SecretsManager(
            {
                "BUILDIUM_CLIENT_ID": "client-id",
                "BUILDIUM_API_KEY": API_KEY,
                "BUILDIUM_WEBHOOK_SECRET": WEBHOOK_SECRET,
                "BUILDIUM_WEBHOOK_SECRET_PREVIOUS": "",
            }
        )
        self._queues()
        self._install(patch, settings)
        self._functions()
        self.buildium.webhook_sender.receive = self._deliver
        self._tick()

    def _queues(self) -> None:
        resources = load_template()["Resources"]
        self.queues: dict[str, Queue] = {}
        for logical, name in _QUEUES.items():
            properties = resources[logical]["Properties"]
            redrive = properties.get("RedrivePolicy")
            target = redrive and redrive["deadLetterTargetArn"]["Fn::GetAtt"].split(".")[0]
            self.queues[name] = Queue(
                name,
                self.timeline,
                properties.get("VisibilityTimeout", 30),
                self.queues[_QUEUES[target]] if redrive else None,
                redrive["maxReceiveCount"] if redrive else 0,
            )
        self.bus = BusClient(self.calls, self.queues["process"])

    def _install(self, patch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
        """Put the simulated services and the virtual clock where the system creates its clients."""
        session = requests.Session()
        session.trust_env = False
        session.mount(ORIGIN, self.transport)
        queues = QueueClient(self.calls, self.queues)
        self._intercept(patch)
        install(
            patch,
            {**_ENVIRONMENT, **settings},
            clients=FakeClients(self.dynamodb, queues, self.secret, self.bus),
            clock=self._clock,
            sleep=self._sleep,
            compositions=Compositions(),
        )
        patch.setattr(buildium_parts, "new_session", lambda *_: session)
        patch.setattr(concurrency, "ThreadPoolExecutor", Pool)
        threads = SimpleNamespace(Lock=Lock, TIMEOUT_MAX=threading.TIMEOUT_MAX)
        patch.setattr(limiter, "threading", threads)
        patch.setattr(circuit_breaker, "threading", threads)
        patch.setattr(concurrency, "threading", threads)
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=self.rng.getrandbits(128), version=4))
        patch.setattr(logger.logger_handler, "stream", self.log)

    def _intercept(self, patch: pytest.MonkeyPatch) -> None:
        real = self.dynamodb._make_api_call  # type: ignore[attr-defined]

        def call(operation: str, parameters: dict[str, Any]) -> Any:
            def effect() -> Any:
                response = self.limits.call(operation, parameters, lambda: real(operation, parameters))
                for item in _written(operation, parameters):
                    self.stream.put(item)
                return response

            return self.calls.aws("dynamodb", operation, _table(operation, parameters), parameters, effect)

        patch.setattr(self.dynamodb, "_make_api_call", call)

    def _functions(self) -> None:
        resources = load_template()["Resources"]
        self.functions: dict[str, Function] = {}
        for name in ("api", "sync", "webhook", "event_processor", "reconcile"):
            app = importlib.import_module(f"functions.{name}.app")
            properties = resources[logical_name(name)]["Properties"]
            self.functions[name] = Function(name, app.lambda_handler, properties["Timeout"], self.timeline)
        events = resources["SyncFunction"]["Properties"]["Events"]
        sync, timeline = self.functions["sync"], self.timeline
        self.stream = Stream(events["Entities"]["Properties"], sync, self.queues["dead-letters"], timeline)
        for queue, function, source in (
            ("retry", "sync", "Retries"),
            ("process", "event_processor", "Queue"),
            ("reconcile", "reconcile", "Jobs"),
        ):
            mapping = resources[logical_name(function)]["Properties"]["Events"][source]["Properties"]
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            most = mapping["ScalingConfig"]["MaximumConcurrency"]
            QueueSource(self.queues[queue], self.functions[function], timeline, mapping["BatchSize"], most)

    @property
    def now(self) -> float:
        return self.timeline.now

    @property
    def entities(self) -> EntityStore:
        return EntityStore(self.dynamodb, ENTITIES, sleep=self._sleep)

    @property
    def events(self) -> EventStore:
        return EventStore(self.dynamodb, EVENTS, clock=self._clock)

    def _clock(self) -> float:
        thread = VirtualThread.current()
        return self.now + (thread.process.ahead if thread else 0.0)

    def _sleep(self, seconds: float) -> None:
        thread = VirtualThread.current()
        assert thread is not None
        thread.sleep(seconds)

    def inject(
        self, outcome: CallOutcome, operation: str, target: str = "", process: str = "sync", times: int = 1
    ) -> None:
        """Give the next calls of an operation, whose target begins with this shell pattern, an outcome."""
        left = [times]
        self._unapplied.append(f"{outcome.name} {operation} {target}")

        def decide(call: Call) -> CallOutcome | None:
            meant = call.process == process and call.operation == operation
            if not meant or not left[0] or not fnmatchcase(call.target, f"{target}*"):
                return None
            if left[0] == times:
                self._unapplied.remove(f"{outcome.name} {operation} {target}")
            left[0] -= 1
            return outcome

        self.outcome_rules.append(decide)

    def pause_after(self, seconds: float, process: str, after: str) -> None:
        """Pause the next such process for a while after it has made a call of this operation."""
        made: set[str] = set()
        self._unapplied.append("held")

        def held(call: Call) -> float:
            if call.process != process or "held" in made:
                return 0.0
            if after in made:
                made.add("held")
                self._unapplied.remove("held")
                return seconds
            if call.operation == after:
                made.add(after)
            return 0.0

        self.calls.pause_seconds = held

    def redeliver_latest(self, made: Json) -> None:
        """Create another property in Buildium that equals the new one."""
        names = ("Name", "Address", "OperatingBankAccountId", "RentalSubType")
        self.buildium.create("rentals", {name: made[name] for name in names})

    @property
    def unapplied_faults(self) -> list[str]:
        """The scripted faults that were never applied: a run without its faults proves nothing."""
        faults = [f"{fault['kind']} {fault['path']}" for fault in self.buildium.faults() if not fault["applied"]]
        return [*self._unapplied, *faults, *(["on_commit"] if self.buildium.on_exchange else [])]

    def clear_faults(self) -> None:
        """End every fault."""
        self.outcome_rules.clear()
        self.calls.pause_seconds = lambda _call: 0.0
        self.transport.stalls = lambda: 0.0
        self.buildium.clear_faults()
        self.limits.clear()
        self.bus.rejects = lambda: False
        self.bus.duplicate_probability = self.stream.duplicate_probability = 0.0
        for queue in self.queues.values():
            queue.duplicate_probability = 0.0
        self.schedule_runs = True

    def _decide(self, call: Call) -> CallOutcome:
        verdicts = (outcome(call) for outcome in list(self.outcome_rules))
        return next((verdict for verdict in verdicts if verdict is not None), CallOutcome.PASSES)

    def _tick(self) -> None:
        """The schedule, every minute. It invokes the function asynchronously and ignores the result."""
        self.timeline.after(self.schedule_seconds, self._tick)
        if self.schedule_runs:
            self.functions["reconcile"].invoke({"detail-type": "Scheduled Event"}, lambda _invocation: None)

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.timeline.run(seconds)

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Reply:
        """Send a request as a client of the API; the response arrives as time passes."""
        collection = path.split("/")[2]
        create = method == "POST" and collection != "buildium"
        reply = Reply(by_collection(collection).name if create else "")
        request_id = f"request-{next(self._request_numbers)}"
        event = api_request(method, path, body, query=query or None, headers=headers, request_id=request_id)

        def ended(invocation: Invocation) -> None:
            if invocation.failed:
                reply.status = 502
                return
            response = invocation.result
            reply.status, reply.body = response["statusCode"], json.loads(response["body"])
            reply.headers = {name: values[0] for name, values in response["multiValueHeaders"].items()}
            if create and reply.status == 201:
                self.acknowledged[reply.ref] = body

        self.functions["api"].invoke(event, ended)
        return reply

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Reply:
        """Send a request and wait for its response."""
        reply = self.send(method, path, body, headers, **query)
        assert self.timeline.run_until(lambda: reply.status != 0, 40)
        return reply

    def create(self, collection: str, body: Json) -> EntityRef:
        """Create an entity, without waiting for its sync."""
        key = {"Idempotency-Key": f"key-{next(self._request_numbers)}"}
        required = by_collection(collection).requires_idempotency_key
        reply = self.request(
            "POST", f"/api/{collection}", body, {"Prefer": "respond-async", **(key if required else {})}
        )
        assert reply.status == 201, reply.body
        return reply.ref

    def update(self, ref: EntityRef, body: Json) -> Reply:
        """Change an entity, without waiting for its sync."""
        return self.request("PUT", self.path(ref), body, {"Prefer": "respond-async"})

    def path(self, ref: EntityRef) -> str:
        [collection] = [each.collection for each in all_types() if each.name == ref.entity_type]
        return f"/api/{collection}/{ref.entity_id}"

    def sync_of(self, ref: EntityRef) -> SyncRecord:
        record = self.entities.sync_record(ref)
        assert record is not None
        return record

    def buildium_id(self, ref: EntityRef) -> int:
        buildium_id = self.sync_of(ref).buildium_id
        assert buildium_id is not None
        return buildium_id

    def webhook(
        self, raw: bytes, headers: dict[str, str], on_status: Callable[[int], None], *, is_base64: bool = False
    ) -> None:
        """Send a request to the webhook route, as API Gateway does."""
        request_id = f"webhook-{next(self._request_numbers)}"
        event = webhook_request(raw, headers, is_base64=is_base64, request_id=request_id)

        def ended(invocation: Invocation) -> None:
            on_status(502 if invocation.failed else invocation.result["statusCode"])

        self.functions["webhook"].invoke(event, ended)

    def webhook_status(self, raw: bytes, headers: dict[str, str], *, is_base64: bool = False) -> int:
        """Return the status of the response to a request to the webhook route."""
        statuses: list[int] = []
        self.webhook(raw, headers, statuses.append, is_base64=is_base64)
        assert self.timeline.run_until(lambda: bool(statuses), 40)
        return statuses[0]

    def _deliver(self, body: Json, on_status: Callable[[int], None]) -> None:
        self.webhook(*signed_webhook(body, WEBHOOK_SECRET, self.now), on_status)

    @property
    def idle(self) -> bool:
        """Whether nothing runs and no message waits."""
        running = any(function.running for function in self.functions.values())
        waiting = self.stream.backlog + len(self.queues["retry"].messages) + len(self.queues["process"].messages)
        return not running and not waiting and not self.buildium.webhook_sender.in_flight


def _table(operation: str, parameters: dict[str, Any]) -> str:
    if operation == "TransactWriteItems":
        [action] = parameters["TransactItems"][0].values()
        return str(action["TableName"])
    if operation == "BatchGetItem":
        return str(next(iter(parameters["RequestItems"])))
    return str(parameters["TableName"])


def _written(operation: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items that a call put into the entities table."""
    if operation == "PutItem" and parameters["TableName"] == ENTITIES:
        yield parameters["Item"]
    elif operation == "TransactWriteItems":
        for action in parameters["TransactItems"]:
            if action.get("Put", {}).get("TableName") == ENTITIES:
                yield action["Put"]["Item"]
