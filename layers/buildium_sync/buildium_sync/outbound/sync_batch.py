"""Syncs the entities of one invocation in parallel. A slow invocation also syncs waiting entities.

AWS delivers the next records of a shard, and the next messages of a busy queue, only after an invocation has ended. One
slow call would delay them all. So a slow invocation reads the waiting entities from the table and syncs them too. Their
records and messages arrive later and find them synced.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from buildium_sync.concurrency import Countdown, parallel_map
from buildium_sync.domain.entity import EntityRef
from buildium_sync.observability import correlation_scope, increment, logger
from buildium_sync.store.queues import SyncMessage

_SLOW_SECONDS = 1.0
"""Seconds after which an invocation is slow, and between two reads of the waiting entities."""
MAX_BATCH_SIZE = 10
"""Waiting entities that are claimed at a time."""
MAX_IN_PROGRESS = 3 * MAX_BATCH_SIZE
"""Entities that one invocation syncs at the same time."""

_Task = Callable[[], EntityRef | None]
Waiting = Callable[[], Iterable[SyncMessage]]
"""Returns entities that are due and that no worker has leased."""


class _OutboundSync(Protocol):
    def sync(self, message: SyncMessage) -> object: ...


class Batch:
    """Syncs the entities of one invocation. `has_time` returns whether another entity can be started."""

    def __init__(self, outbound_sync: _OutboundSync, waiting: Waiting, has_time: Callable[[], bool]) -> None:
        self._outbound_sync = outbound_sync
        self._waiting = waiting
        self._has_time = has_time
        self._countdowns: list[Countdown] = []
        self._claimed: set[tuple[EntityRef, int]] = set()

    def sync(self, messages: Sequence[SyncMessage]) -> set[EntityRef]:
        """Sync each entity, and return those whose outcome could not be stored."""
        self._claimed |= {(message.ref, message.version) for message in messages}
        countdown = Countdown(len(messages))
        self._countdowns.append(countdown)
        work: list[_Task] = [partial(self._sync_one, message, countdown) for message in messages]
        work.append(partial(self._watch, countdown))
        outcomes = parallel_map(_run, work, max_workers=len(work))
        return {ref for ref in outcomes if ref is not None}

    def _sync_one(self, message: SyncMessage, countdown: Countdown) -> EntityRef | None:
        with correlation_scope(message.correlation_id):
            try:
                self._outbound_sync.sync(message)
            except Exception:  # noqa: BLE001 -- the other entities must continue
                logger.exception("Unexpected error; record will be redelivered", extra={"entity": message.ref.pk})
                return message.ref
            finally:
                countdown.step()
        return None

    def _watch(self, countdown: Countdown) -> EntityRef | None:
        """Sync waiting entities until the batch ends. An entity whose sync fails is delivered again."""
        while not countdown.wait(_SLOW_SECONDS):
            if sum(each.left for each in self._countdowns) < MAX_IN_PROGRESS and self._has_time():
                self._sync_waiting()
        return None

    def _sync_waiting(self) -> None:
        try:
            found = [each for each in self._waiting() if (each.ref, each.version) not in self._claimed]
        except Exception:  # noqa: BLE001 -- their own messages arrive later
            logger.warning("Waiting entities could not be read", exc_info=True)
            return
        if found:
            increment("SyncTakenEarly", len(found))
            self.sync(found[:MAX_BATCH_SIZE])


def _run(task: _Task) -> EntityRef | None:
    return task()
