"""Applies a batch of listed Buildium entities. An entity without changes causes no write."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from buildium_sync.clock import Clock
from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.freshness import polled_freshness_seconds
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.merge import differs
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.domain.pauses import Direction
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types.registry import types_to_wait_for
from buildium_sync.errors import ConcurrentWrite, OutOfScope, RetryLater, Scope, scope_of
from buildium_sync.inbound.inbound_result import InboundResult
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.inbound.local_creator import RECHECK_SECONDS
from buildium_sync.linking.local_snapshot import LocalSnapshot
from buildium_sync.observability import correlation_scope, logger
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.entities import EntityStore, EntityWithSync


class ApplyResult(NamedTuple):
    """An entity, and the error if it could not be applied."""

    buildium_id: int
    error: Exception | None = None


class RemoteBatch(NamedTuple):
    """Entities of one type that Buildium listed in response to a request at `at` (epoch seconds).

    `claim_unknown` is called with an entity that is not linked. If it returns True, the entity is not created locally.
    An auto-created entity is created locally if it was recorded before `auto_created_before` (epoch seconds). With
    `with_linked`, the entities of other types that share a row's Buildium id are refreshed too. A local entity that
    changes is counted by its freshness if Buildium changed it after `new_since` (epoch seconds).
    """

    entity_type: EntityType
    payloads: Sequence[Payload]
    at: float
    correlation_id: str
    claim_unknown: Callable[[Payload], bool] = lambda _payload: False
    auto_created_before: float = 0.0
    with_linked: bool = True
    new_since: float = math.inf


_PendingIntents = list[CreateIntent] | RetryLater
"""The open create intents, or an error while one of the creates is being sent."""
_Linked = Mapping[BuildiumReference, Fields]
"""The fields of the local entities of other types that share the Buildium ids of rows."""


class BatchApplier:
    """Applies batches, `workers` entities at the same time."""

    def __init__(
        self,
        store: EntityStore,
        inbound: InboundSync,
        control: ControlStateStore,
        counts: MetricCounts,
        clock: Clock,
        *,
        workers: int,
    ) -> None:
        self._counts = counts
        self._clock = clock
        self._store = store
        self._inbound = inbound
        self._control = control
        self._workers = workers

    def apply(self, batch: RemoteBatch) -> list[ApplyResult]:
        """Apply each entity on its own, and return the results in the same order.

        Raises what concerns all entities: InboundPaused, account-wide BuildiumErrors, and the errors of DynamoDB.
        """
        self._inbound.highest_ids.note(
            batch.entity_type.highest_id_name, (int(payload["Id"]) for payload in batch.payloads)
        )
        local = LocalSnapshot.read(self._store, batch.entity_type, batch.payloads)
        linked = self._linked(batch, local.links)
        intents: _PendingIntents = [] if local.is_complete else self._pending_intents(batch)

        def apply_one(payload: Payload) -> ApplyResult:
            with correlation_scope(batch.correlation_id):
                return self._apply(batch, local, linked, intents, payload)

        return parallel_map(apply_one, batch.payloads, max_workers=self._workers)

    def _linked(self, batch: RemoteBatch, links: Links) -> _Linked:
        """Read the local entities of other types that share the Buildium ids of rows."""
        if not (batch.with_linked and batch.entity_type.linked_types):
            return {}
        shown = (batch.entity_type.from_buildium(payload, links) for payload in batch.payloads)
        keys = [
            (each.entity_type, each.buildium_id) for one in shown for each in batch.entity_type.linked_references(one)
        ]
        refs = {key: EntityRef(key[0], local_id) for key, local_id in self._store.local_ids(keys).items()}
        loaded = self._store.load_all(refs.values())
        return {BuildiumReference(*key): loaded[ref].entity.fields for key, ref in refs.items() if ref in loaded}

    def _pending_intents(self, batch: RemoteBatch) -> _PendingIntents:
        try:
            return self._inbound.creator.pending_intents(batch.entity_type, batch.at)
        except RetryLater as busy:
            return busy

    def _apply(
        self,
        batch: RemoteBatch,
        local: LocalSnapshot,
        linked: _Linked,
        intents: _PendingIntents,
        payload: Payload,
    ) -> ApplyResult:
        self._control.check_inbound(types_to_wait_for(batch.entity_type))
        buildium_id = int(payload["Id"])
        try:
            result = self._update_or_create(batch, local, linked, intents, payload)
            if result is InboundResult.CHANGED:
                seconds = polled_freshness_seconds(payload, batch.new_since, self._clock())
                self._counts.add_freshness(Direction.INBOUND, seconds)
            return ApplyResult(buildium_id)
        except RetryLater as busy:
            return ApplyResult(buildium_id, error=busy)
        except OutOfScope:
            return ApplyResult(buildium_id)
        except Exception as error:
            if scope_of(error) is Scope.SYSTEM:
                raise
            about = {"entityType": batch.entity_type.name, "buildiumId": buildium_id}
            logger.exception("Entity could not be applied", extra=about)
            return ApplyResult(buildium_id, error=error)

    def _update_or_create(
        self,
        batch: RemoteBatch,
        local: LocalSnapshot,
        linked: _Linked,
        intents: _PendingIntents,
        payload: Payload,
    ) -> InboundResult:
        loaded = local.entities.get(int(payload["Id"]))
        is_excluded = self._inbound.excludes(batch.entity_type, loaded, payload)
        if is_excluded and loaded is not None:
            return InboundResult.IGNORED
        if batch.with_linked and batch.entity_type.linked_types:
            self._refresh_linked(batch, loaded, linked, payload, local.links)
        if loaded is not None:
            return self._inbound.apply_listed(batch.entity_type, loaded, payload, local.links, batch.at)
        if not is_excluded and batch.claim_unknown(payload):
            return InboundResult.IGNORED
        if isinstance(intents, RetryLater):
            raise intents
        try:
            return self._inbound.creator.create(
                batch.entity_type,
                payload,
                intents,
                batch.correlation_id,
                auto_created_before=batch.auto_created_before,
                links=local.links,
            )
        except ConcurrentWrite as error:
            raise RetryLater("Entity was created concurrently", RECHECK_SECONDS) from error

    def _refresh_linked(
        self, batch: RemoteBatch, loaded: EntityWithSync | None, linked: _Linked, payload: Payload, links: Links
    ) -> None:
        """Read the entities of other types that share a row's Buildium id, before the row is stored.

        They are read if the row has changed, or if their values differ from it: an event may have updated the row
        alone, as the echo of a write of the other entity.
        """
        entity_type = batch.entity_type
        shown = entity_type.from_buildium(payload, links)
        is_changed = loaded is None or differs(entity_type, loaded.entity.fields, shown)
        for reference in entity_type.linked_references(shown):
            fields = linked.get(reference)
            if is_changed or (fields is not None and not entity_type.agrees_with_linked(shown, fields)):
                self._inbound.refresh_known(reference, batch.at, batch.correlation_id)
