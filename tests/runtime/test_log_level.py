"""The log level of the template's parameter works under Lambda's runtime interface client."""

from pathlib import Path

import pytest

from tools.lambda_runtime.execution_environment import (
    execution_environment,
    function_package,
    function_variables,
    log_variables,
)
from tools.local_cloud.paths import ROOT
from tools.local_cloud.state import Stack
from tools.local_cloud.template import load_template

LOGGED = {"INFO": {"INFO", "WARNING", "ERROR"}, "WARNING": {"WARNING", "ERROR"}, "ERROR": {"ERROR"}}
# At INFO the first event logs a warning and the second one an error.
CASES = ("webhook-bad-signature", "event_processor-poison")


def test_every_level_of_the_parameter_is_tested() -> None:
    assert load_template()["Parameters"]["PowertoolsLogLevel"]["AllowedValues"] == [*LOGGED]


@pytest.mark.parametrize("level", LOGGED)
def test_only_lines_of_the_level_and_above_are_logged(level: str, layers: Path, stack: Stack, tmp_path: Path) -> None:
    logged = set()
    for case in CASES:
        function = case.split("-")[0]
        variables = function_variables(stack, function) | log_variables(level)
        with execution_environment(function_package(function, layers), variables, tmp_path / case) as environment:
            environment.invoke((ROOT / f"events/{case}.json").read_bytes())
            logged |= {line["level"] for line in environment.lines() if "level" in line}
    assert logged == LOGGED[level]
