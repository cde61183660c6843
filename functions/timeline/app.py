"""The stream of the entities table: stores what is derived from it, and publishes events. No sync depends on it."""

from collections.abc import Mapping
from typing import Any

from buildium_sync.composition.timeline import TimelineComposition

from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import NotFound
from buildium_sync.observability import instrumented, logger
from buildium_sync.store.stream_records import StreamChange, read_change


@instrumented
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Record a whole batch and publish its events.

    Raises the error of a failed write or call; Lambda then delivers the batch again in halves.
    """
    changes = [change for record in event["Records"] if (change := _change(record)) is not None]
    parts = TimelineComposition.current()
    events = parts.timeline_recorder().record(changes)
    parts.event_publisher().publish(event.to_detail() for event in events)
    return {"batchItemFailures": []}


def _change(record: Mapping[str, Any]) -> StreamChange | None:
    """Read a record. An unreadable one is acknowledged, because a redelivery cannot be read either."""
    try:
        change = read_change(record)
        if change is not None:
            by_name(change.ref.entity_type)
    except (KeyError, TypeError, ValueError, NotFound) as error:
        about = {"record": record["dynamodb"]["SequenceNumber"], "error": type(error).__name__}
        logger.warning("Unreadable stream record skipped", extra=about)
        return None
    return change
