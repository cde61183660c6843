"""Request bodies: strict models, with one plain message for each invalid field."""

from typing import Any

import pytest

from buildium_sync.api.request_bodies import (
    EntityTypeChoice,
    RepairRequest,
    RetrySelection,
    RetrySeveral,
    ReviewDecision,
    parse,
    parse_repair,
)
from buildium_sync.errors import InvalidFields

ENTITY = {"entityType": "property", "entityId": "7"}


def errors(model: Any, body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidFields) as caught:
        parse(model, body)
    assert len({error.field for error in caught.value.errors}) == len(caught.value.errors)
    return {error.field: error.message for error in caught.value.errors}


def test_absent_fields_stay_absent() -> None:
    assert parse(RetrySelection, {}) == {}
    assert parse(EntityTypeChoice, {"entityType": "property"}) == {"entityType": "property"}


@pytest.mark.parametrize("value", [1, "", [], None, True])
def test_optional_strings_must_be_non_empty(value: object) -> None:
    expected = {"entityType": "must be a non-empty string, or left out"}
    assert errors(EntityTypeChoice, {"entityType": value}) == expected


def test_unknown_fields_are_reported_first() -> None:
    found = errors(RetrySelection, {"entityType": None, "entitytype": "property"})
    assert [*found] == ["entitytype", "entityType"]
    assert found["entitytype"] == "is not a recognized field"


def test_review_decision_names_a_candidate_or_null() -> None:
    assert parse(ReviewDecision, {**ENTITY, "buildiumId": 501})["buildiumId"] == 501
    assert parse(ReviewDecision, {**ENTITY, "buildiumId": None})["buildiumId"] is None


@pytest.mark.parametrize("change", [{"buildiumId": 0}, {"buildiumId": True}, {"buildiumId": "501"}, {}])
def test_review_decision_rejects_other_choices(change: dict[str, object]) -> None:
    expected = "must be one of `candidates`, or null to create a new Buildium entity"
    assert errors(ReviewDecision, {**ENTITY, **change}) == {"buildiumId": expected}


def test_review_decision_requires_the_entity() -> None:
    assert errors(ReviewDecision, {"entityId": "", "buildiumId": 501}) == {
        "entityType": "must be a non-empty string",
        "entityId": "must be a non-empty string",
    }


@pytest.mark.parametrize("entities", [None, {}, [], [ENTITY] * 501])
def test_retried_entities_are_a_list_of_limited_length(entities: object) -> None:
    assert errors(RetrySeveral, {"entities": entities}) == {"entities": "must be a list of 1 to 500 entities"}


def test_every_invalid_entity_is_reported_once() -> None:
    entities = [ENTITY, "x", {**ENTITY, "more": 1}, {"entityType": 7, "entityId": ""}, None]
    message = "must be an object with non-empty strings `entityType` and `entityId`"
    assert errors(RetrySeveral, {"entities": entities}) == {f"entities.{place}": message for place in (1, 2, 3, 4)}


def test_retried_entities_exclude_other_fields() -> None:
    expected = {"entityType": "cannot be combined with `entities`"}
    assert errors(RetrySeveral, {"entities": [ENTITY], "entityType": "property"}) == expected


def test_repair_is_a_dry_run_by_default() -> None:
    assert parse_repair({"cursor": "abc"}) == {"dryRun": True, "cursor": "abc"}
    assert errors(RepairRequest, {"dryRun": 1}) == {"dryRun": "must be true or false"}


def test_only_a_dry_run_has_a_cursor() -> None:
    assert parse_repair({"dryRun": True, "cursor": "abc"})["cursor"] == "abc"
    with pytest.raises(InvalidFields, match="cursor: is only valid for a dry run"):
        parse_repair({"dryRun": False, "cursor": "abc"})
