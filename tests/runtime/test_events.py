"""Every function handles every file of `events/` under Lambda's runtime interface client."""

from pathlib import Path

import pytest

from tests.runtime.conftest import Environment, problem
from tools.local_cloud.paths import ROOT

CASES = sorted((ROOT / "events").glob("*.json"))


@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.stem))
def test_a_function_handles_every_event(file: Path, environment: Environment) -> None:
    function = file.stem.split("-")[0]
    assert problem(function, environment(function).invoke(file.read_bytes())) is None
