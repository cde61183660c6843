"""Row 10: the sizes of the artifacts, and the memory of each function."""

import json
import shutil
from typing import Any

from tools.bench.environment import DIRECTORY, Stage, product_program
from tools.bench.events import create_event, stream_event, webhook_event
from tools.bench.report import Table, file_mb
from tools.local_cloud.paths import ROOT
from tools.local_cloud.template import load_template


def measure(stage: Stage) -> Table:
    """Return the table."""
    layers = {name: _zip(stage, name) for name in ("DependenciesLayer", "BuildiumSyncLayer")}
    rows: list[list[object]] = [[f"{name}, zipped", f"{size:.2f} MB", "≤ 5 MB"] for name, size in layers.items()]
    memory = load_template()["Globals"]["Function"]["MemorySize"]
    peaks = {}
    for name, event in _events(stage).items():
        function = name.split(",")[0]
        result = product_program(stage, function).once(stage, event)
        peaks[name] = result["peakKb"] and result["peakKb"] / 1024
        measured = f"{peaks[name]:.0f} MB" if peaks[name] else "only on Linux"
        rows.append([f"{name}, peak memory", measured, f"{memory} MB in the template"])
    return Table(
        "10. Artifacts and memory",
        "Layers with bytecode, built for this machine's interpreter. Memory is the peak of a new process after one "
        "invocation, including the interpreter.",
        ["artifact", "measured", "target or setting"],
        rows,
        {"layers": layers, "peaks": peaks},
    )


def _zip(stage: Stage, layer: str) -> float:
    file = shutil.make_archive(str(DIRECTORY / layer), "zip", stage.build / layer)
    return file_mb(DIRECTORY / file)


def _events(stage: Stage) -> dict[str, dict[str, Any]]:
    batch = {"Records": [record for _ in range(10) for record in stream_event(stage)["Records"]]}
    return {
        "api, create": create_event(),
        "webhook, 1 event": webhook_event(),
        "webhook, 100 events": webhook_event(100),
        "sync, 10 entities": batch,
        "timeline, 10 entities": batch,
        "event_processor, 1 event": _case("event_processor-single"),
        "reconcile, schedule": _case("reconcile-schedule"),
    }


def _case(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / f"events/{name}.json").read_text())
    return event
