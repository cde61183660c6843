"""The schedule requeues stuck work and polls Buildium. The job queue continues jobs that need several runs."""

import json
from collections.abc import Callable
from typing import Any

from buildium_sync.composition.buildium import flush_metrics
from buildium_sync.composition.reconcile import ReconcileComposition

from buildium_sync.domain.entity import EntityRef
from buildium_sync.observability import instrumented


@instrumented
@flush_metrics(ReconcileComposition)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run the schedule once and return its counts, or process one message of the job queue."""

    def time_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    if "Records" in event:
        for record in event["Records"]:
            _work(json.loads(record["body"]), time_left)
        return {"batchItemFailures": []}
    return _scheduled(time_left)


def _work(message: dict[str, Any], time_left: Callable[[], float]) -> None:
    composition, job = ReconcileComposition.current(), message["job"]
    if job == "drift":
        composition.drift_worker(time_left).run()
    elif job == "repair":
        composition.repair_worker(time_left).run()
    elif job == "comparison":
        composition.comparison_worker(time_left).run(EntityRef(message["entityType"], message["entityId"]))
    elif job == "erasure":
        composition.erasure_worker(time_left).run(EntityRef(message["entityType"], message["entityId"]))
    else:
        composition.import_worker(time_left).run()


def _scheduled(time_left: Callable[[], float]) -> dict[str, Any]:
    composition = ReconcileComposition.current()
    swept = composition.sweeper().run()._asdict()
    refusals = composition.rejection_monitor().report()
    open_circuits = composition.circuit_breakers.emit_metrics()
    imports = composition.import_service()
    imports.resume()
    composition.drift_service().resume()
    composition.erasure_service().resume()
    composition.nightly_drift().start_if_due()
    polled = composition.poller(time_left).run(imports.current().unfinished)
    balances = composition.balance_poller(time_left).run()
    in_sync = composition.sync_gauges().report()
    composition.daily_digest().send_if_due()
    counts = {"rejections": refusals, "circuits": open_circuits, "polled": polled, "balances": balances}
    return {**swept, **counts, "inSyncPercent": in_sync}
