"""The routes that describe reviews, list decisions and undo them."""

import pytest

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.functions.api import Api

NAMED = {"entityType": "property", "entityId": "3f0b1a52-6d0c-4f57-9a41-5f8a7f1f0c11"}
DETAILS = [
    {"buildiumId": 501, "fields": {"name": "Elm", "addressLine1": "1 Elm St"}, "differingFields": ["name"]},
]


def in_review(api: Api) -> EntityRef:
    ref = api.keep(status=Status.NEEDS_REVIEW, candidates=[501, 502], candidate_details=DETAILS, intent_at=1.0)
    api.store.write(api.store.writes.put_intent(CreateIntent(ref, {}, None, at=1, until=1, seen=[501, 502])))
    return ref


def test_a_review_has_the_names_and_fields_of_its_candidates(api: Api) -> None:
    in_review(api)
    review = api.file("review-read").body["review"]

    assert [(each["buildiumId"], each["name"], each["hasDetails"]) for each in review["candidates"]] == [
        (501, "Elm", True),
        (502, None, False),
    ]
    [name] = [each for each in review["candidates"][0]["fields"] if each["field"] == "name"]
    assert (name["buildium"], name["differs"], name["winner"]) == ("Elm", True, "local")
    assert review["decision"] is None


def test_a_decision_is_listed_and_undone(api: Api) -> None:
    ref = in_review(api)
    assert api.request("POST", "/api/buildium/review", {**NAMED, "buildiumId": 501}).status == 200
    [decision] = api.file("review-decisions").body["items"]
    assert (decision["entityId"], decision["chosenId"], decision["undoObstacle"]) == (ref.entity_id, 501, None)

    undone = api.file("review-undo").body["syncStatus"]
    assert (undone["syncStatus"], undone["buildiumId"], undone["candidates"]) == ("needs_review", None, [501, 502])
    assert api.file("review-decisions").body["items"] == []


def test_an_undo_without_a_decision_is_rejected(api: Api) -> None:
    api.keep()
    response = api.file("review-undo")

    assert (response.status, response.headers["Content-Type"]) == (409, "application/problem+json")


@pytest.mark.parametrize("query", [{}, {"entityType": "property"}, {**NAMED, "other": "1"}])
def test_a_review_is_read_by_type_and_id(query: dict[str, str], api: Api) -> None:
    assert api.get("/api/buildium/review", **query).status == 400


@pytest.mark.parametrize(("entity_type", "status"), [("property", 404), ("castle", 404)])
def test_a_review_of_an_unknown_entity_is_not_found(entity_type: str, status: int, api: Api) -> None:
    assert api.get("/api/buildium/review", entityType=entity_type, entityId="unknown").status == status
    body = {"entityType": entity_type, "entityId": "unknown"}
    assert api.request("POST", "/api/buildium/review/undo", body).status == status


@pytest.mark.parametrize(
    ("path", "allowed"), [("review", "GET, POST"), ("review/decisions", "GET"), ("review/undo", "POST")]
)
def test_other_methods_of_reviews_are_rejected(path: str, allowed: str, api: Api) -> None:
    response = api.request("DELETE", f"/api/buildium/{path}")

    assert (response.status, response.headers["Allow"]) == (405, allowed)
