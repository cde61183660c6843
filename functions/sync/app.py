"""The entities table's stream and the retry queue: both say which entities to look at."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from buildium_sync.buildium.rate_limiter.priority import Lane
from buildium_sync.domain.entity import EntityRef
from buildium_sync.observability import logger, observed
from buildium_sync.store.dynamodb import from_attributes
from buildium_sync.store.queues import SyncMessage
from buildium_sync.wiring import batch, meet_the_rate_limit, telling_of_calls


@observed
@telling_of_calls
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work on a batch at once, each entity once, and report the records of those that could not be written down."""
    meet_the_rate_limit()
    records = [(_identifier(record), _message(record)) for record in event["Records"]]
    failed = _sync_all(_each_once(message for _, message in records if message is not None), _lane(event), context)
    failures = [identifier for identifier, message in records if message is not None and message.ref in failed]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failures]}


def _each_once(messages: Iterable[SyncMessage]) -> Iterable[SyncMessage]:
    """Return the last message of each entity; a redrive among them stays one."""
    entities: dict[EntityRef, SyncMessage] = {}
    for message in messages:
        before = entities.get(message.ref)
        entities[message.ref] = replace(message, redrive=True) if before and before.redrive else message
    return entities.values()


def _sync_all(messages: Iterable[SyncMessage], lane: Lane, context: Any) -> set[EntityRef]:
    return batch(lambda: context.get_remaining_time_in_millis() / 1000, lane).sync(list(messages))


def _lane(event: Mapping[str, Any]) -> Lane:
    """Tell whether somebody may be waiting: the stream tells of what was just written, the queue of what is older."""
    return Lane.WAITING if any("dynamodb" in record for record in event["Records"]) else Lane.RETRY


def _identifier(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"])


def _message(record: Mapping[str, Any]) -> SyncMessage | None:
    """Read a record. One that cannot be read is acknowledged: again it would be the same, and the sweep is there."""
    message = _of_stream(record["dynamodb"]) if "dynamodb" in record else SyncMessage.from_json(record["body"])
    if message is None:
        logger.warning("The record names no entity", extra={"record": _identifier(record)})
    return message


def _of_stream(change: Mapping[str, Any]) -> SyncMessage | None:
    try:
        image = from_attributes({name: change["NewImage"][name] for name in ("pk", "version", "correlationId")})
    except (KeyError, TypeError):
        return None
    return SyncMessage(EntityRef.from_pk(image["pk"]), image["version"], image["correlationId"])
