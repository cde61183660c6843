"""The stored state of one entity type's poll."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from buildium_sync.buildium.list_reader import ListCursor, ListPage
from buildium_sync.errors import RetryLater
from buildium_sync.inbound.batch_applier import ApplyResult

INITIAL_LOOKBACK_SECONDS = 3600.0
"""The first poll asks for the changes of this time."""
OVERLAP_SECONDS = 120.0
"""Overlap of two polls: clocks differ, and Buildium may list a change late."""
_MAX_COUNTED_FAILURES = 1000
"""Failing entities that are counted one by one. With more of them the cursor does not move."""


@dataclass(slots=True)
class PollState:
    """The poll of one type. Times are in epoch seconds.

    All changes before `cursor` are applied. `began` is the start of the running poll, 0 for none. `query` and
    `position` say which list it reads, and up to which row. `is_blocked` says that a change could not be applied.
    `failing` is the number of consecutive polls in which an entity failed, by Buildium id. `reads_all` says that the
    poll reads the full lists, not only the recent ones.

    Some types have no filter for changes. Of them, unknown entities up to `import_floor_id` are left to the import.
    It is the highest id of the first poll, and None until that has ended.

    `rewound_to` is the time of the last rewind. `rewind_waits` says that the running poll ends before the rewind.
    """

    cursor: float
    next_at: float = 0.0
    began: float = 0.0
    query: int = 0
    position: ListCursor = field(default_factory=ListCursor)
    is_blocked: bool = False
    failing: dict[str, int] = field(default_factory=dict)
    failed_this_run: list[str] = field(default_factory=list)
    import_floor_id: int | None = None
    highest_id: int = 0
    checked: int = 0
    reads_all: bool = False
    rewound_to: float = 0.0
    rewind_waits: bool = False

    @classmethod
    def of(cls, state: Mapping[str, Any] | None, now: float) -> Self:
        """Parse a stored state; None is that of a type that was never polled."""
        if state is None:
            return cls(cursor=now - INITIAL_LOOKBACK_SECONDS)
        return cls(**{**state, "position": ListCursor(**state["position"])})

    def to_state(self) -> dict[str, Any]:
        """Return the state to be stored."""
        return asdict(self)

    def is_due(self, now: float) -> bool:
        """Return whether the type is to be polled."""
        return self.next_at <= now

    @property
    def new_since(self) -> float:
        """Return the time from which on changes are new to this poll: the previous complete poll, or a rewind.

        To the first poll no change is new: until it has run, a change cannot be late.
        """
        return math.inf if self.import_floor_id is None else self.cursor

    def begin(self, now: float) -> None:
        """Start a poll, unless one is running."""
        if not self.began:
            self.began, self.query, self.position = now, 0, ListCursor()
            self.is_blocked, self.failed_this_run, self.checked = False, [], 0

    def rewind(self, since: float) -> None:
        """Make the type due, and its next poll list the changes since a time. A running poll ends first.

        A rewind to the same time again has no effect.
        """
        if since == self.rewound_to:
            return
        self.rewound_to = min(self.rewound_to, since) if self.rewind_waits else since
        self.rewind_waits = True
        if not self.began:
            self._move_cursor_back()

    def _move_cursor_back(self) -> None:
        self.cursor = min(self.cursor, self.rewound_to - OVERLAP_SECONDS)
        self.next_at = 0.0
        self.reads_all = True
        self.rewind_waits = False

    def note(self, results: Sequence[ApplyResult]) -> None:
        """Record the results of a batch. An entity that has to wait blocks the cursor, and is not counted as failed."""
        self.checked += len(results)
        self.highest_id = max([self.highest_id, *(each.buildium_id for each in results)])
        failed = [str(each.buildium_id) for each in results if each.error and not isinstance(each.error, RetryLater)]
        known = [*self.failed_this_run, *(name for name in failed if name not in self.failed_this_run)]
        self.failed_this_run = known[:_MAX_COUNTED_FAILURES]
        self.is_blocked = self.is_blocked or len(known) > _MAX_COUNTED_FAILURES
        self.is_blocked = self.is_blocked or any(isinstance(each.error, RetryLater) for each in results)

    def advance(self, page: ListPage) -> None:
        """Move behind a page, or to the next list."""
        self.position = page.after
        if page.is_last:
            self.query, self.position = self.query + 1, ListCursor()

    def abandoned(self, max_failures: int) -> list[str]:
        """Return the entities that reached `max_failures` consecutive polls with this one."""
        return [name for name in self.failed_this_run if self.failing.get(name, 0) + 1 == max_failures]

    def end(self, now: float, every: float, max_failures: int) -> None:
        """End the poll, and move the cursor unless a change that was not applied may still be applied."""
        self.failing = {name: self.failing.get(name, 0) + 1 for name in self.failed_this_run}
        self.is_blocked = self.is_blocked or any(polls < max_failures for polls in self.failing.values())
        if not self.is_blocked:
            self.cursor = self.began - OVERLAP_SECONDS
            self.import_floor_id = self.highest_id if self.import_floor_id is None else self.import_floor_id
            self.reads_all = False
        self.next_at = now + every
        self.began = 0.0
        if self.rewind_waits:
            self._move_cursor_back()
