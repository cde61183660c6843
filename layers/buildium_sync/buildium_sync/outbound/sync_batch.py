"""Works on the entities of one invocation at once, and on those that have to wait until it ends.

AWS delivers the next records of a shard, and the next messages of a busy queue, only after an invocation has ended. One
slow call would make them wait for as long as it takes. So while the invocation lasts, it takes such entities itself.
Their own records and messages come later and find them synced.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from buildium_sync.concurrency import Countdown, parallel_map
from buildium_sync.domain.entity import EntityRef
from buildium_sync.observability import correlation_scope, increment, logger
from buildium_sync.store.queues import SyncMessage

_SLOW_SECONDS = 1.0
"""Seconds after which entities of an invocation are slow, and between two looks for others that wait."""
MOST_AT_ONCE = 10
"""Entities that are taken at once, in the batch and of those that wait."""
_MOST = 3 * MOST_AT_ONCE
"""Entities that one invocation works on at the same time, at most."""

_Part = Callable[[], EntityRef | None]
Waiting = Callable[[], Iterable[SyncMessage]]
"""Returns entities whose turn has come and that no worker holds."""


class _Flow(Protocol):
    def sync(self, message: SyncMessage) -> object: ...


class Batch:
    """Syncs the entities of one invocation. `may_take` says whether there is time to take another one."""

    def __init__(self, flow: _Flow, waiting: Waiting, may_take: Callable[[], bool]) -> None:
        self._flow = flow
        self._waiting = waiting
        self._may_take = may_take
        self._countdowns: list[Countdown] = []
        self._taken: set[tuple[EntityRef, int]] = set()

    def sync(self, messages: Sequence[SyncMessage]) -> set[EntityRef]:
        """Work on each entity, and return those whose outcome could not be written down."""
        self._taken |= {(message.ref, message.version) for message in messages}
        countdown = Countdown(len(messages))
        self._countdowns.append(countdown)
        work: list[_Part] = [partial(self._one, message, countdown) for message in messages]
        work.append(partial(self._watch, countdown))
        outcomes = parallel_map(_do, work, max_workers=len(work))
        return {ref for ref in outcomes if ref is not None}

    def _one(self, message: SyncMessage, countdown: Countdown) -> EntityRef | None:
        with correlation_scope(message.correlation_id):
            try:
                self._flow.sync(message)
            except Exception:  # noqa: BLE001 -- it must not take the other entities along
                logger.exception("Unexpected error; record will be redelivered", extra={"entity": message.ref.pk})
                return message.ref
            finally:
                countdown.step()
        return None

    def _watch(self, countdown: Countdown) -> EntityRef | None:
        """Take entities that wait, for as long as one of the batch is under way. Those that fail come by themselves."""
        while not countdown.wait(_SLOW_SECONDS):
            if sum(each.left for each in self._countdowns) < _MOST and self._may_take():
                self._help()
        return None

    def _help(self) -> None:
        try:
            found = [each for each in self._waiting() if (each.ref, each.version) not in self._taken]
        except Exception:  # noqa: BLE001 -- they come by themselves
            logger.warning("Dependent entities could not be read", exc_info=True)
            return
        if found:
            increment("SyncTakenEarly", len(found))
            self.sync(found[:MOST_AT_ONCE])


def _do(part: _Part) -> EntityRef | None:
    return part()
