"""An entity's checkpoint in the timeline table: what is recorded of the entity, and the newest page of its timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.lookups import Lookups
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.dynamodb import Item, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MAX_BATCH_CHANGES = 40
"""Changes that are recorded together. DynamoDB: an item has at most 400 KB, and a page has the entries of one batch."""
MAX_PAGES = 100
"""Pages of one timeline without the newest. The next one replaces the oldest."""
CHECKPOINT = "checkpoint"
_RETENTION_SECONDS = 90 * 86_400
_PAGE_PREFIX = "page#"


class TimelinePage(NamedTuple):
    """A page of a timeline: its number from 0, its entries in order, and when they expire (epoch seconds)."""

    number: int
    entries: Sequence[Any]
    expires_at: int

    def to_item(self, ref: EntityRef) -> Item:
        """Return the item of a page that is no longer the newest."""
        return {
            "pk": ref.pk,
            "sk": f"{_PAGE_PREFIX}{self.number % MAX_PAGES:03}",
            "number": self.number,
            "entries": self.entries,
            "expiresAt": self.expires_at,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        return cls(item["number"], item["entries"], item["expiresAt"])


@dataclass(frozen=True, slots=True)
class TimelineCheckpoint:
    """The last recorded version, revision and status of an entity, and the number of its pages.

    `newest` is the last page, None without entries. `lookups` are those that are stored. `external_id` and
    `buildium_id` are the ids of the entity in the application and in Buildium.
    """

    ref: EntityRef
    version: int = 0
    revision: int = -1
    status: Status | None = None
    pages: int = 0
    newest: TimelinePage | None = None
    lookups: Lookups = field(default_factory=dict)
    external_id: str | None = None
    buildium_id: int | None = None

    @property
    def is_new(self) -> bool:
        """Return whether nothing of the entity is recorded."""
        return not self.version and self.revision < 0

    def with_page(self, entries: Sequence[Any], now: float) -> Self:
        """Return the checkpoint with a new page of these entries. `now` is in epoch seconds."""
        return replace(
            self, pages=self.pages + 1, newest=TimelinePage(self.pages, entries, int(now) + _RETENTION_SECONDS)
        )

    def to_item(self) -> Item:
        """Return the item. It never expires: without it the entity would be counted twice."""
        return {
            "pk": self.ref.pk,
            "sk": CHECKPOINT,
            "version": self.version,
            "revision": self.revision,
            "status": self.status.value if self.status else None,
            "pages": self.pages,
            "entries": self.newest.entries if self.newest else None,
            "entriesExpireAt": self.newest.expires_at if self.newest else None,
            "lookups": self.lookups or None,
            "externalId": self.external_id,
            "buildiumId": self.buildium_id,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        pages = item["pages"]
        return cls(
            ref=EntityRef.from_pk(item["pk"]),
            version=item["version"],
            revision=item["revision"],
            status=Status(item["status"]) if "status" in item else None,
            pages=pages,
            newest=TimelinePage(pages - 1, item["entries"], item["entriesExpireAt"]) if "entries" in item else None,
            lookups=item.get("lookups", {}),
            external_id=item.get("externalId"),
            buildium_id=item.get("buildiumId"),
        )


class CheckpointUpdate(NamedTuple):
    """An entity's checkpoint before and after some changes, and what is stored with it.

    `changes` are added to the change feed. `writes` are of the same table: they have no condition, and no effect when
    they are repeated.
    """

    before: TimelineCheckpoint
    after: TimelineCheckpoint
    changes: Sequence[Mapping[str, Any]] = ()
    writes: "Sequence[TransactWriteItemTypeDef]" = ()

    @property
    def changes_count(self) -> bool:
        """Return whether the entity's status changes."""
        return self.before.status != self.after.status

    @property
    def retired_page(self) -> TimelinePage | None:
        """The page that is no longer the newest."""
        return self.before.newest if self.after.pages > self.before.pages else None

    def put(self, table: str) -> "TransactWriteItemTypeDef":
        """Return the write of the new checkpoint, on condition that the stored one is as before."""
        return {"Put": self._unchanged(TableName=table, Item=to_attributes(self.after.to_item()))}  # type: ignore[typeddict-item]

    def check(self, table: str) -> "TransactWriteItemTypeDef":
        """Return the condition that the stored checkpoint is as before."""
        key = to_attributes({"pk": self.before.ref.pk, "sk": CHECKPOINT})
        return {"ConditionCheck": self._unchanged(TableName=table, Key=key)}  # type: ignore[typeddict-item]

    def _unchanged(self, **action: Any) -> dict[str, Any]:
        """Return an action with the condition. Lookups can be rebuilt without a new version or revision."""
        before = self.before
        known = {":version": before.version, ":revision": before.revision, ":lookups": before.lookups or None}
        lookups = "lookups = :lookups" if before.lookups else "attribute_not_exists(lookups)"
        condition = f"version = :version AND revision = :revision AND {lookups}"
        if before.is_new:
            condition = f"attribute_not_exists(pk) OR ({condition})"
        return {**action, "ConditionExpression": condition, "ExpressionAttributeValues": to_attributes(known)}
