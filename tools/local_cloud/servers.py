"""The two servers of the local cloud: the AWS emulator and the Buildium simulator."""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.http import session
from tools.local_cloud.paths import CLOUD_PYTHON, CLOUD_STAMP, PYTHON, ROOT
from tools.local_cloud.processes import is_running, start, stop
from tools.local_cloud.state import Service, State

CLOUD = "cloud"
SIMULATOR = "simulator"
SIMULATOR_CLIENT_ID = "simulator-client"
SIMULATOR_API_KEY = "simulator-key"
_START_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class _Server:
    """How to start a server and how to check its health."""

    command: Callable[[int], Sequence[str]]
    environment: Callable[[int], Mapping[str, str]]
    health: str
    fingerprint: str


@dataclass(frozen=True)
class Servers:
    """The running servers: their addresses (the simulator's only if it is used), and whether they have just started."""

    endpoint: str
    simulator_url: str | None
    are_new: bool


def ensure_servers(state: State, buildium_url: str | None) -> Servers:
    """Start the emulator, and the simulator unless another Buildium is given.

    If one of them is not usable, both start again with empty state. The emulator loses the records of its streams at a
    restart, and ids of one Buildium have another meaning in another.
    """
    simulated = buildium_url is None
    servers = {CLOUD: _cloud(state, buildium_url)} | ({SIMULATOR: _simulator()} if simulated else {})
    ports = {name: _running(state, name, server) for name, server in servers.items()}
    are_new = None in ports.values()
    if are_new:
        stop_services(state)
        state.forget_stack()
        ports = {name: _start(state, name, server) for name, server in servers.items()}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    return Servers(urls[CLOUD], urls.get(SIMULATOR), are_new)


def stop_services(state: State) -> list[str]:
    """Stop the started servers. Return the names of those that were running."""
    services = {name: state.service(name) for name in (SIMULATOR, CLOUD)}
    return [name for name, service in services.items() if service and stop(service.process)]


def _cloud(state: State, buildium_url: str | None) -> _Server:
    version = str(CLOUD_STAMP.stat().st_mtime_ns)
    return _Server(
        _cloud_command,
        lambda port: _cloud_environment(state, port),
        "/_ministack/health",
        f"{version} {buildium_url or SIMULATOR}",
    )


def _simulator() -> _Server:
    code = _hash_of_sources(ROOT / "tests/simulator")
    return _Server(_simulator_command, lambda _port: os.environ, "/_control/health", code)


def _running(state: State, name: str, server: _Server) -> int | None:
    service = state.service(name)
    if service is None or service.fingerprint != server.fingerprint or not is_running(service.process):
        return None
    return service.port if _is_healthy(service.port, server.health) else None


def _start(state: State, name: str, server: _Server) -> int:
    port = free_port(state.service(name))
    log = state.logs / f"{name}.log"
    state.temporary.mkdir(parents=True, exist_ok=True)
    process = start(server.command(port), server.environment(port), log, ROOT)
    state.remember(name, Service(process, port, server.fingerprint))
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while not _is_healthy(port, server.health):
        if not is_running(process) or time.monotonic() > deadline:
            stop(process)
            raise LocalCloudError(f"The {name} did not start:\n{_tail(log)}")
        time.sleep(0.1)
    return port


def _is_healthy(port: int, path: str) -> bool:
    try:
        return session().get(f"http://127.0.0.1:{port}{path}", timeout=2).ok
    except requests.RequestException:
        return False


def free_port(last: Service | None = None) -> int:
    """Return the previous port if it is free, so that addresses stay the same; else any free port."""
    for port in (last.port if last else 0, 0):
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = candidate.getsockname()[1]
            return chosen
    raise LocalCloudError("No free port on 127.0.0.1.")


def _cloud_command(_port: int) -> list[str]:
    return [str(CLOUD_PYTHON), "-m", "tools.local_cloud.emulator"]


def _cloud_environment(state: State, port: int) -> dict[str, str]:
    """Return the whole environment of the emulator and the functions, without the user's settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(state.temporary),
        "TMPDIR": str(state.temporary),
        "GATEWAY_PORT": str(port),
        # Without it the emulator listens on every interface.
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        # Enforce the policies of roles and queues, as AWS does.
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Functions inherit it. The template cannot set it, so on AWS it is never set.
        "APP_WEBHOOK_ALLOW_LOOPBACK": "true",
    }


def _simulator_command(port: int) -> list[str]:
    return [
        str(PYTHON), "-m", "tests.simulator", "--host", "127.0.0.1", "--port", str(port),
        "--client-id", SIMULATOR_CLIENT_ID, "--api-key", SIMULATOR_API_KEY,
    ]  # fmt: skip


def _hash_of_sources(directory: Path) -> str:
    content = hashlib.sha256()
    for file in sorted(directory.rglob("*.py")):
        content.update(file.read_bytes())
    return content.hexdigest()


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
