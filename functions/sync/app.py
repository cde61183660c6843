"""The stream of the entities table and the retry queue: both name entities to sync."""

from collections.abc import Iterable, Mapping
from typing import Any

from buildium_sync.composition.buildium import flush_metrics
from buildium_sync.composition.sync import SyncComposition

from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.domain.entity import EntityRef
from buildium_sync.observability import instrumented, logger
from buildium_sync.store.dynamodb import from_attributes
from buildium_sync.store.queues import SyncMessage


@instrumented
@flush_metrics(SyncComposition)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sync a batch in parallel, each entity once. Report the records of those whose outcome could not be stored."""
    # A new process waits for the slots that other processes may hold. That time passes while it reads entities.
    SyncComposition.current().rate_limiter.warm_up()
    records = [(_identifier(record), _message(record)) for record in event["Records"]]
    failed = _sync_all(
        _deduplicated(message for _, message in records if message is not None), _priority(event), context
    )
    failures = [identifier for identifier, message in records if message is not None and message.ref in failed]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failures]}


def _deduplicated(messages: Iterable[SyncMessage]) -> Iterable[SyncMessage]:
    """Return the last message of each entity. It is a redrive if one of them is."""
    entities: dict[EntityRef, SyncMessage] = {}
    for message in messages:
        before = entities.get(message.ref)
        entities[message.ref] = message._replace(redrive=True) if before and before.redrive else message
    return entities.values()


def _sync_all(messages: Iterable[SyncMessage], priority: Priority, context: Any) -> set[EntityRef]:
    batch = SyncComposition.current().sync_batch(lambda: context.get_remaining_time_in_millis() / 1000, priority)
    return batch.sync(list(messages))


def _priority(event: Mapping[str, Any]) -> Priority:
    """Return the priority: interactive for the stream, because a client may wait for the outcome of a new write."""
    return Priority.INTERACTIVE if any("dynamodb" in record for record in event["Records"]) else Priority.RETRY


def _identifier(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"])


def _message(record: Mapping[str, Any]) -> SyncMessage | None:
    """Read a record; None for one that needs no sync.

    An unreadable one is acknowledged: a redelivery cannot be read either, and the sweep remains.
    """
    if "dynamodb" in record and _changes_external_id_only(record["dynamodb"]):
        return None
    message = _from_stream_image(record["dynamodb"]) if "dynamodb" in record else SyncMessage.from_json(record["body"])
    if message is None:
        logger.warning("Message without an entity skipped", extra={"record": _identifier(record)})
    return message


def _changes_external_id_only(change: Mapping[str, Any]) -> bool:
    """Return whether a version has another external id than the one before, and nothing else that a sync sends."""
    before, after = change.get("OldImage", {}), change.get("NewImage", {})
    same = all(before.get(name) == after.get(name) for name in ("fields", "deletionRequestedAt"))
    return same and before.get("externalId") != after.get("externalId")


def _from_stream_image(change: Mapping[str, Any]) -> SyncMessage | None:
    try:
        image = from_attributes({name: change["NewImage"][name] for name in ("pk", "version", "correlationId")})
    except (KeyError, TypeError):
        return None
    return SyncMessage(EntityRef.from_pk(image["pk"]), image["version"], image["correlationId"])
