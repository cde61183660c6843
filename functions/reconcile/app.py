"""The schedule takes up what got stuck and asks Buildium for changes; its queue goes on with jobs that take longer."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from buildium_sync.observability import instrumented
from buildium_sync.wiring import (
    circuits,
    comparison,
    drifts,
    flush_call_counts,
    guard,
    importer,
    imports,
    poll,
    repair,
    sweep,
)


@instrumented
@flush_call_counts
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one run of the schedule and return how much it came to, or work on one message of the queue."""

    def time_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    if "Records" in event:
        for record in event["Records"]:
            _work(json.loads(record["body"])["job"], time_left)
        return {"batchItemFailures": []}
    return _scheduled(time_left)


def _work(job: str, time_left: Callable[[], float]) -> None:
    if job == "drift":
        comparison(time_left).run()
    elif job == "repair":
        repair(time_left).run()
    else:
        importer(time_left).run()


def _scheduled(time_left: Callable[[], float]) -> dict[str, Any]:
    swept = asdict(sweep().run())
    refusals = guard().report()
    open_circuits = circuits().emit_metrics()
    running = imports()
    running.resume()
    drifts().resume()
    polled = poll(time_left).run(running.current().unfinished)
    return {**swept, "rejections": refusals, "circuits": open_circuits, "polled": polled}
