"""What is kept of a person's decision in a review, so that it can be undone."""

from dataclasses import dataclass, field
from typing import Any

from buildium_sync.domain.entity import EntityRef

DECISION_RETENTION_SECONDS = 90 * 86_400.0
"""As long as an open create intent. A decision contains fields of the candidates."""


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """A decision: the chosen candidate, None for a new Buildium entity.

    `at` is in ISO 8601. `candidates` and `details` are those of the review (see `SyncRecord`). `by` is the id of the
    API key that made it.
    """

    ref: EntityRef
    at: str
    buildium_id: int | None
    candidates: list[int] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    by: str | None = None
