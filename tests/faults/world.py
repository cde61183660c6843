"""The whole system in one process and one virtual time: real handlers and stores; AWS and Buildium are simulated.

DynamoDB is moto's. A seed decides how long everything takes, what happens first, and which faults strike.
"""

import base64
import importlib
import itertools
import json
import random
import threading
import uuid
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from buildium_sync.composition import buildium as buildium_parts
from buildium_sync.composition.runtime import runtime

import pytest
import requests

from buildium_sync import concurrency
from buildium_sync.buildium import circuit_breaker
from buildium_sync.buildium.rate_limiter import limiter
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.registry import ENTITY_TYPES, by_collection
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStore
from tests.aws import ACTIVITY, CONTROL, ENTITIES, EVENTS
from tests.faults.buildium import ORIGIN, Buildium, Wire, signed
from tests.faults.calls import Call, Calls, Fate
from tests.faults.lambdas import Container, Function, Invocation
from tests.faults.queues import BusClient, Queue, QueueClient, QueueSource
from tests.faults.stream import Stream
from tests.faults.timeline import Lock, Pool, Strand, Timeline
from tests.flows.schedule import NAMES
from tests.functions.api import forget, request
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
    "ENTITIES_TABLE": ENTITIES,
    "EVENTS_TABLE": EVENTS,
    "CONTROL_TABLE": CONTROL,
    "TIMELINE_TABLE": ACTIVITY,
    "SYNC_RETRY_QUEUE_URL": "retry",
    "SYNC_DEAD_LETTER_QUEUE_URL": "dead-letters",
    "EVENT_QUEUE_URL": "process",
    "JOB_QUEUE_URL": "reconcile",
    "EVENT_BUS_NAME": "bus",
    "BUILDIUM_BASE_URL": f"{ORIGIN}/v1",
    "BUILDIUM_SECRET_ID": "buildium",
    "BUILDIUM_SECRET_CACHE_SECONDS": "0",
    "BUILDIUM_OPERATING_BANK_ACCOUNT_ID": "1",
}


@dataclass(frozen=True)
class Damage:
    """What a run has cost: entities that were accepted and are not kept or not in Buildium, and those made twice."""

    lost: tuple[str, ...]
    duplicated: tuple[str, ...]


class Secret:
    """The credentials in Secrets Manager. `values` can change at any time."""

    def __init__(self) -> None:
        self.values = {
            "BUILDIUM_CLIENT_ID": "client-id",
            "BUILDIUM_API_KEY": API_KEY,
            "BUILDIUM_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "BUILDIUM_WEBHOOK_SECRET_PREVIOUS": "",
        }

    def get_secret_value(self, **_arguments: str) -> dict[str, str]:
        return {"SecretString": json.dumps(self.values)}


class Compositions(MutableMapping[type, Any]):
    """The compositions of the container that runs, because each container is a process."""

    def __init__(self) -> None:
        self._outside: dict[type, Any] = {}

    @property
    def _own(self) -> dict[type, Any]:
        strand = Strand.current()
        if strand is not None and isinstance(strand.process, Container):
            return strand.process.compositions
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
    """What a client gets for a request: status 0 while nothing has come, 502 when the function died."""

    entity_type: str = ""
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> EntityRef:
        """The entity that a create made."""
        kept = self.body if "id" in self.body else next(part for part in self.body.values() if "id" in (part or ()))
        return EntityRef(self.entity_type, kept["id"])


class World:
    """One run. `now` is seconds since the epoch; everything else happens when time passes."""

    def __init__(self, seed: int, dynamodb: "DynamoDBClient", patch: pytest.MonkeyPatch, **settings: str) -> None:
        self.seed = seed
        self.patch = patch
        self.chance = random.Random(seed)
        random.seed(seed)
        self.timeline = Timeline(self.chance)
        self.fates: list[Callable[[Call], Fate | None]] = []
        """What strikes calls: the first that says something but None decides."""
        self._due: list[str] = []
        self.calls = Calls(self.timeline, self._judge)
        self.dynamodb = dynamodb
        self.buildium = Buildium(self.timeline, "client-id", API_KEY)
        self.wire = Wire(self.buildium, self.calls)
        self.log = self.timeline.output
        self.seeds = {
            (name, record.id) for name, theirs in NAMES.items() for record in self.buildium.entities.state.all(theirs)
        }
        """Entities that were at Buildium before, by our names of the types."""
        self.accepted: dict[EntityRef, Json] = {}
        """Every acknowledged create, with the body that the client sent."""
        self._request_numbers = itertools.count(1)
        self.cost: Damage | None = None
        """What the run has cost when it came to an end."""
        self.took: float | None = None
        """Seconds after the last fault in which everything came to an end."""
        self.schedule_runs = True
        self.every = 60.0
        """Seconds between two runs of the schedule."""
        self.secret = Secret()
        self._queues()
        self._install(patch, settings)
        self._functions()
        self.buildium.post.receive = self._deliver
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
        """Put the simulated outside where the system makes its clients and looks at its clock."""
        for name, value in {**_ENVIRONMENT, **settings}.items():
            patch.setenv(name, value)
        forget()
        session = requests.Session()
        session.trust_env = False
        session.mount(ORIGIN, self.wire)
        queues = QueueClient(self.calls, self.queues)
        self._intercept(patch)
        clients = SimpleNamespace(
            dynamodb=self.dynamodb,
            best_effort_dynamodb=self.dynamodb,
            sqs=queues,
            eventbridge=self.bus,
            secrets_manager=self.secret,
        )
        patch.setattr(runtime, "clients", clients)
        patch.setattr(runtime, "clock", self._clock)
        patch.setattr(runtime, "sleep", self._sleep)
        patch.setattr(runtime, "compositions", Compositions())
        patch.setattr(buildium_parts, "new_session", lambda *_: session)
        patch.setattr(concurrency, "ThreadPoolExecutor", Pool)
        threads = SimpleNamespace(Lock=Lock, TIMEOUT_MAX=threading.TIMEOUT_MAX)
        patch.setattr(limiter, "threading", threads)
        patch.setattr(circuit_breaker, "threading", threads)
        patch.setattr(concurrency, "threading", threads)
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=self.chance.getrandbits(128), version=4))
        patch.setattr(logger.logger_handler, "stream", self.log)

    def _intercept(self, patch: pytest.MonkeyPatch) -> None:
        real = self.dynamodb._make_api_call  # type: ignore[attr-defined]

        def call(operation: str, parameters: dict[str, Any]) -> Any:
            def effect() -> Any:
                answer = real(operation, parameters)
                for item in _written(operation, parameters):
                    self.stream.put(item)
                return answer

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
        strand = Strand.current()
        return self.now + (strand.process.ahead if strand else 0.0)

    def _sleep(self, seconds: float) -> None:
        strand = Strand.current()
        assert strand is not None
        strand.sleep(seconds)

    def strike(self, fate: Fate, operation: str, target: str = "", process: str = "sync", times: int = 1) -> None:
        """Let a fate strike the next calls of an operation, whose target begins so."""
        left = [times]
        self._due.append(f"{fate.name} {operation} {target}")

        def judge(call: Call) -> Fate | None:
            meant = call.process == process and call.operation == operation and call.target.startswith(target)
            if not meant or not left[0]:
                return None
            if left[0] == times:
                self._due.remove(f"{fate.name} {operation} {target}")
            left[0] -= 1
            return fate

        self.fates.append(judge)

    def hold(self, seconds: float, process: str, after: str) -> None:
        """Let the next such process stand still for a while once it has made a call of this operation."""
        made: set[str] = set()
        self._due.append("held")

        def held(call: Call) -> float:
            if call.process != process or "held" in made:
                return 0.0
            if after in made:
                made.add("held")
                self._due.remove("held")
                return seconds
            if call.operation == after:
                made.add(after)
            return 0.0

        self.calls.holds = held

    def double_the_newest(self, made: Json) -> None:
        """Have a person create another property in Buildium that equals the one just made."""
        names = ("Name", "Address", "OperatingBankAccountId", "RentalSubType")
        self.buildium.create("rentals", {name: made[name] for name in names})

    @property
    def due(self) -> list[str]:
        """The scripted faults that were never applied: a run without its faults proves nothing."""
        faults = [f"{fault['kind']} {fault['path']}" for fault in self.buildium.faults() if not fault["applied"]]
        return [*self._due, *faults, *(["on_commit"] if self.buildium.on_exchange else [])]

    def calm(self) -> None:
        """End every fault."""
        self.fates.clear()
        self.calls.holds = lambda _call: 0.0
        self.wire.stalls = lambda: 0.0
        self.buildium.calm()
        self.bus.refuses = lambda: False
        self.bus.twice = self.stream.twice = 0.0
        for queue in self.queues.values():
            queue.twice = 0.0
        self.schedule_runs = True

    def _judge(self, call: Call) -> Fate:
        verdicts = (fate(call) for fate in list(self.fates))
        return next((verdict for verdict in verdicts if verdict is not None), Fate.PASSES)

    def _tick(self) -> None:
        """The schedule, every minute. It asks Lambda to run the function and does not look how it ends."""
        self.timeline.after(self.every, self._tick)
        if self.schedule_runs:
            self.functions["reconcile"].invoke({"detail-type": "Scheduled Event"}, lambda _invocation: None)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self.timeline.run(seconds)

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Reply:
        """Send a request as a client of the API; the answer comes as time passes."""
        collection = path.split("/")[2]
        create = method == "POST" and collection != "buildium"
        reply = Reply(by_collection(collection).name if create else "")
        event = request(method, path, body, query=query or None, headers=headers)
        event["requestContext"] = {**event["requestContext"], "requestId": f"request-{next(self._request_numbers)}"}

        def ended(invocation: Invocation) -> None:
            if invocation.failed:
                reply.status = 502
                return
            answer = invocation.result
            reply.status, reply.body = answer["statusCode"], json.loads(answer["body"])
            reply.headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
            if create and reply.status == 201:
                self.accepted[reply.ref] = body

        self.functions["api"].invoke(event, ended)
        return reply

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Reply:
        """Send a request and wait for its answer."""
        reply = self.send(method, path, body, headers, **query)
        assert self.timeline.run_until(lambda: reply.status != 0, 40)
        return reply

    def create(self, collection: str, body: Json) -> EntityRef:
        """Create an entity, without waiting for its sync."""
        reply = self.ask("POST", f"/api/{collection}", body, {"Prefer": "respond-async"})
        assert reply.status == 201, reply.body
        return reply.ref

    def update(self, ref: EntityRef, body: Json) -> Reply:
        """Change an entity, without waiting for its sync."""
        return self.ask("PUT", self.path(ref), body, {"Prefer": "respond-async"})

    def path(self, ref: EntityRef) -> str:
        [collection] = [each.collection for each in ENTITY_TYPES if each.name == ref.entity_type]
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
        self, raw: bytes, headers: dict[str, str], answered: Callable[[int], None], *, is_base64: bool = False
    ) -> None:
        """Hand a request to the webhook route, as API Gateway does."""
        event = {
            "httpMethod": "POST",
            "path": "/api/webhooks/buildium",
            "headers": headers,
            "requestContext": {"requestId": f"webhook-{next(self._request_numbers)}"},
            "body": base64.b64encode(raw).decode() if is_base64 else raw.decode(),
            "isBase64Encoded": is_base64,
        }

        def ended(invocation: Invocation) -> None:
            answered(502 if invocation.failed else invocation.result["statusCode"])

        self.functions["webhook"].invoke(event, ended)

    def answer_to(self, raw: bytes, headers: dict[str, str], *, is_base64: bool = False) -> int:
        """Return the status that a request to the webhook route is answered with."""
        statuses: list[int] = []
        self.webhook(raw, headers, statuses.append, is_base64=is_base64)
        assert self.timeline.run_until(lambda: bool(statuses), 40)
        return statuses[0]

    def _deliver(self, body: Json, answered: Callable[[int], None]) -> None:
        self.webhook(*signed(body, WEBHOOK_SECRET, self.now), answered)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way or waits for its turn."""
        running = any(function.running for function in self.functions.values())
        waiting = self.stream.backlog + len(self.queues["retry"].messages) + len(self.queues["process"].messages)
        return not running and not waiting and not self.buildium.post.on_their_way


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
