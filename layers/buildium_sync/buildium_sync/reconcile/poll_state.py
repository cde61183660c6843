"""How far the poll of one type has got."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from buildium_sync.buildium.list_reader import ListCursor, ListPage
from buildium_sync.errors import RetryLater
from buildium_sync.inbound.batch_applier import ApplyResult

INITIAL_LOOKBACK_SECONDS = 3600.0
"""Seconds before the first poll from which on it asks for changes."""
OVERLAP_SECONDS = 120.0
"""Seconds of two polls in a row that overlap: clocks differ, and a list may show a change a little later."""
_MOST_FAILING = 1000
"""Failing entities that are counted one by one; the rest only keep the cursor where it is."""


@dataclass(slots=True)
class PollState:
    """The state of one type's poll. Times are in seconds since the epoch.

    All changes before `cursor` are applied. `began` is when the poll under way began, 0 when none is; `query` and
    `position` are how far it has read, `is_held` that something of it was not applied. `failing` counts the polls in
    a row that an entity failed in. Of a type whose changes cannot be listed, unknown entities up to the Id `floor`
    were there before the first poll; it is None until that one has ended, and `highest` is the highest Id so far.
    `reads_all`: whether the poll reads the full lists and not only the recent ones.
    `gap` is since when events were missing at the last gap in the webhooks; `gap_waits` while the poll under way has to
    end before that gap is polled.
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
    gap: float = 0.0
    gap_waits: bool = False

    @classmethod
    def of(cls, state: Mapping[str, Any] | None, now: float) -> Self:
        """Read a job's state; the first poll asks for the changes of the last hour."""
        if state is None:
            return cls(cursor=now - INITIAL_LOOKBACK_SECONDS)
        return cls(**{**state, "position": ListCursor(**state["position"])})

    def to_state(self) -> dict[str, Any]:
        """Return the job's state."""
        return asdict(self)

    def is_due(self, now: float) -> bool:
        """Tell whether it is the type's turn."""
        return self.next_at <= now

    def begin(self, now: float) -> None:
        """Begin a poll, unless one is under way."""
        if not self.began:
            self.began, self.query, self.position = now, 0, ListCursor()
            self.is_blocked, self.failed_this_run, self.checked = False, [], 0

    def note_gap(self, since: float) -> None:
        """Have the changes since a time listed by the next poll, once. A poll under way ends first."""
        if since == self.gap:
            return
        self.gap = min(self.gap, since) if self.gap_waits else since
        self.gap_waits = True
        if not self.began:
            self._take_gap()

    def _take_gap(self) -> None:
        self.cursor = min(self.cursor, self.gap - OVERLAP_SECONDS)
        self.next_at = 0.0
        self.reads_all = True
        self.gap_waits = False

    def note(self, observed: Sequence[ApplyResult]) -> None:
        """Note what became of entities. One that has to wait holds the cursor, and is not blamed for it."""
        self.checked += len(observed)
        self.highest_id = max([self.highest_id, *(each.buildium_id for each in observed)])
        failed = [str(each.buildium_id) for each in observed if each.error and not isinstance(each.error, RetryLater)]
        known = [*self.failed_this_run, *(name for name in failed if name not in self.failed_this_run)]
        self.failed_this_run = known[:_MOST_FAILING]
        self.is_blocked = self.is_blocked or len(known) > _MOST_FAILING
        self.is_blocked = self.is_blocked or any(isinstance(each.error, RetryLater) for each in observed)

    def advance(self, portion: ListPage) -> None:
        """Go on behind a page, or to the next list."""
        self.position = portion.after
        if portion.is_last:
            self.query, self.position = self.query + 1, ListCursor()

    def abandoned(self, most: int) -> list[str]:
        """Return the entities that have now failed in so many polls."""
        return [name for name in self.failed_this_run if self.failing.get(name, 0) + 1 == most]

    def end(self, now: float, every: float, most: int) -> None:
        """End the poll. The cursor moves unless something was held that may still be applied."""
        self.failing = {name: self.failing.get(name, 0) + 1 for name in self.failed_this_run}
        self.is_blocked = self.is_blocked or any(polls < most for polls in self.failing.values())
        if not self.is_blocked:
            self.cursor = self.began - OVERLAP_SECONDS
            self.import_floor_id = self.highest_id if self.import_floor_id is None else self.import_floor_id
            self.reads_all = False
        self.next_at = now + every
        self.began = 0.0
        if self.gap_waits:
            self._take_gap()
