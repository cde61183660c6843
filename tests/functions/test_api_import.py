"""The routes that start an import, report its progress and resolve its reviews."""

from typing import Any

import pytest

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import listed_types
from tests.functions.api import PROPERTY_ID, Api

CANDIDATES = [501, 502]
DETAILS = [{"buildiumId": 501, "fields": {"name": "Elm", "yearBuilt": 1990}, "differingFields": ["yearBuilt"]}]


def keep_doubtful(api: Api) -> EntityRef:
    ref = api.keep(status=Status.NEEDS_REVIEW, candidates=CANDIDATES, candidate_details=DETAILS, intent_at=1.0)
    api.store.write(api.store.writes.put_intent(CreateIntent(ref, {}, None, 1.0, 1.0)))
    return ref


def test_progress_is_empty_before_the_first_import(api: Api) -> None:
    response = api.file("import-progress")

    assert response.status == 200
    assert response.body == {
        "import": {
            "status": "not_started",
            "startedAt": None,
            "finishedAt": None,
            "pausedReason": None,
            "types": {},
            "errors": [],
        }
    }


def test_an_import_of_all_types_starts_in_dependency_order(api: Api) -> None:
    response = api.file("import-all")

    assert (response.status, response.body["import"]["status"]) == (202, "running")
    assert list(response.body["import"]["types"]) == [entity_type.name for entity_type in listed_types()]
    assert response.body["import"]["types"]["owner"] == {
        "total": 0, "done": 0, "failed": 0, "needsReview": 0, "state": "waiting",
    }  # fmt: skip
    assert api.queued(api.reconcile_url) == [{"job": "import"}]
    assert api.file("import-progress").body == response.body


def test_an_import_can_cover_one_type(api: Api) -> None:
    assert list(api.file("import-one").body["import"]["types"]) == ["owner"]


def test_a_running_import_is_returned_and_not_restarted(api: Api) -> None:
    first = api.file("import-one")
    again = api.file("import-all")

    assert (again.status, again.body) == (202, first.body)
    assert len(api.queued(api.reconcile_url)) == 1


@pytest.mark.parametrize(("body", "status"), [({"entityType": "castle"}, 404), ({"type": "owner"}, 422), ([], 422)])
def test_an_invalid_import_request_is_rejected(body: Any, status: int, api: Api) -> None:
    assert api.request("POST", "/api/buildium/import", body).status == status
    assert api.queued(api.reconcile_url) == []


def test_entities_under_review_are_listed_with_their_candidates(api: Api) -> None:
    keep_doubtful(api)

    [shown] = api.get("/api/buildium/sync", status="needs_review").body["failedSyncs"]
    assert (shown["entityId"], shown["candidates"], shown["candidateDetails"]) == (PROPERTY_ID, CANDIDATES, DETAILS)
    status = api.get("/api/buildium/sync", entityType="property", entityId=PROPERTY_ID).body["syncStatus"]
    assert status["candidateDetails"] == DETAILS


@pytest.mark.parametrize("case", ["review", "review-create"])
def test_the_candidates_are_removed_after_the_decision(case: str, api: Api) -> None:
    ref = keep_doubtful(api)
    response = api.file(case)

    assert response.body["syncStatus"]["candidateDetails"] == []
    assert (api.sync_of(ref).candidates, api.sync_of(ref).candidate_details) == ([], [])


def test_a_decision_links_the_entity_and_queues_its_sync(api: Api) -> None:
    ref = keep_doubtful(api)
    response = api.file("review")

    assert response.status == 200
    shown = response.body["syncStatus"]
    assert (shown["syncStatus"], shown["buildiumId"], shown["candidates"]) == ("pending", 501, [])
    assert api.store.local_ids([("property", 501)]) == {("property", 501): PROPERTY_ID}
    assert api.store.intents("property") == []
    assert [message["entityId"] for message in api.queued(api.retry_url)] == [ref.entity_id]


def test_a_decision_for_no_candidate_queues_a_create(api: Api) -> None:
    keep_doubtful(api)
    response = api.file("review-create")

    assert (response.status, response.body["syncStatus"]["buildiumId"]) == (200, None)
    assert api.store.intents("property") == []
    assert len(api.queued(api.retry_url)) == 1


def test_an_impossible_decision_is_rejected(api: Api) -> None:
    ref = keep_doubtful(api)
    other = api.keep(entity_id="other")
    api.store.write(api.store.writes.put_link(other, 501))
    entity = {"entityType": "property", "entityId": ref.entity_id}

    rejected: dict[int, list[dict[str, Any]]] = {
        409: [{**entity, "buildiumId": 501}, {**entity, "entityId": "other", "buildiumId": None}],
        422: [{**entity, "buildiumId": 7}, entity, {**entity, "buildiumId": "502"}],
        404: [{**entity, "entityId": "unknown", "buildiumId": 502}, {**entity, "entityType": "x", "buildiumId": 502}],
    }
    for status, bodies in rejected.items():
        for body in bodies:
            response = api.request("POST", "/api/buildium/review", body)
            assert (response.status, response.headers["Content-Type"]) == (status, "application/problem+json")
    assert api.sync_of(ref).status is Status.NEEDS_REVIEW
    assert api.queued(api.retry_url) == []


@pytest.mark.parametrize(("path", "allowed"), [("import", "GET, POST"), ("review", "GET, POST")])
def test_an_unsupported_method_gets_the_allowed_methods(path: str, allowed: str, api: Api) -> None:
    response = api.request("DELETE", f"/api/buildium/{path}")

    assert (response.status, response.headers["Allow"]) == (405, allowed)
