"""What is stored before a create is sent, and what Buildium creates along with it."""

from dataclasses import dataclass, field
from typing import Any

from buildium_sync.domain.entity import EntityRef


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """A create that was begun: by what it is found in Buildium if its response is lost.

    `fields` are what the create makes of the version that was sent, `defaults` the values that it sent in place of some
    of them. `highest_id` is the highest Buildium id of the type that was known before, so that only an entity with a
    higher id can be what the create made. It is None when no create was sent and a person chooses among the entities in
    `seen`. `at` and `until` enclose the time in which the create is sent, in seconds since the epoch. `seen` holds the
    Buildium ids that webhooks and lists named and that it may have made.
    """

    ref: EntityRef
    fields: dict[str, Any]
    highest_id: int | None
    at: float
    until: float
    seen: list[int] = field(default_factory=list)
    defaults: dict[str, Any] = field(default_factory=dict)

    @property
    def sent(self) -> dict[str, Any]:
        """The values that the create sent."""
        return {**self.fields, **self.defaults}


@dataclass(frozen=True, slots=True)
class AutoCreatedUnit:
    """What Buildium made by itself along with an entity of ours: its Buildium id, and when it was noted.

    `recorded_at` is in seconds since the epoch, after it was made. `buildium_id` is None while it is not known: the
    response that names it was lost, and Buildium has to be asked (see `auto_created`).
    """

    buildium_id: int | None
    recorded_at: float
