"""The event queue: the bus's events that update local entities."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from buildium_sync.composition.buildium import flush_metrics
from buildium_sync.composition.clients import WORKERS
from buildium_sync.composition.event_processor import EventProcessorComposition

from buildium_sync.concurrency import parallel_map
from buildium_sync.inbound.event_processor import EventProcessor
from buildium_sync.observability import instrumented, logger

Records = list[Mapping[str, Any]]


@instrumented
@flush_metrics(EventProcessorComposition)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process a batch in parallel, the events of one entity in order. A failed event is delivered again."""
    composition = EventProcessorComposition.current()
    flow = composition.event_processor(lambda: context.get_remaining_time_in_millis() / 1000)
    failed = parallel_map(lambda records: _failed(flow, records), _by_entity(event["Records"]), max_workers=WORKERS)
    return {"batchItemFailures": [{"itemIdentifier": identifier} for each in failed for identifier in each]}


def _by_entity(records: Iterable[Mapping[str, Any]]) -> Iterable[Records]:
    groups: dict[tuple[str, ...], Records] = {}
    for record in records:
        groups.setdefault(_entity(record), []).append(record)
    return groups.values()


def _entity(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a key of the event's entity. An unreadable message gets a key of its own."""
    try:
        detail = json.loads(record["body"])["detail"]
        return str(detail["subject"]), str(detail["entityId"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return (str(record["messageId"]),)


def _failed(flow: EventProcessor, records: Records) -> list[str]:
    """Process the events of one entity, and return the ids of the failed messages."""
    return [str(record["messageId"]) for record in records if not _process(flow, record)]


def _process(flow: EventProcessor, record: Mapping[str, Any]) -> bool:
    """Process one event, and return whether that succeeded."""
    try:
        flow.process(record["body"])
    except Exception:  # noqa: BLE001 -- it must not take the other events along
        logger.exception("Unexpected error; event will be redelivered", extra={"record": record["messageId"]})
        return False
    return True
