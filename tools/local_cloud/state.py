"""The state of a local cloud between two commands, in its own directory."""

import fcntl
import json
import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import ROOT
from tools.local_cloud.processes import Process


@dataclass(frozen=True)
class Service:
    """A started server on loopback. The fingerprint identifies its version and configuration."""

    process: Process
    port: int
    fingerprint: str


@dataclass(frozen=True)
class Stack:
    """The deployed stack, for the tests and the demonstration. URLs have no trailing slash."""

    api_url: str
    api_key: str
    webhook_secret: str
    endpoint: str
    buildium_url: str
    simulator_url: str | None
    outputs: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)


class State:
    """A state directory: logs, the emulator's files, and the running servers."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or ROOT / ".local"
        self.logs = self.directory / "logs"
        self.temporary = self.directory / "tmp"
        self.build = self.directory / "build"
        self.environment = self.directory / "env"
        self.container_variables = self.directory / "container.json"
        self._file = self.directory / "state.json"
        self._stack = self.directory / "stack.json"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the directory. Raises LocalCloudError if another command holds it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LocalCloudError(f"Another command is running in {self.directory}.") from error
            yield

    def service(self, name: str) -> Service | None:
        """Return the server that was started with this name, None if there is none."""
        entry = self._read().get("services", {}).get(name)
        return entry and Service(Process(**entry["process"]), entry["port"], entry["fingerprint"])

    def remember(self, name: str, service: Service) -> None:
        """Store a started server."""
        content = self._read()
        content.setdefault("services", {})[name] = asdict(service)
        self._write(self._file, content)

    def value(self, name: str, default: str) -> str:
        """Return a value that stays the same as long as this directory exists."""
        content = self._read()
        value: str = content.setdefault("values", {}).setdefault(name, default)
        self._write(self._file, content)
        return value

    def has_stack(self) -> bool:
        """Return whether a stack is known to be deployed."""
        return self._stack.exists()

    def read_stack(self) -> Stack:
        """Return the deployed stack. Raises LocalCloudError if there is none."""
        if not self.has_stack():
            raise LocalCloudError("No local cloud is running. Start it with `make up`.")
        return Stack(**json.loads(self._stack.read_text()))

    def write_stack(self, stack: Stack) -> None:
        """Store the deployed stack, for the tests and for a shell."""
        self._write(self._stack, asdict(stack))
        lines = {
            "API_URL": stack.api_url,
            "API_KEY": stack.api_key,
            "BUILDIUM_WEBHOOK_SECRET": stack.webhook_secret,
            "LOCAL_CLOUD_URL": stack.endpoint,
            "SIMULATOR_URL": stack.simulator_url or "",
        }
        text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in lines.items())
        # For clients that the shell starts. The secret is not exported: the next deployment would use it as a setting.
        text += "export API_URL API_KEY\n"
        _write_privately(self.environment, text)

    def forget_stack(self) -> None:
        """Remove the state of the deployed stack."""
        for file in (self._stack, self.environment, self.container_variables):
            file.unlink(missing_ok=True)
        for directory in (self.temporary, self.build):
            shutil.rmtree(directory, ignore_errors=True)

    def _read(self) -> dict[str, Any]:
        if not self._file.exists():
            return {}
        content: dict[str, Any] = json.loads(self._file.read_text())
        return content

    @staticmethod
    def _write(file: Path, content: dict[str, Any]) -> None:
        _write_privately(file, json.dumps(content, indent=2) + "\n")


def _write_privately(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new_file = file.with_suffix(".new")
    with os.fdopen(os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(text)
    new_file.replace(file)
