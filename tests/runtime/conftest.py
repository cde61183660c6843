"""Functions under Lambda's own runtime, against the local cloud of `make runtime-test`."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.contract.location import REQUIRED_VARIABLE
from tests.harness.receiver import receiver
from tools.lambda_runtime.execution_environment import (
    ExecutionEnvironment,
    build_layers,
    execution_environment,
    function_package,
    function_variables,
    missing_tools,
)
from tools.local_cloud.run_e2e import APP_WEBHOOK_SECRET, RECEIVER_VARIABLE, STATE_VARIABLE
from tools.local_cloud.state import Stack, State

Environment = Callable[[str], ExecutionEnvironment]
"""Returns the execution environment of a function, by the name of its folder."""


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The deployed stack. Without one, or without the tools, the tests are skipped unless all are required."""
    directory = os.environ.get(STATE_VARIABLE)
    reason = missing_tools() if directory else "`make runtime-test` starts the local cloud for this test."
    if directory is None or reason is not None:
        (pytest.fail if os.environ.get(REQUIRED_VARIABLE) else pytest.skip)(str(reason))
    return State(Path(directory)).read_stack()


@pytest.fixture(scope="session")
def layers(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers as built by `sam build`, as Lambda has them in /opt."""
    return build_layers(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="session")
def environment(stack: Stack, layers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Each function has one environment for the whole run, as one that stays warm."""
    logs = tmp_path_factory.mktemp("logs")
    started: dict[str, ExecutionEnvironment] = {}
    with ExitStack() as environments, receiver(APP_WEBHOOK_SECRET, int(os.environ[RECEIVER_VARIABLE])):

        def start(function: str) -> ExecutionEnvironment:
            if function not in started:
                variables = function_variables(stack, function)
                package = function_package(function, layers)
                log = logs / f"{function}.log"
                started[function] = environments.enter_context(execution_environment(package, variables, log))
            return started[function]

        yield start


def problem(function: str, response: Any) -> str | None:
    """Return what is wrong with a response of a function, None if nothing is."""
    if not isinstance(response, dict):
        return f"no JSON object: {response!r}"
    if "errorType" in response:
        return f"{response['errorType']}: {response.get('errorMessage')}"
    if "statusCode" in response:
        return None if response["statusCode"] < 500 else f"status {response['statusCode']}: {response.get('body')}"
    return None if "batchItemFailures" in response or function == "reconcile" else f"unknown response: {response}"
