"""Applies what a list showed: many entities at once, and those that have not changed without a write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, Links, Payload
from buildium_sync.errors import BuildiumError, ConcurrentWrite, RetryLater
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.inbound.local_creator import RECHECK_SECONDS
from buildium_sync.linking.id_links import resolve_all_links
from buildium_sync.observability import correlation_scope, logger
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.events import EventStatus


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of one entity: a state, or an error."""

    buildium_id: int
    status: EventStatus | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A part of a list: when it was asked for (seconds since the epoch), and what is done with unknown entities.

    `is_left` tells of one that it is not to be taken over; `auto_created_before` takes also those over that Buildium
    made by itself along with one of ours and that were noted before that time.
    """

    entity_type: EntityType
    messages: Sequence[Payload]
    at: float
    correlation_id: str
    should_skip: Callable[[Payload], bool] = lambda _message: False
    auto_created_before: float = 0.0


@dataclass(frozen=True, slots=True)
class _Known:
    """What our side knows of a part of a list. `intents` is an error while a create is under way."""

    entities: dict[int, EntityWithSync]
    links: Links
    intents: list[CreateIntent] | RetryLater


class BatchApplier:
    """Brings our entities up to what lists show. `workers` entities are written at once."""

    def __init__(self, store: EntityStore, inbound: InboundSync, *, workers: int) -> None:
        self._store = store
        self._inbound = inbound
        self._workers = workers

    def apply(self, seen: RemoteBatch) -> list[ApplyResult]:
        """Apply each message by itself and return what became of each, in their order.

        Raises what keeps all of them from being applied: account-wide BuildiumErrors, and what the table raises.
        """
        self._inbound.highest_ids.note(seen.entity_type.name, (int(message["Id"]) for message in seen.messages))
        known = self._known(seen)

        def work(message: Payload) -> ApplyResult:
            with correlation_scope(seen.correlation_id):
                return self._apply(seen, known, message)

        return parallel_map(work, seen.messages, most=self._workers)

    def _known(self, seen: RemoteBatch) -> _Known:
        name = seen.entity_type.name
        local_ids = self._store.local_ids((name, message["Id"]) for message in seen.messages)
        refs = {buildium_id: EntityRef(name, local_id) for (_, buildium_id), local_id in local_ids.items()}
        loaded = self._store.load_all(refs.values())
        entities = {buildium_id: loaded[ref] for buildium_id, ref in refs.items() if ref in loaded}
        every = [each.entity.fields for each in entities.values()]
        links = resolve_all_links(self._store, seen.entity_type, every, seen.messages)
        return _Known(entities, links, [] if len(entities) == len(seen.messages) else self._intents(seen))

    def _intents(self, seen: RemoteBatch) -> list[CreateIntent] | RetryLater:
        try:
            return self._inbound.creator.pending_intents(seen.entity_type, seen.at)
        except RetryLater as busy:
            return busy

    def _apply(self, seen: RemoteBatch, known: _Known, message: Payload) -> ApplyResult:
        buildium_id = int(message["Id"])
        try:
            return ApplyResult(buildium_id, self._status(seen, known, message))
        except RetryLater as busy:
            return ApplyResult(buildium_id, error=busy)
        except Exception as error:
            if is_about_all(error):
                raise
            about = {"entityType": seen.entity_type.name, "buildiumId": buildium_id}
            logger.exception("Entity could not be applied", extra=about)
            return ApplyResult(buildium_id, error=error)

    def _status(self, seen: RemoteBatch, known: _Known, message: Payload) -> EventStatus:
        loaded = known.entities.get(int(message["Id"]))
        if loaded is not None:
            return self._inbound.apply_listed(seen.entity_type, loaded, message, known.links, seen.at)
        if seen.should_skip(message):
            return EventStatus.IGNORED
        if isinstance(known.intents, RetryLater):
            raise known.intents
        try:
            return self._inbound.creator.create(
                seen.entity_type,
                message,
                known.intents,
                seen.correlation_id,
                auto_created_before=seen.auto_created_before,
                links=known.links,
            )
        except ConcurrentWrite as error:
            raise RetryLater("Entity was created concurrently", RECHECK_SECONDS) from error


def is_about_all(error: Exception) -> bool:
    """Tell whether an error is not about the one entity that it was met with."""
    if isinstance(error, ClientError):
        # An item that the table does not take, for its size above all.
        return error.response["Error"]["Code"] != "ValidationException"
    account_wide = isinstance(error, BuildiumError) and error.is_account_wide
    return account_wide or isinstance(error, BotoCoreError)
