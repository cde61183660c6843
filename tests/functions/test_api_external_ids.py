"""Creates and updates by external id: one entity, and batches."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from buildium_sync.api.entity_service import EntityService
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite
from tests.flows.system import OWNER, PROPERTY
from tests.functions.api import CREATED, Api, Response
from tests.functions.test_api_errors import is_problem
from tests.functions.test_api_ledger import PAYMENT

KEYED = "/api/properties/external-id"
BATCH = "/api/properties/batch"
RENAMED = {**PROPERTY, "name": "Elm House"}


def put(api: Api, external_id: str, body: Any = PROPERTY, **headers: str) -> Response:
    return api.request("PUT", f"{KEYED}/{quote(external_id, safe='')}", body, headers=headers)


def batch(api: Api, *items: Any, collection: str = "properties") -> list[dict[str, Any]]:
    response = api.request("POST", f"/api/{collection}/batch", {"items": list(items)})
    assert response.status == 200
    return list(response.body["results"])


def listed(api: Api, collection: str = "properties") -> list[dict[str, Any]]:
    return list(api.get(f"/api/{collection}").body["items"])


def test_the_sample_events_create_entities(api: Api) -> None:
    assert api.file("put-external-id").body["property"]["externalId"] == "crm/A-1001"
    assert [each["status"] for each in api.file("batch-properties").body["results"]] == [201, 201]


class TestPut:
    def test_a_first_put_creates_and_a_second_updates(self, api: Api) -> None:
        first, again, changed = put(api, "A-1"), put(api, "A-1"), put(api, "A-1", RENAMED)

        assert [each.status for each in (first, again, changed)] == [201, 200, 200]
        assert [each.headers["ETag"] for each in (first, again, changed)] == ['"1"', '"1"', '"2"']
        [only] = listed(api)
        assert (only["id"], only["name"], only["externalId"]) == (first.body["property"]["id"], "Elm House", "A-1")

    @pytest.mark.parametrize(
        "external_id",
        ["a/b", "a b", "ü", "a%2Fb", "a+b", "\U0001f3e0" * 255, "history", "batch", "../x", "?a=1#b", "'\"", "a&b"],
    )
    def test_any_external_id_can_be_in_a_path(self, external_id: str, api: Api) -> None:
        assert put(api, external_id).body["property"]["externalId"] == external_id
        assert put(api, external_id).status == 200

    @pytest.mark.parametrize("external_id", ["a/b", "a b", "ü%2F", "a/"])
    def test_an_external_id_that_is_not_encoded_is_accepted(self, external_id: str, api: Api) -> None:
        response = api.request("PUT", f"{KEYED}/{external_id}", PROPERTY)
        assert response.body["property"]["externalId"] == external_id

    @pytest.mark.parametrize("encoded", ["\ud800 ", "a\n", "%00", "%0A", "%FF", "%EF%BF%BD", "a" * 256])
    def test_an_invalid_external_id_in_a_path_is_malformed(self, encoded: str, api: Api) -> None:
        response = api.request("PUT", f"{KEYED}/{encoded}", PROPERTY)

        assert is_problem(response, 400)
        assert response.fields == ["externalId"]

    def test_the_external_id_of_the_body_must_equal_the_path(self, api: Api) -> None:
        assert put(api, "A-1", {**PROPERTY, "externalId": "A-1"}).status == 201
        for other in ("A-2", None):
            response = put(api, "A-1", {**PROPERTY, "externalId": other})
            assert is_problem(response, 422)
            assert response.fields == ["externalId"]

    def test_if_match_never_creates(self, api: Api) -> None:
        assert is_problem(put(api, "A-1", **{"If-Match": "*"}), 412)
        put(api, "A-1")
        assert is_problem(put(api, "A-1", RENAMED, **{"If-Match": '"7"'}), 412)
        assert put(api, "A-1", RENAMED, **{"If-Match": '"1"'}).status == 200

    def test_prefer_limits_the_wait(self, api: Api) -> None:
        assert put(api, "A-1", Prefer="respond-async").headers["Preference-Applied"] == "respond-async"

    def test_money_is_posted_once_without_an_idempotency_key(self, api: Api) -> None:
        path = "/api/lease-payments/external-id/A-1"
        assert [api.request("PUT", path, PAYMENT).status for _ in range(2)] == [201, 200]
        assert len(listed(api, "lease-payments")) == 1

    def test_a_read_only_type_creates_nothing(self, api: Api) -> None:
        assert is_problem(api.request("PUT", "/api/lease-transactions/external-id/A-1", {}), 404)

    def test_an_invalid_body_creates_nothing(self, api: Api) -> None:
        assert is_problem(put(api, "A-1", {"name": "Elm"}), 422)
        assert listed(api) == []

    def test_other_methods_are_rejected(self, api: Api) -> None:
        response = api.get(f"{KEYED}/A-1")
        assert is_problem(response, 405)
        assert response.headers["Allow"] == "PUT"


class TestLists:
    def test_a_list_finds_the_entity_with_an_external_id(self, api: Api) -> None:
        known = put(api, "a/b & ü").body["property"]["id"]
        put(api, "A-2")

        [found] = api.get("/api/properties", externalId="a/b & ü").body["items"]
        assert found["id"] == known
        assert api.get("/api/properties", externalId="A-3").body == {"items": [], "nextCursor": None}
        assert api.get("/api/owners", externalId="A-2").body["items"] == []

    def test_a_list_finds_the_entity_with_a_buildium_id(self, api: Api) -> None:
        ref = api.keep(status=Status.PENDING)
        record = replace(api.sync_of(ref), revision=1, buildium_id=501)
        api.store.write(api.store.writes.put_sync(record), api.store.writes.put_link(ref, 501))

        [found] = api.get("/api/properties", buildiumId="501").body["items"]
        assert found["id"] == ref.entity_id
        assert api.get("/api/properties", buildiumId="502").body["items"] == []

    @pytest.mark.parametrize(
        "query",
        [
            {"externalId": ""},
            {"externalId": "a" * 256},
            {"buildiumId": "x"},
            {"buildiumId": "0"},
            {"buildiumId": "9" * 30},
            {"externalId": "A-1", "buildiumId": "501"},
        ],
    )
    def test_an_invalid_id_is_malformed(self, query: dict[str, str], api: Api) -> None:
        assert is_problem(api.get("/api/properties", **query), 400)


class TestConflicts:
    def test_a_duplicate_names_the_other_entity(self, api: Api) -> None:
        first = put(api, "A-1").body["property"]["id"]

        response = api.request("POST", "/api/properties", {**PROPERTY, "externalId": "A-1"})

        assert is_problem(response, 409)
        assert response.body["entityId"] == first
        assert response.fields == ["externalId"]

    def test_an_owner_has_its_external_id_in_snake_case(self, api: Api) -> None:
        path = "/api/owners/external-id/A-1"
        shown = api.request("PUT", path, OWNER).body

        assert shown["external_id"] == "A-1"
        assert api.request("PUT", path, shown).headers["ETag"] == '"1"'


class TestBatch:
    def test_results_are_in_the_order_of_the_items(self, api: Api) -> None:
        known = put(api, "A-1").body["property"]["id"]

        results = batch(
            api,
            {**RENAMED, "externalId": "A-1"},
            {**PROPERTY, "externalId": "A-2"},
            PROPERTY,
            {"name": "Elm", "externalId": "A-3"},
            7,
            {**PROPERTY, "externalId": ""},
        )

        assert [each["status"] for each in results] == [200, 201, 201, 422, 422, 422]
        assert (results[0]["id"], results[0]["version"]) == (known, 2)
        assert [each["externalId"] for each in results] == ["A-1", "A-2", None, "A-3", None, ""]
        assert results[3]["problem"]["errors"]
        assert len(listed(api)) == 3

    def test_items_with_one_external_id_are_written_in_order(self, api: Api) -> None:
        results = batch(api, {**PROPERTY, "externalId": "A-1"}, {**RENAMED, "externalId": "A-1"})

        assert [each["status"] for each in results] == [201, 200]
        [only] = listed(api)
        assert (only["name"], results[0]["id"]) == ("Elm House", results[1]["id"])

    def test_a_repeated_batch_writes_nothing(self, api: Api) -> None:
        items = [{**PROPERTY, "externalId": f"A-{number}"} for number in range(5)]
        first = batch(api, *items)

        again = batch(api, *items)

        assert again == [{**each, "status": 200} for each in first]
        assert len(listed(api)) == 5

    def test_a_batch_of_money_requires_external_ids(self, api: Api) -> None:
        keyed = {**PAYMENT, "externalId": "P-1"}
        without, first, again = batch(api, PAYMENT, keyed, keyed, collection="lease-payments")

        assert [without["status"], first["status"], again["status"]] == [422, 201, 200]
        assert without["problem"]["errors"][0]["field"] == "externalId"
        assert len(listed(api, "lease-payments")) == 1

    def test_a_rejected_owner_shows_its_external_id(self, api: Api) -> None:
        for name in ("externalId", "external_id"):
            [rejected] = batch(api, {"isCompany": "no", name: "O-1"}, collection="owners")
            assert (rejected["status"], rejected["externalId"]) == (422, "O-1")

    def test_a_deleted_entity_is_a_conflict_of_its_item(self, api: Api) -> None:
        put(api, "A-1")
        key = {"pk": {"S": api.only().pk}, "sk": {"S": "entity"}}
        at = {":now": {"S": CREATED}}
        api.dynamodb.update_item(
            TableName="EntitiesTable", Key=key, UpdateExpression="SET deletedAt = :now", ExpressionAttributeValues=at
        )

        results = batch(api, {**PROPERTY, "externalId": "A-1"}, {**PROPERTY, "externalId": "A-2"})

        assert [each["status"] for each in results] == [409, 201]

    def test_items_without_time_are_repeated_later(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        times = iter([1.0, 1.0, 0.0, 0.0])
        monkeypatch.setattr("buildium_sync.routes.current_request.Request.time_left", lambda _request: next(times))

        results = batch(api, *({**PROPERTY, "externalId": f"A-{number}"} for number in range(4)))

        assert [each["status"] for each in results] == [201, 201, 503, 503]
        assert len(listed(api)) == 2

    @pytest.mark.parametrize(("error", "status"), [(ConcurrentWrite("lost"), 503), (RuntimeError("bug"), 500)])
    def test_an_error_of_one_item_does_not_affect_others(
        self, error: Exception, status: int, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create = EntityService.create

        def fail(service: EntityService, entity_type: Any, body: Any, *rest: Any, **named: Any) -> Any:
            if body["name"] == "Elm House":
                raise error
            return create(service, entity_type, body, *rest, **named)

        monkeypatch.setattr(EntityService, "create", fail)

        assert [each["status"] for each in batch(api, PROPERTY, RENAMED, PROPERTY)] == [201, status, 201]

    @pytest.mark.parametrize(
        "body", [{}, {"items": []}, {"items": [PROPERTY] * 101}, {"items": {}}, {"items": [PROPERTY], "other": 1}]
    )
    def test_a_malformed_batch_is_rejected_as_a_whole(self, body: Any, api: Api) -> None:
        assert is_problem(api.request("POST", BATCH, body), 422)
        assert listed(api) == []

    def test_a_batch_may_be_larger_than_one_entity(self, api: Api) -> None:
        items = [{**PROPERTY, "structureDescription": "a" * 5000} for _ in range(100)]
        assert len(json.dumps(items)) > 256 * 1024
        assert {each["status"] for each in batch(api, *items)} == {201}
        assert is_problem(api.request("POST", BATCH, {"items": ["a" * 2 * 1024 * 1024]}), 413)

    def test_a_read_only_type_has_no_batch(self, api: Api) -> None:
        assert is_problem(api.request("POST", "/api/lease-transactions/batch", {"items": [{}]}), 405)
