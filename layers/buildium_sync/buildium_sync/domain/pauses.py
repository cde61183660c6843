"""The control state: which directions of the sync an operator has paused, for one entity type or for all."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple, Self

from buildium_sync.domain.plurals import type_plural

OBSERVE_ONLY = "observe-only"
"""The start mode in which a new stack reads everything from Buildium and writes nothing to it."""


class Direction(StrEnum):
    """A direction of the sync, as seen from the local side."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Pause(NamedTuple):
    """A paused direction. `entity_type` is None for all types.

    `since` is in ISO 8601, None for the start mode. `by` identifies the operator, None for the start mode.
    """

    direction: Direction
    entity_type: str | None
    since: str | None
    by: str | None
    reason: str

    @property
    def key(self) -> tuple[Direction, str | None]:
        """What is paused. A state has at most one pause of each."""
        return self.direction, self.entity_type

    @property
    def types_text(self) -> str:
        """The paused types in a sentence, for example `bills` or `all types`."""
        return type_plural(self.entity_type) if self.entity_type else "all types"


class ControlState(NamedTuple):
    """All pauses. `change_count` grows with each stored change; 0 is a state that was never stored."""

    pauses: tuple[Pause, ...] = ()
    change_count: int = 0

    @classmethod
    def initial(cls, start_mode: str) -> Self:
        """Return the state of a stack that has stored none."""
        if start_mode != OBSERVE_ONLY:
            return cls()
        return cls((Pause(Direction.OUTBOUND, None, None, None, "observe-only start mode"),))

    def pause_of(self, direction: Direction, entity_types: Iterable[str] = ()) -> Pause | None:
        """Return the pause that stops a direction for one of these types. Without types, only one of all types."""
        names = {None, *entity_types}
        found = (each for each in self.pauses if each.direction is direction and each.entity_type in names)
        return next(found, None)

    def types_paused(self, direction: Direction) -> list[str]:
        """Return the types of the pauses of a direction that are not for all types."""
        return [each.entity_type for each in self.pauses if each.direction is direction and each.entity_type]

    def paused(self, pauses: Iterable[Pause]) -> Self:
        """Return the state with these pauses. One that it has already keeps its time, operator and reason."""
        known = {each.key for each in self.pauses}
        return self._replace(pauses=(*self.pauses, *(each for each in pauses if each.key not in known)))

    def resumed(self, directions: Iterable[Direction], entity_type: str | None) -> Self:
        """Return the state without the pauses of these directions, of one type or of all."""
        ended = set(self._of(directions, entity_type))
        return self._replace(pauses=tuple(each for each in self.pauses if each not in ended))

    def _of(self, directions: Iterable[Direction], entity_type: str | None) -> Iterator[Pause]:
        chosen = set(directions)
        for each in self.pauses:
            if each.direction in chosen and entity_type in (None, each.entity_type):
                yield each
