"""Shared by the tests of functions with queues, streams and schedules."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from buildium_sync.composition.runtime import Composition, runtime

import pytest

ROOT = Path(__file__).parents[2]


def load(function: str) -> ModuleType:
    """Return a function's app as a separate module, as Lambda imports it."""
    spec = importlib.util.spec_from_file_location(f"{function}_app", ROOT / "functions" / function / "app.py")
    assert spec is not None
    assert spec.loader is not None
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    return app


class Parts(SimpleNamespace):
    """The parts that a test passes to a handler in place of the function's composition."""

    metric_flusher = SimpleNamespace(flush=lambda: None)

    def flush_highest_ids(self) -> None:
        """There are no ids."""


def compose(patch: pytest.MonkeyPatch, composition: type[Composition], **parts: Any) -> None:
    """Give the handlers of a function these parts."""
    patch.setitem(runtime.compositions, composition, Parts(**parts))


def event(case: str) -> dict[str, Any]:
    """Return the event of a case in `events/`."""
    return dict(json.loads((ROOT / "events" / f"{case}.json").read_text()))


def failures(response: dict[str, Any]) -> list[str]:
    """Return the ids of the messages to redeliver."""
    assert set(response) == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
