"""The documented commands of `make sam-local` run each function in a container, where Docker or Podman is available."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.runtime.conftest import problem
from tools.lambda_runtime.sam_local import bridge_address, build, invoke
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import ROOT
from tools.local_cloud.run_e2e import STATE_VARIABLE
from tools.local_cloud.state import Stack, State

COMMANDS = re.findall(
    r"^make sam-local FUNCTION=(\w+) +EVENT=(\S+)", (ROOT / "docs/development.md").read_text(), re.MULTILINE
)


@pytest.fixture(scope="module")
def gateway() -> str:
    """The address of this machine for containers."""
    try:
        return bridge_address()
    except LocalCloudError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def template(gateway: str, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template for `sam local`, built once."""
    return build(State(Path(os.environ[STATE_VARIABLE])), State(tmp_path_factory.mktemp("container")))


def test_one_command_is_documented_for_each_function() -> None:
    functions = sorted(file.parent.name for file in (ROOT / "functions").glob("*/app.py"))
    assert sorted(function for function, _ in COMMANDS) == functions


@pytest.mark.parametrize(("function", "event"), COMMANDS)
def test_a_function_runs_in_a_container(function: str, event: str, template: Path, gateway: str) -> None:
    done = invoke(State(Path(os.environ[STATE_VARIABLE])), template, gateway, function, ROOT / event)
    assert done.returncode == 0
    assert problem(function, json.loads(done.stdout)) is None
