"""The layers are complete: a function does not start without a library, and what is deployed is what is locked."""

import shutil
from pathlib import Path

import pytest

from tests.runtime.conftest import problem
from tools.lambda_runtime.execution_environment import execution_environment, function_package, function_variables
from tools.lambda_runtime.verify_layer import download, verify
from tools.local_cloud import aws
from tools.local_cloud.deploy_local import STACK_NAME
from tools.local_cloud.paths import CLOUD_PYTHON, ROOT
from tools.local_cloud.state import Stack

# A function that imports the library.
IMPORTS = {
    "aws_lambda_powertools": "console",
    "pydantic": "api",
    "requests": "sync",
    "standardwebhooks": "app_webhook",
    "buildium_sync": "webhook",
}


@pytest.mark.parametrize(("library", "function"), IMPORTS.items())
def test_a_missing_library_stops_the_function(
    library: str, function: str, layers: Path, stack: Stack, tmp_path: Path
) -> None:
    incomplete = tmp_path / "opt"
    shutil.copytree(layers, incomplete, ignore=shutil.ignore_patterns(library))
    event = next((ROOT / "events").glob(f"{function}-*.json")).read_bytes()
    variables = function_variables(stack, function)
    with execution_environment(function_package(function, incomplete), variables, tmp_path / "log") as environment:
        found = problem(function, environment.invoke(event))
    assert found is not None
    assert f"No module named '{library}" in found


def test_the_deployed_layers_match_lock_file_and_sources(stack: Stack, tmp_path: Path) -> None:
    deployed = tmp_path / "deployed"
    download(aws.cloud_formation(stack.endpoint), aws.lambda_(stack.endpoint), STACK_NAME, deployed)
    local_target = {"LAYER_TARGET": f"--python {CLOUD_PYTHON}"}
    assert verify(deployed, tmp_path / "expected", CLOUD_PYTHON, local_target) == []
