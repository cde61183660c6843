"""A function does not start when a library is missing from a layer."""

import shutil
from pathlib import Path

import pytest

from tests.runtime.conftest import problem
from tools.lambda_runtime.execution_environment import execution_environment, function_variables
from tools.local_cloud.paths import ROOT
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
    with execution_environment(function, incomplete, variables, tmp_path / "log") as environment:
        found = problem(function, environment.invoke(event))
    assert found is not None
    assert f"No module named '{library}" in found
