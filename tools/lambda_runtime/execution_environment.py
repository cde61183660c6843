"""Lambda's execution environment on this machine: AWS's runtime interface emulator and client, without a container.

The emulator is a part of the SAM CLI. It starts the client, which imports a function as Lambda does.
"""

import json
import os
import platform
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools.local_cloud import aws, deploy_local
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.http import session
from tools.local_cloud.paths import ROOT, RUNTIME_PYTHON
from tools.local_cloud.processes import is_running, start, stop
from tools.local_cloud.servers import free_port
from tools.local_cloud.state import Stack, State
from tools.local_cloud.template import load_template, logical_name

LAYERS = ("DependenciesLayer", "BuildiumSyncLayer")
_INVOKE = "/2015-03-31/functions/function/invocations"
_START_TIMEOUT_SECONDS = 30
_INVOKE_TIMEOUT_SECONDS = 130
_EMULATORS = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}


def missing_tools() -> str | None:
    """Return why this machine cannot run Lambda's runtime, None if it can."""
    if platform.system() != "Linux" or platform.machine() not in _EMULATORS:
        return "The runtime interface emulator runs on Linux with x86_64 or aarch64."
    if not any(RUNTIME_PYTHON.parent.parent.glob("lib/python3*/site-packages/awslambdaric")):
        return "The runtime interface client is missing in .venv-runtime. `make runtime-test` installs it."
    return None


def build_layers(directory: Path) -> Path:
    """Build the layers with `sam build` for the runtime. Return their directory, which is /opt in Lambda."""
    state = State(directory)
    deploy_local.build(state, RUNTIME_PYTHON)
    opt = directory / "opt"
    shutil.rmtree(opt, ignore_errors=True)
    for layer in LAYERS:
        shutil.copytree(state.build / layer, opt, dirs_exist_ok=True)
    return opt


def function_variables(stack: Stack, function: str) -> dict[str, str]:
    """Return the environment variables of a deployed function, with those that Lambda itself sets."""
    name = stack.resources[logical_name(function)]
    deployed = aws.lambda_(stack.endpoint).get_function_configuration(FunctionName=name)
    own = lambda_variables(stack.endpoint, name, deployed["Timeout"], deployed["MemorySize"])
    return deployed["Environment"]["Variables"] | own


def lambda_variables(endpoint: str, name: str, timeout_seconds: int, memory_mb: int) -> dict[str, str]:
    """Return the variables that Lambda sets, with the endpoint of the AWS emulator."""
    own = {key: value for key, value in aws.environment(endpoint).items() if key.startswith(("AWS_", "NO_PROXY"))}
    return own | {
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_seconds),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        **log_variables("INFO"),
    }


def log_variables(level: str) -> dict[str, str]:
    """Return the variables that control logs when the parameter `PowertoolsLogLevel` has this value.

    Lambda sets the first two from `LoggingConfig`, and the template sets the third.
    """
    globals_ = load_template()["Globals"]["Function"]
    logging = globals_["LoggingConfig"]
    found = {"AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"]}
    if "ApplicationLogLevel" in logging:
        found["AWS_LAMBDA_LOG_LEVEL"] = _resolved(logging["ApplicationLogLevel"], level)
    elif logging["LogFormat"] == "JSON":
        found["AWS_LAMBDA_LOG_LEVEL"] = "INFO"
    return found | {
        "POWERTOOLS_LOG_LEVEL": _resolved(globals_["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"], level)
    }


def _resolved(value: Any, level: str) -> str:
    """Return the value of a part of the template that depends on `PowertoolsLogLevel` only."""
    match value:
        case str():
            return value
        case {"Ref": "PowertoolsLogLevel"}:
            return level
        case {"Fn::If": [condition, then, other]}:
            [compared, expected] = load_template()["Conditions"][condition]["Fn::Equals"]
            return _resolved(then if _resolved(compared, level) == expected else other, level)
    raise LocalCloudError(f"The log level depends on more than the parameter: {value}.")


@dataclass(frozen=True)
class Package:
    """The code of a function: its directory, the modules' directories of its layers, and its handler."""

    directory: Path
    layers: Sequence[Path]
    handler: str


def function_package(function: str, opt: Path) -> Package:
    """Return the package of a function, with the layers that `build_layers` built."""
    handler = str(load_template()["Globals"]["Function"]["Handler"])
    return Package(ROOT / "functions" / function, [opt / "python"], handler)


@dataclass(frozen=True)
class ExecutionEnvironment:
    """A started environment: its address, and the log of the emulator and the function."""

    url: str
    log: Path

    def invoke(self, event: bytes) -> Any:
        """Return the response of the function, or the error object of the runtime client."""
        response = session().post(f"{self.url}{_INVOKE}", data=event, timeout=_INVOKE_TIMEOUT_SECONDS)
        return response.json()

    def lines(self) -> list[dict[str, Any]]:
        """Return the JSON lines that the function wrote to its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@contextmanager
def execution_environment(package: Package, variables: Mapping[str, str], log: Path) -> Iterator[ExecutionEnvironment]:
    """Start an environment for a function and stop it after the block. Raises LocalCloudError if it does not start."""
    port = free_port()
    process = start(_command(port, package.handler), _environment(package) | dict(variables), log, package.directory)
    try:
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while not _accepts(port):
            if not is_running(process) or time.monotonic() > deadline:
                raise LocalCloudError(f"The runtime interface emulator did not start:\n{log.read_text()}")
            time.sleep(0.02)
        yield ExecutionEnvironment(f"http://127.0.0.1:{port}", log)
    finally:
        stop(process)


def _command(port: int, handler: str) -> list[str]:
    return [
        str(_emulator()), "--log-level", "info",
        "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
        "--runtime-api-address", f"127.0.0.1:{free_port()}",
        str(RUNTIME_PYTHON), "-m", "awslambdaric", handler,
    ]  # fmt: skip


def _emulator() -> Path:
    package = find_spec("samcli")
    if package is None or package.origin is None:
        raise LocalCloudError("The SAM CLI is not installed.")
    return Path(package.origin).parent / "local/rapid" / _EMULATORS[platform.machine()]


def _environment(package: Package) -> dict[str, str]:
    """Return Lambda's own variables. Python searches the function, then the layers, then the runtime."""
    return {
        "PATH": os.defpath,
        "HOME": str(package.directory),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(package.directory),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "PYTHONPATH": os.pathsep.join(map(str, package.layers)),
        # A deployed function cannot write bytecode.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _accepts(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
