"""The items of the entities table, as objects.

    pk                        sk                    what
    property#7                entity                the entity: fields, version, origin
    property#7                sync                  its sync record: what Buildium has of it, and how it stands
    property#7                waiting#owner#3       the owner is blocked until the property is in Buildium
    buildium#property#501     link                  Buildium's 501 is our property 7
    property#7                spare#unit            Buildium made unit 2001 along with it, which nobody has taken yet
    intents#property          7                     a create was begun and its Buildium id is not saved yet
    history#property#7        2026-…Z#3             what version 3 overwrote, for a year (see `store.history`)
    create#9f86…              create                an Idempotency-Key has made property 7 (see `store.creates`)

The index `by-collection` lists entities by type in order of creation, the failed, blocked, doubtful and deleted syncs
by type, and spares by type and Buildium id. The index `by-state` lists syncs by state, except the synced ones; its sort
key is the time at which someone must look (`due`): the end of a lease or of a wait; or the time of the last write.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from buildium_sync.store.dynamodb import Item

ENTITY = "entity"
SYNC = "sync"
LINK = "link"
WAITING = "waiting#"
SPARE = "spare#"


class Status(StrEnum):
    """How a sync stands."""

    PENDING = "pending"
    SYNCING = "syncing"
    SYNCED = "synced"
    FAILED = "failed"
    BLOCKED = "blocked"
    NEEDS_REVIEW = "needs_review"
    DELETED = "deleted"


STOPPED = frozenset({Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW})
"""The states that wait for a person, who can have the sync tried again."""
LISTED = STOPPED | {Status.DELETED}
"""The states that are listed by type too."""
FINAL = LISTED | {Status.SYNCED}
"""The states in which a client that waits for the outcome has it."""


class Origin(StrEnum):
    """Who wrote an entity's version. The stream passes on what came from the API only."""

    API = "api"
    BUILDIUM = "buildium"


class Via(StrEnum):
    """By what way a version came to us that is Buildium's.

    `sync` is what a write of ours brought along, `repair` that of what a comparison of both sides found.
    """

    WEBHOOK = "webhook"
    POLL = "poll"
    IMPORT = "import"
    REPAIR = "repair"
    SYNC = "sync"


@dataclass(frozen=True, slots=True)
class EntityRef:
    """Names one entity of ours."""

    entity_type: str
    entity_id: str

    @property
    def pk(self) -> str:
        """The partition key of the entity and all that belongs to it."""
        return f"{self.entity_type}#{self.entity_id}"

    @classmethod
    def from_pk(cls, pk: str) -> Self:
        """Read a partition key."""
        entity_type, _, entity_id = pk.partition("#")
        return cls(entity_type, entity_id)


@dataclass(frozen=True, slots=True)
class Entity:
    """One version of an entity. Times are ISO 8601.

    `api_key_id` names the client that wrote the version, `via` the way by which it came from Buildium.
    """

    ref: EntityRef
    version: int
    fields: dict[str, Any]
    origin: Origin
    created_at: str
    updated_at: str
    correlation_id: str
    deleted_at: str | None = None
    api_key_id: str | None = None
    via: Via | None = None

    def pulled(self, fields: dict[str, Any], now: str, via: Via) -> Self:
        """Return the next version, with what came from Buildium. The stream lets it pass by."""
        written = replace(self, version=self.version + 1, fields=fields, updated_at=now)
        return replace(written, origin=Origin.BUILDIUM, api_key_id=None, via=via)

    def to_item(self) -> Item:
        """Return the item."""
        return {
            "pk": self.ref.pk,
            "sk": ENTITY,
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "version": self.version,
            "fields": self.fields,
            "origin": self.origin.value,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "deletedAt": self.deleted_at,
            "correlationId": self.correlation_id,
            "apiKeyId": self.api_key_id,
            "via": self.via.value if self.via else None,
            "collectionPk": self.ref.entity_type,
            "collectionSk": f"{self.created_at}#{self.ref.entity_id}",
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        return cls(
            ref=EntityRef(item["entityType"], item["entityId"]),
            version=item["version"],
            fields=item["fields"],
            origin=Origin(item["origin"]),
            created_at=item["createdAt"],
            updated_at=item["updatedAt"],
            correlation_id=item["correlationId"],
            deleted_at=item.get("deletedAt"),
            api_key_id=item.get("apiKeyId"),
            via=Via(item["via"]) if "via" in item else None,
        )


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """What Buildium has of an entity, and how the sync stands.

    `revision` counts the record's own writes: every write names the one that it is based on. `version` is the
    entity's, `synced_version` the one that Buildium has, `wanted_at` when the current one was written. `base` holds
    the fields that both sides had when they last agreed. `attempts` counts failures that are the entity's own,
    `deferrals` those that are not. `lease_owner` is made up for each lease, so that a worker knows its own, and
    `lease_from` is when the last one was taken. A message that comes before `not_before` is not its turn. `settles_at`
    is when the create of the open intent can no longer appear in Buildium. `echoes` are our own writes whose webhook
    has not come yet: `{"operation", "from", "until"}`.
    `candidates` are the Buildium ids that an entity in review may have, `candidate_details` what is kept of the first
    of them (see `candidates.beside`).
    `conflicts` are the last fields that both sides had changed, newest first (see `conflicts.noted`).
    Times are in seconds since the epoch (`lease_from`, `lease_until`, `not_before`, `intent_at`, `settles_at`, echoes)
    or ISO 8601.
    """

    ref: EntityRef
    version: int
    status: Status
    created_at: str
    updated_at: str
    correlation_id: str
    wanted_at: str
    revision: int = 0
    synced_version: int = 0
    buildium_id: int | None = None
    last_synced_at: str | None = None
    error_message: str | None = None
    errors: list[dict[str, str]] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)
    candidate_details: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    deferrals: int = 0
    lease_token: int = 0
    lease_from: float = 0
    lease_until: float = 0
    lease_owner: str | None = None
    not_before: float = 0
    intent_at: float | None = None
    settles_at: float = 0
    base: dict[str, Any] | None = None
    echoes: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    due: str | None = None

    def to_item(self) -> Item:
        """Return the item with its index keys."""
        listed = self.status in LISTED
        unfinished = self.status is not Status.SYNCED
        return {
            "pk": self.ref.pk,
            "sk": SYNC,
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "revision": self.revision,
            "version": self.version,
            "syncStatus": self.status.value,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "correlationId": self.correlation_id,
            "wantedAt": self.wanted_at,
            "syncedVersion": self.synced_version,
            "buildiumId": self.buildium_id,
            "lastSyncedAt": self.last_synced_at,
            "errorMessage": self.error_message,
            "errors": self.errors or None,
            "candidates": self.candidates or None,
            "candidateDetails": self.candidate_details or None,
            "attempts": self.attempts,
            "deferrals": self.deferrals,
            "leaseToken": self.lease_token,
            "leaseFrom": self.lease_from,
            "leaseUntil": self.lease_until,
            "leaseOwner": self.lease_owner,
            "notBefore": self.not_before,
            "intentAt": self.intent_at,
            "settlesAt": self.settles_at,
            "base": self.base,
            "echoes": self.echoes or None,
            "conflicts": self.conflicts or None,
            "due": self.due,
            "statePk": self.status.value if unfinished else None,
            "stateSk": f"{self.due or self.updated_at}#{self.ref.pk}" if unfinished else None,
            "collectionPk": f"{self.status.value}#{self.ref.entity_type}" if listed else None,
            "collectionSk": f"{self.updated_at}#{self.ref.entity_id}" if listed else None,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        return cls(
            ref=EntityRef(item["entityType"], item["entityId"]),
            version=item["version"],
            status=Status(item["syncStatus"]),
            created_at=item["createdAt"],
            updated_at=item["updatedAt"],
            correlation_id=item["correlationId"],
            wanted_at=item["wantedAt"],
            revision=item["revision"],
            synced_version=item["syncedVersion"],
            buildium_id=item.get("buildiumId"),
            last_synced_at=item.get("lastSyncedAt"),
            error_message=item.get("errorMessage"),
            errors=item.get("errors", []),
            candidates=item.get("candidates", []),
            candidate_details=item.get("candidateDetails", []),
            attempts=item["attempts"],
            deferrals=item["deferrals"],
            lease_token=item["leaseToken"],
            lease_from=item.get("leaseFrom", 0),
            lease_until=item["leaseUntil"],
            lease_owner=item.get("leaseOwner"),
            not_before=item["notBefore"],
            intent_at=item.get("intentAt"),
            settles_at=item["settlesAt"],
            base=item.get("base"),
            echoes=item.get("echoes", []),
            conflicts=item.get("conflicts", []),
            due=item.get("due"),
        )

    @property
    def was_agreed(self) -> bool:
        """Tell whether both sides have ever been the same: an entity that was only linked has no base."""
        return self.base is not None

    @property
    def settled(self) -> bool:
        """Tell whether Buildium has the entity's current version."""
        return self.synced_version >= self.version


@dataclass(frozen=True, slots=True)
class Intent:
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

    def to_item(self) -> Item:
        """Return the item."""
        return {
            "pk": intents_pk(self.ref.entity_type),
            "sk": self.ref.entity_id,
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "fields": self.fields,
            "highestId": self.highest_id,
            "at": self.at,
            "until": self.until,
            "seen": self.seen,
            "defaults": self.defaults,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        ref = EntityRef(item["entityType"], item["entityId"])
        times = (item["at"], item["until"])
        return cls(ref, item["fields"], item.get("highestId"), *times, item["seen"], item["defaults"])


@dataclass(frozen=True, slots=True)
class Spare:
    """What Buildium made by itself along with an entity of ours: its Buildium id, and when it was noted.

    `noted_at` is in seconds since the epoch, after it was made. `buildium_id` is None while it is not known: the
    response that names it was lost, and Buildium has to be asked (see `auto_created`).
    """

    buildium_id: int | None
    noted_at: float

    def to_item(self, beside: EntityRef, entity_type: str) -> Item:
        """Return the item; `entity_type` is what the spare is."""
        return {
            "pk": beside.pk,
            "sk": SPARE + entity_type,
            "buildiumId": self.buildium_id,
            "notedAt": self.noted_at,
            "collectionPk": SPARE + entity_type if self.buildium_id is not None else None,
            "collectionSk": str(self.buildium_id) if self.buildium_id is not None else None,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        return cls(item.get("buildiumId"), item["notedAt"])


def intents_pk(entity_type: str) -> str:
    """Return the partition of a type's open intents."""
    return f"intents#{entity_type}"


def link_pk(entity_type: str, buildium_id: int) -> str:
    """Return the partition key of a Buildium id's link."""
    return f"buildium#{entity_type}#{buildium_id}"


def lapsed(record: SyncRecord) -> SyncRecord:
    """Return the record without a lease that has run out: its worker, should it still live, writes nothing any more."""
    if not record.lease_until:
        return record
    return replace(record, lease_until=0, lease_token=record.lease_token + 1)


def agreed(record: SyncRecord, now: str) -> SyncRecord:
    """Return the record of an entity that is the same on both sides, at `now` (ISO 8601)."""
    return replace(
        record,
        synced_version=record.version,
        status=Status.SYNCED,
        due=None,
        updated_at=now,
        last_synced_at=now,
        error_message=None,
        errors=[],
        candidates=[],
        candidate_details=[],
        attempts=0,
        deferrals=0,
        not_before=0,
    )


def deleted(record: SyncRecord, version: int, now: str) -> SyncRecord:
    """Return the record of an entity whose `version` is the one that Buildium's deletion at `now` (ISO 8601) left.

    Nothing is left to be synced, and no lease is held any more.
    """
    current = lapsed(record)
    settled = agreed(replace(current, revision=current.revision + 1, version=version), now)
    return replace(
        settled,
        status=Status.DELETED,
        last_synced_at=record.last_synced_at,
        error_message=f"It was deleted in Buildium at {now}.",
    )


def unlinked(record: SyncRecord, due: str) -> SyncRecord:
    """Return the record of an entity that was never synced with its Buildium id, which is gone: it is to be created."""
    current = lapsed(record)
    return replace(
        current,
        revision=current.revision + 1,
        status=Status.PENDING,
        buildium_id=None,
        due=due,
        error_message=None,
        errors=[],
        not_before=0,
    )
