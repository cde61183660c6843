"""Finds the Buildium entity that a lost create made, so that it can be adopted.

Every unlinked Buildium entity of the type that is younger than the create is compared with it (see `lost_creates`).
Nothing is written here. The caller links a certain match, and requests a review of ambiguous ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_tail import newest_id, rows_after
from buildium_sync.clock import Clock
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload, Query
from buildium_sync.domain.reference_contract import Links
from buildium_sync.domain.review_candidates import candidate_details, candidate_fields
from buildium_sync.errors import BuildiumNotFound, NeedsReview
from buildium_sync.linking.auto_created import is_unclaimed
from buildium_sync.linking.id_links import parent_id, resolve_all_links
from buildium_sync.linking.lost_creates import Verdict, judge
from buildium_sync.outbound.equal_creates import (
    fits_other,
    is_each_of_another_create,
    may_be_of_another,
    would_strand_other,
)
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.highest_ids import HighestIds


class LostCreate(NamedTuple):
    """The result of the search: the entity that a create made, or those that it may have made and that were edited."""

    made: Payload | None = None
    ambiguous: tuple[Payload, ...] = ()

    def review(self, entity_type: EntityType, fields: Fields) -> NeedsReview:
        """Return the error that requests a review of the ambiguous ones. `fields` are the local entity's."""
        ids = [int(payload["Id"]) for payload in self.ambiguous]
        details = candidate_details(
            entity_type, fields, {int(each["Id"]): candidate_fields(entity_type, each) for each in self.ambiguous}
        )
        text = f"The response to a create was lost. Possible matches in Buildium: {ids}"
        return NeedsReview(text, ids, details)


class Adoption:
    """Finds lost creates in one Buildium account."""

    def __init__(self, client: BuildiumClient, store: EntityStore, highest_ids: HighestIds, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._highest_ids = highest_ids
        self._clock = clock

    def highest_id(self, entity_type: EntityType) -> int:
        """Return the highest Buildium id of a type that exists before a create.

        It is read from Buildium once, for the first create of a type. Raises BuildiumError. Without a list of the
        account, it is the highest id that was seen.
        """
        if not entity_type.has_own_id:
            return 0
        known = self._highest_ids.read(entity_type.highest_id_name)
        if known is None and not entity_type.is_listed:
            return 0
        if known is None:
            lists = entity_type.recent_lists(self._today())
            known = max(newest_id(self._client, entity_type.list_path(), query) for query in lists)
            self._highest_ids.note(entity_type.highest_id_name, [known])
            self._highest_ids.flush()
        return known

    def note(self, entity_type: EntityType, buildium_id: int) -> None:
        """Remember an id that Buildium has given to a new entity."""
        self._note(entity_type, [buildium_id])

    def _note(self, entity_type: EntityType, buildium_ids: Iterable[int]) -> None:
        if entity_type.has_own_id:
            self._highest_ids.note(entity_type.highest_id_name, buildium_ids)

    def find(self, entity_type: EntityType, intent: CreateIntent) -> LostCreate:
        """Return what the create of an intent made. Raises BuildiumError."""
        # Before the links are read: an equal create that is linked in between was counted, and its entity is left out.
        others = self._other_intents(intent)
        unlinked = list(self._unlinked(entity_type, intent))
        links = resolve_all_links(self._store, entity_type, [intent.fields], unlinked)
        payloads = self._with_times(entity_type, intent, unlinked, links)
        verdicts = {int(each["Id"]): judge(entity_type, intent, each, links) for each in payloads}
        equal = [each for each in payloads if verdicts[int(each["Id"])] is Verdict.EQUAL]
        own = [each for each in equal if not fits_other(entity_type, intent, others, each, links)]
        different = [each for each in payloads if verdicts[int(each["Id"])] is Verdict.DIFFERENT]
        unclaimed = tuple(_unclaimed(entity_type, others, different, links))
        if not own:
            return LostCreate(ambiguous=unclaimed)
        is_certain = is_each_of_another_create(entity_type, others, equal, links) and not may_be_of_another(
            entity_type, intent, others, equal, links
        )
        if not is_certain:
            return LostCreate(ambiguous=tuple(equal))
        if would_strand_other(entity_type, others, equal, unclaimed, links):
            return LostCreate(ambiguous=(*equal, *unclaimed))
        return LostCreate(own[0])

    def _with_times(
        self, entity_type: EntityType, intent: CreateIntent, payloads: Sequence[Payload], links: Links
    ) -> list[Payload]:
        """Return the payloads; those of possible matches with the time of the last change, if their lists lack it."""
        if not entity_type.detail_path:
            return list(payloads)
        possible = [each for each in payloads if judge(entity_type, intent, each, links) is not Verdict.UNRELATED]
        return [{**each, **self._last_updated(entity_type, each)} for each in possible]

    def _last_updated(self, entity_type: EntityType, payload: Payload) -> Payload:
        try:
            details = self._client.read(entity_type.detail_path.format(payload["Id"]))
        except BuildiumNotFound:
            return {}
        return {"LastUpdatedDateTime": details.get("LastUpdatedDateTime")}

    def _other_intents(self, intent: CreateIntent) -> list[CreateIntent]:
        return [other for other in self._store.intents(intent.ref.entity_type) if other.ref != intent.ref]

    def _unlinked(self, entity_type: EntityType, intent: CreateIntent) -> Iterator[Payload]:
        """Read the entities of a type that no local entity is linked to and that did not exist before the create."""
        found = self._younger(entity_type, intent)
        linked = self._store.local_ids((entity_type.name, buildium_id) for buildium_id in found)
        for buildium_id, payload in sorted(found.items()):
            owner = linked.get((entity_type.name, buildium_id), intent.ref.entity_id)
            if owner == intent.ref.entity_id and not is_unclaimed(self._store, entity_type, payload):
                yield payload

    def _younger(self, entity_type: EntityType, intent: CreateIntent) -> Mapping[int, Payload]:
        since = intent.highest_id or 0
        parent = parent_id(self._store, entity_type, intent.fields)
        path, lists = entity_type.list_path(parent), entity_type.recent_lists(self._today())
        rows = (row for query in lists for row in self._rows_after(entity_type, path, query, since))
        found = {int(row["Id"]): row for row in rows}
        self._note(entity_type, found)
        unlisted = [each for each in intent.seen if each not in found and each > since]
        return found | self._named(entity_type, unlisted, parent)

    def _rows_after(self, entity_type: EntityType, path: str, query: Query, since: int) -> list[Payload]:
        """Return the rows of a list that are younger than an id; all rows of a type without own ids."""
        if entity_type.has_own_id:
            return rows_after(self._client, path, query, since)
        return [entity_type.identified(row) for page in self._client.pages(path, query) for row in page]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def _named(self, entity_type: EntityType, buildium_ids: Iterable[int], parent: int | None) -> dict[int, Payload]:
        """Read what webhooks named and no list shows yet."""
        found = {}
        for buildium_id in buildium_ids:
            try:
                payload = self._client.read(entity_type.read_path(buildium_id, parent))
                found[buildium_id] = entity_type.identified(payload)
            except BuildiumNotFound:
                continue
        return found


def _unclaimed(
    entity_type: EntityType, others: Sequence[CreateIntent], payloads: Iterable[Payload], links: Links
) -> Iterator[Payload]:
    """Leave out what another open create made."""
    for payload in payloads:
        if not any(judge(entity_type, other, payload, links) is Verdict.EQUAL for other in others):
            yield payload
