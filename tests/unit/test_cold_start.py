import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.environment import environment
from tools.local_cloud.paths import ROOT

RESOLVER = "aws_lambda_powertools.event_handler"
NO_FUNCTION = {"aws_xray_sdk", "jsonschema"}
OTHER_PARTS = {"buildium_sync.inbound", "buildium_sync.reconcile", "buildium_sync.webhooks"}
"""Packages that neither api nor sync needs for its first response."""
PARTS = {
    "api": ("ApiComposition", "entities"),
    "sync": ("SyncComposition", "outbound_sync(seconds, Priority.INTERACTIVE)"),
    "webhook": ("WebhookComposition", "webhook_receiver"),
    "event_processor": ("EventProcessorComposition", "event_processor(seconds)"),
    "reconcile": ("ReconcileComposition", "poller(seconds)"),
    "timeline": ("TimelineComposition", "timeline_recorder()"),
    "app_webhook": ("AppWebhookComposition", "delivery_batch"),
    "account": ("AccountComposition", "reference_lists(seconds)"),
}
"""What each function builds before its first response."""
NOT_FOR = {
    "api": {"requests", *OTHER_PARTS, "buildium_sync.buildium", "buildium_sync.timeline"},
    "sync": {RESOLVER, "asyncio", *OTHER_PARTS, "buildium_sync.api", "buildium_sync.timeline"},
    "webhook": {RESOLVER, "asyncio", "pydantic", "requests"},
    "event_processor": {RESOLVER},
    "reconcile": {RESOLVER, "asyncio"},
    "timeline": {RESOLVER, "asyncio", "requests"},
    "app_webhook": {RESOLVER, "asyncio", "buildium_sync.buildium", "buildium_sync.timeline"},
    "account": {RESOLVER, "asyncio", *OTHER_PARTS, "buildium_sync.outbound", "buildium_sync.timeline"},
    "console": {RESOLVER, "asyncio", "pydantic", "requests"},
}


@dataclass(frozen=True)
class Start:
    """State of a new process after building its handler.

    `collections`: garbage collections so far; `listed`: directories listed.
    """

    modules: frozenset[str]
    collections: int
    listed: tuple[str, ...]


def build(function: str) -> str:
    """Return the code that builds a function's parts, as its first invocation does."""
    if function not in PARTS:
        return ""
    composition, part = PARTS[function]
    priority = "from buildium_sync.buildium.rate_limiter.priority import Priority\n" if "Priority" in part else ""
    return (
        f"{priority}from buildium_sync.composition.{function} import {composition}\n"
        f"seconds = lambda: 60.0\n{composition}.current().{part}"
    )


@cache
def start(function: str) -> Start:
    code = (
        "import gc, json, sys\n"
        "collections = lambda: sum(generation['collections'] for generation in gc.get_stats())\n"
        "before = collections()\n"
        "listed = []\n"
        "sys.addaudithook(lambda name, about: listed.append(str(about[0])) if name == 'os.listdir' else None)\n"
        f"import functions.{function}.app\n"
        f"{build(function)}\n"
        "print(json.dumps([list(sys.modules), collections() - before, listed]))\n"
    )
    made_up = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers/buildium_sync")])
    run = subprocess.run(  # noqa: S603 -- it runs this file's text
        [sys.executable, "-c", code],
        env=environment() | made_up | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    modules, collections, listed = json.loads(run.stdout)
    return Start(frozenset(modules), collections, tuple(listed))


def test_the_expectations_cover_every_function() -> None:
    functions = {file.parent.name for file in (ROOT / "functions").glob("*/app.py")}
    assert PARTS.keys() | {"console"} == NOT_FOR.keys() == functions


@pytest.mark.parametrize("function", NOT_FOR)
def test_a_function_imports_no_unused_heavy_module(function: str) -> None:
    assert start(function).modules & (NO_FUNCTION | NOT_FOR[function]) == set()


@pytest.mark.parametrize("function", ["api", "sync", "event_processor", "timeline"])
def test_a_function_imports_no_entity_type_before_its_use(function: str) -> None:
    assert not {"buildium_sync.entity_types.task", "buildium_sync.entity_types.lease_charge"} & start(function).modules


@pytest.mark.parametrize("function", PARTS)
def test_a_cold_start_collects_garbage_only_before_its_composition(function: str) -> None:
    # The standard library is imported first. With the default threshold there are more than a hundred collections.
    assert start(function).collections <= 12


@pytest.mark.parametrize("function", NOT_FOR)
def test_only_service_models_in_use_are_listed(function: str) -> None:
    services = {Path(listed).name for listed in start(function).listed if Path(listed).parent.name == "data"}
    assert services <= {"dynamodb", "events", "secretsmanager", "sqs"}
