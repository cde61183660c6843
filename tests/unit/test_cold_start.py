import json
import os
import subprocess
import sys

import pytest

from local.paths import ROOT

RESOLVER = "aws_lambda_powertools.event_handler"
NOBODY = {"boto3", "s3transfer", "multiprocessing", "aws_xray_sdk", "jsonschema"}
PARTS = {
    "api": "records()",
    "sync": "outbound(seconds, Lane.WAITING)",
    "webhook": "reception()",
    "process": "processing(seconds)",
    "reconcile": "sweep(), poll(seconds)",
    "observe": "recorder()",
    "pages": "None",
}
"""What each function builds before its first answer."""
NOT_FOR = {
    "api": {"requests"},
    "sync": {RESOLVER, "asyncio"},
    "webhook": {RESOLVER, "asyncio", "pydantic", "requests"},
    "process": {RESOLVER},
    "reconcile": {RESOLVER, "asyncio"},
    "observe": {RESOLVER, "asyncio", "requests"},
    "pages": {RESOLVER, "asyncio", "pydantic", "requests"},
}


def imported(function: str) -> set[str]:
    """The modules that a fresh process has once it has built what the function answers with."""
    code = (
        "import json, sys\n"
        f"import functions.{function}.app\n"
        "from buildium_sync.buildium.lanes import Lane\n"
        "from buildium_sync.wiring import *\n"
        "seconds = lambda: 60.0\n"
        f"{PARTS[function]}\n"
        "print(json.dumps(list(sys.modules)))\n"
    )
    made_up = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers/buildium_sync")])
    run = subprocess.run(  # noqa: S603 -- it runs this file's text
        [sys.executable, "-c", code], env=made_up | {"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return set(json.loads(run.stdout))


def test_every_function_is_listed() -> None:
    functions = {file.parent.name for file in (ROOT / "functions").glob("*/app.py")}
    assert PARTS.keys() == NOT_FOR.keys() == functions


@pytest.mark.parametrize("function", PARTS)
def test_a_function_imports_nothing_heavy_that_it_does_not_use(function: str) -> None:
    assert imported(function) & (NOBODY | NOT_FOR[function]) == set()
