"""What an operator sees of a review: the candidates, where they differ, and which value a link would keep."""

from collections.abc import Iterable, Mapping
from typing import Any

from buildium_sync.api.review_undo import ReviewUndo
from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.labels import address_of, name_of
from buildium_sync.domain.operator import OperatorNames, names_of
from buildium_sync.domain.review_decision import ReviewDecision
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import NotFound
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.review_decisions import ReviewDecisionStore


class ReviewDetails:
    """Describes reviews and decisions."""

    def __init__(
        self,
        store: EntityStore,
        decisions: ReviewDecisionStore,
        undo: ReviewUndo,
        policy: ConflictPolicy,
        operator_names: OperatorNames,
    ) -> None:
        self._store = store
        self._decisions = decisions
        self._undo = undo
        self._policy = policy
        self._operator_names = operator_names

    def read(self, ref: EntityRef) -> dict[str, Any]:
        """Return the review of an entity, and its last decision. Raises NotFound."""
        entity_type = by_name(ref.entity_type)
        loaded = self._store.load(ref) if ref.entity_id else None
        if loaded is None:
            raise NotFound(f"{ref.entity_type.capitalize()} {ref.entity_id!r} not found.")
        known = {each["buildiumId"]: each["fields"] for each in loaded.sync.candidate_details}
        intent = self._store.intent(ref) if known else None
        decision = self._undo.decision_of(loaded.sync)
        return {
            "entityType": ref.entity_type,
            "entityId": ref.entity_id,
            "syncStatus": loaded.sync.status.value,
            "name": name_of(loaded.entity.fields),
            "address": address_of(loaded.entity.fields),
            "candidates": [
                self._candidate(entity_type, loaded, buildium_id, known.get(buildium_id), intent)
                for buildium_id in loaded.sync.candidates
            ],
            "decision": self._decision(decision, loaded, self._names([decision])) if decision else None,
        }

    def decisions(self, *, limit: int, cursor: str | None) -> dict[str, Any]:
        """Return a page of the decisions, newest first. Raises MalformedRequest for a cursor of another list."""
        found, next_cursor = self._decisions.page(limit=limit, cursor=cursor)
        loaded = self._store.load_all(each.ref for each in found)
        operators = self._names(found)
        items = [
            {
                "entityType": each.ref.entity_type,
                "entityId": each.ref.entity_id,
                "name": name_of(loaded[each.ref].entity.fields),
                **self._decision(each, loaded[each.ref], operators),
            }
            for each in found
            if each.ref in loaded
        ]
        return {"items": items, "nextCursor": next_cursor}

    def _names(self, decisions: Iterable[ReviewDecision]) -> Mapping[str | None, str]:
        return names_of(self._operator_names, (each.by for each in decisions))

    def _decision(
        self, decision: ReviewDecision, loaded: EntityWithSync, operators: Mapping[str | None, str]
    ) -> dict[str, Any]:
        is_last = loaded.sync.decided_at == decision.at
        obstacle = self._undo.obstacle(loaded, decision) if is_last else "A later decision has replaced it."
        return {
            "decidedAt": decision.at,
            "decidedBy": decision.by,
            "operator": operators.get(decision.by),
            "chosenId": decision.buildium_id,
            "buildiumId": loaded.sync.buildium_id,
            "undoObstacle": obstacle,
        }

    def _candidate(
        self,
        entity_type: EntityType,
        loaded: EntityWithSync,
        buildium_id: int,
        fields: Fields | None,
        intent: CreateIntent | None,
    ) -> dict[str, Any]:
        shown = fields or {}
        return {
            "buildiumId": buildium_id,
            "name": name_of(shown),
            "address": address_of(shown),
            "hasDetails": fields is not None,
            "fields": self._compared(entity_type, loaded.entity.fields, shown, intent) if fields is not None else [],
        }

    def _compared(
        self, entity_type: EntityType, local: Fields, shown: Fields, intent: CreateIntent | None
    ) -> list[dict[str, Any]]:
        """Return each review field of both sides, and the value and the side that a link would keep."""
        names = [name for name in entity_type.review_fields if local.get(name) is not None or name in shown]
        remote = {name: shown.get(name) for name in names}
        is_sent = intent is not None and intent.highest_id is not None
        base = _only(intent.fields, names) if intent is not None and is_sent else None
        merged = self._policy.merge(entity_type, base=base, local=_only(local, names), remote=remote).fields
        return [_field(entity_type, name, local.get(name), remote[name], merged.get(name)) for name in names]


def _only(fields: Mapping[str, Any], names: list[str]) -> Fields:
    return {name: fields.get(name) for name in names}


def _field(entity_type: EntityType, name: str, local: Any, remote: Any, kept: Any) -> dict[str, Any]:
    differs = not entity_type.values_equal(name, local, remote)
    kept_side = "local" if entity_type.values_equal(name, kept, local) else "buildium"
    winner = kept_side if differs else None
    return {"field": name, "local": local, "buildium": remote, "differs": differs, "winner": winner}
