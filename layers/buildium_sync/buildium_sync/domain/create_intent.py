"""What is stored before a create, and what Buildium creates automatically with it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from buildium_sync.domain.entity import EntityRef

INTENT_RETENTION_SECONDS = 90 * 86_400.0
"""An intent contains personal data. Retries end much earlier; after them only a person can decide."""


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """A create that has started. It identifies the created entity if the response is lost.

    `fields` are the values that the create should produce. `defaults` are the account's values that it sent for some of
    them. `highest_id` is the highest Buildium id of the type before the create: a created entity has a higher one. It
    is None if no create was sent and a person chooses among the entities in `seen`.

    `at` and `until` are the earliest and the latest time of the request, in seconds since the epoch. `seen` holds the
    Buildium ids of candidates that webhooks and lists reported. An open intent expires after INTENT_RETENTION_SECONDS.
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


class AutoCreatedUnit(NamedTuple):
    """A unit that Buildium created automatically with a local entity.

    `recorded_at` is in seconds since the epoch, after the creation. `buildium_id` is None while it is not known: the
    response with it was lost, so Buildium must be asked (see `linking.auto_created`).
    """

    buildium_id: int | None
    recorded_at: float
