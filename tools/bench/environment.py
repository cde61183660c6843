"""The environment of the benchmarks: the deployed artifacts, the AWS emulator and the Buildium simulator."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from buildium_sync.api.client_request import Author
from buildium_sync.api.entity_service import EntityService
from buildium_sync.domain.entity import EntityRef
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.entities import EntityStore
from tests.aws import ACTIVITY, CONTROL, ENTITIES, EVENTS, create_tables
from tests.environment import environment as template_environment
from tests.flows.system import PROPERTY
from tests.simulator import RemoteSimulator
from tools.lambda_runtime.execution_environment import Package, build_layers, lambda_variables
from tools.local_cloud import aws
from tools.local_cloud.down import take_down
from tools.local_cloud.paths import ROOT, UV
from tools.local_cloud.progress import step
from tools.local_cloud.servers import SIMULATOR_API_KEY, SIMULATOR_CLIENT_ID, Servers, ensure_servers
from tools.local_cloud.state import State
from tools.local_cloud.template import load_template

PYTHON = ROOT / ".venv-bench/bin/python"
PEERS = ROOT / "tools/bench/peers"
DIRECTORY = ROOT / ".local-bench"
SIGNING_KEY = token_hex(16)
_BUS = "bench"
_FUNCTION_TIMEOUT_SECONDS = 100
_QUEUES = (
    "SYNC_RETRY_QUEUE_URL",
    "SYNC_DEAD_LETTER_QUEUE_URL",
    "EVENT_QUEUE_URL",
    "EVENT_DEAD_LETTER_QUEUE_URL",
    "JOB_QUEUE_URL",
    "SCHEDULE_FAILURE_QUEUE_URL",
    "JOB_DEAD_LETTER_QUEUE_URL",
    "TIMELINE_DEAD_LETTER_QUEUE_URL",
)


@dataclass(frozen=True)
class Stage:
    """The build, its layers as in /opt, the environment variables, the store and the simulator."""

    build: Path
    layers: Path
    environment: dict[str, str]
    store: EntityStore
    simulator: RemoteSimulator

    def path_of(self, function: str) -> list[Path]:
        """Return the paths of a function's modules: its own, then those of the layers."""
        return [ROOT / "functions" / function, self.layers / "python"]

    def entity(self) -> EntityRef:
        """Store a property with a unique name through the API's service."""
        records = EntityService(self.store, time.time, time.sleep)
        body = {**PROPERTY, "name": f"Bench {uuid.uuid4()}"}
        return records.create(by_name("property"), body, Author("bench")).entity.ref


@contextmanager
def set_up() -> Iterator[Stage]:
    """Build as `sam build` does for the bench's interpreter, and start the servers. They stop after the block."""
    state = State(DIRECTORY)
    with state.lock():
        take_down(state)
        with step("Building with sam build, for this machine"):
            layers = build_layers(DIRECTORY)
        with step("Installing the usual deployment, without bytecode"):
            _install_usual(DIRECTORY / "usual")
        with step("Starting the emulator and the simulator"):
            servers = ensure_servers(State(DIRECTORY / "servers"), None)
        try:
            yield _furnish(state, layers, servers)
        finally:
            take_down(State(DIRECTORY / "servers"))


def _install_usual(directory: Path) -> None:
    """Install the layer's requirements and the peers' code without bytecode, as `sam build` does."""
    requirements = ROOT / "layers/dependencies/requirements.txt"
    subprocess.run(
        [str(UV), "pip", "install", "--quiet", "--require-hashes", "--no-compile-bytecode", "--python", str(PYTHON),
         "--target", str(directory), "-r", str(requirements)],
        check=True,
    )  # fmt: skip
    for file in PEERS.glob("*.py"):
        (directory / file.name).write_text(file.read_text())


def _furnish(state: State, layers: Path, servers: Servers) -> Stage:
    session = aws.session()
    dynamodb = session.client("dynamodb", endpoint_url=servers.endpoint)
    create_tables(dynamodb)
    sqs = session.client("sqs", endpoint_url=servers.endpoint)
    queues = {name: sqs.create_queue(QueueName=name.lower().replace("_", "-"))["QueueUrl"] for name in _QUEUES}
    session.client("events", endpoint_url=servers.endpoint).create_event_bus(Name=_BUS)
    manager = session.client("secretsmanager", endpoint_url=servers.endpoint)
    key = {"BUILDIUM_CLIENT_ID": SIMULATOR_CLIENT_ID, "BUILDIUM_API_KEY": SIMULATOR_API_KEY}
    manager.create_secret(Name="buildium", SecretString=json.dumps(key))
    manager.create_secret(Name="webhooks", SecretString=json.dumps({"BUILDIUM_WEBHOOK_SECRET": SIGNING_KEY}))
    memory_mb = load_template()["Globals"]["Function"]["MemorySize"]
    own = lambda_variables(servers.endpoint, "bench", _FUNCTION_TIMEOUT_SECONDS, memory_mb)
    environment = template_environment() | own | queues | {
        "ENTITIES_TABLE": ENTITIES, "EVENTS_TABLE": EVENTS, "CONTROL_TABLE": CONTROL, "TIMELINE_TABLE": ACTIVITY,
        "TABLE": ENTITIES, "EVENT_BUS_NAME": _BUS, "BUILDIUM_SECRET_ID": "buildium", "WEBHOOK_SECRET_ID": "webhooks",
        "BUILDIUM_BASE_URL": f"{servers.simulator_url}/v1", "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    }  # fmt: skip
    store, simulator = EntityStore(dynamodb, ENTITIES), RemoteSimulator(servers.simulator_url or "")
    return Stage(state.build, layers, environment, store, simulator)


@dataclass(frozen=True)
class Program:
    """A program and the paths of its modules. Deployed code cannot write bytecode."""

    module: str
    path: list[Path]
    reads_only: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    """The environment variables of the template."""

    def start(self, stage: Stage, event: dict[str, Any], *mode: str) -> subprocess.Popen[str]:
        """Start it with an event."""
        file = DIRECTORY / "event.json"
        file.write_text(json.dumps(event))
        flags = ["-B"] if self.reads_only else []
        command = [str(PYTHON), *flags, str(ROOT / "tools/bench/candidate.py"), self.module, str(file), *mode]
        path = os.pathsep.join(map(str, self.path))
        return subprocess.Popen(
            command,
            env=stage.environment | {**self.settings, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
        )

    def package(self) -> Package:
        """Return it as the package of a function. A program that may write bytecode has the libraries of the bench."""
        libraries = [] if self.reads_only else [*ROOT.glob(".venv-bench/lib/python3*/site-packages")]
        return Package(self.path[0], [*self.path[1:], *libraries], f"{self.module}.lambda_handler")

    def once(self, stage: Stage, event: dict[str, Any]) -> dict[str, Any]:
        """Return the first result of a new process. Raises RuntimeError unless its response is a success."""
        with self.start(stage, event) as process:
            return first_result(process)


def product_program(stage: Stage, function: str) -> Program:
    """Return a function of the product as it is deployed."""
    common = load_template()["Globals"]["Function"]["Environment"]["Variables"]
    settings = {name: value for name, value in common.items() if isinstance(value, str)}
    return Program("app", stage.path_of(function), settings=settings)


def first_result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the first line that a program prints, parsed. Raises RuntimeError unless the response is a success."""
    assert process.stdout is not None  # noqa: S101 -- stdout is a pipe
    result: dict[str, Any] = json.loads(process.stdout.readline())
    require_success(result["response"], process.args)
    return result


def require_success(response: Mapping[str, Any], source: object) -> None:
    """Raise RuntimeError unless a function's response is a success."""
    has_error = "errorType" in response or response.get("statusCode", 200) not in (200, 201)
    if has_error or response.get("batchItemFailures"):
        raise RuntimeError(f"{source!r} returned {response}")


def peers() -> dict[str, Program]:
    """Return the peers with bytecode, and the usual deployment as `sam build` leaves it."""
    modules = {
        "bare + json": "bare_json",
        "bare + pydantic": "bare_pydantic",
        "Chalice": "chalice_app",
        "powertools, validation": "powertools_usual",
        "Flask, WSGI adapter": "flask_wsgi",
        "FastAPI, Mangum": "fastapi_mangum",
    }
    found = {name: Program(module, [PEERS], reads_only=False) for name, module in modules.items()}
    return found | {"usual deployment, no bytecode": Program("powertools_usual", [DIRECTORY / "usual"])}
