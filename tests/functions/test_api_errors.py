"""What the API rejects: problem+json that names the error and no internals."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from buildium_sync.api.entity_service import EntityService
from buildium_sync.api.parsing import MAX_BODY_BYTES
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite
from tests.aws import REGION, create_tables
from tests.flows.system import OWNER, PROPERTY
from tests.functions.api import EVENT_ID, PROPERTY_ID, Api, Response, deployed

PROBLEM = "application/problem+json"
ONE = f"/api/properties/{PROPERTY_ID}"
FAILED = {"entityType": "property", "entityId": PROPERTY_ID}
FAULTY = ["entities.1", "entities.2", "entities.3"]
FAULTY_TOO = ["entities.0", "entities.2", "entities.3"]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """Shared by all tests, with one failed property: a rejected request changes nothing."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        client = boto3.client("dynamodb", region_name=REGION)
        create_tables(client)
        with deployed(client, patch) as api:
            api.keep(status=Status.FAILED)
            yield api


def is_problem(response: Response, status: int) -> bool:
    body = response.body
    return (
        (response.status, body["status"], response.headers["Content-Type"]) == (status, status, PROBLEM)
        and response.headers["Cache-Control"] == "no-store"
        and response.headers["X-Content-Type-Options"] == "nosniff"
        and bool(body["title"])
        and bool(body["detail"])
    )


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def page(*_args: Any, **_more: Any) -> None:
        raise error

    monkeypatch.setattr(EntityService, "page", page)


def aws_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "arn:aws:dynamodb:secret-table"}}, "Query")


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            "   ",
            None,
            "{",
            '{"name": "Sunset"} trailing',
            '{"name": NaN}',
            '{"reserve": -Infinity}',
            '{"name": "\\ud800"}',
            '{"\\udfff": 1}',
            "[" * 100_000,
            '{"a":' * 3_000 + "1" + "}" * 3_000,
            b'{"name": "\xff\xfe"}',
            b"\xef\xbb\xbf{}",
            '{"name": "\ud800"}',
        ],
    )
    def test_a_body_without_valid_utf_8_json_is_rejected(self, body: str | bytes | None, api: Api) -> None:
        assert is_problem(api.request("POST", "/api/properties", body), 400)

    def test_a_body_wrongly_marked_as_base64_is_rejected(self, api: Api) -> None:
        event = json.loads(json.dumps({"body": "{}", "isBase64Encoded": True}))
        event = {"httpMethod": "POST", "path": "/api/properties", "requestContext": {"requestId": "1"}, **event}

        assert is_problem(api.send(event), 400)

    def test_a_base64_body_is_decoded(self, api: Api) -> None:
        assert api.request("POST", "/api/properties", json.dumps(PROPERTY).encode()).status == 201

    def test_the_last_value_of_a_repeated_field_is_used(self, api: Api) -> None:
        body = json.dumps(PROPERTY).replace("{", '{"name": "First",', 1)

        assert api.request("POST", "/api/properties", body).body["property"]["name"] == PROPERTY["name"]

    @pytest.mark.parametrize("encode", [str, str.encode])
    def test_a_body_over_256_kb_is_rejected_before_parsing(
        self, encode: Callable[[str], str | bytes], api: Api
    ) -> None:
        fits, too_large = "{" * MAX_BODY_BYTES, "{" * (MAX_BODY_BYTES + 1)

        assert is_problem(api.request("POST", "/api/properties", encode(fits)), 400)
        assert is_problem(api.request("POST", "/api/properties", encode(too_large)), 413)

    def test_the_size_of_a_body_is_counted_in_bytes(self, api: Api) -> None:
        assert is_problem(api.request("POST", "/api/properties", '"' + "é" * (MAX_BODY_BYTES // 2) + '"'), 413)

    @pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true"])
    @pytest.mark.parametrize(
        ("method", "path"), [("POST", "/api/properties"), ("PUT", ONE), ("POST", "/api/buildium/sync")]
    )
    def test_json_that_is_no_object_is_rejected(self, method: str, path: str, body: str, api: Api) -> None:
        assert is_problem(api.request(method, path, body), 422)

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    @pytest.mark.parametrize("charset", ["iso-8859-1", "UTF-16", '"windows-1252"'])
    def test_a_body_in_another_charset_than_utf_8_is_rejected(self, method: str, charset: str, api: Api) -> None:
        path = "/api/properties" if method == "POST" else ONE
        headers = {"Content-Type": f"application/json; charset={charset}"}

        assert is_problem(api.request(method, path, PROPERTY, headers=headers), 415)

    @pytest.mark.parametrize("name", ["Caf�", "\\ufffd"])
    def test_a_body_with_a_replacement_character_is_rejected(self, name: str, api: Api) -> None:
        assert is_problem(api.request("POST", "/api/properties", f'{{"name": "{name}"}}'), 400)

    @pytest.mark.parametrize(
        ("collection", "body"),
        [
            (
                "bills",
                {
                    "date": "2026-01-01",
                    "dueDate": "2026-01-01",
                    "vendorId": 1,
                    "lines": [{"accountingEntityId": 1, "amount": 1}] * 6_000,
                },
            ),
            ("work-orders", {"vendorId": 1, "title": "Taps", "lineItems": [{"quantity": 1, "unitPrice": 1}] * 8_000}),
            ("work-orders", {"vendorId": 1, "title": "Taps", "entryContactIds": [1] * 120_000}),
        ],
        ids=["lines", "items", "numbers"],
    )
    def test_an_entity_too_large_for_dynamodb_is_rejected(
        self, collection: str, body: dict[str, Any], api: Api
    ) -> None:
        text = json.dumps(body, separators=(",", ":"))
        before = len(api.store.page(collection.removesuffix("s"), limit=100, cursor=None)[0])

        response = api.request("POST", f"/api/{collection}", text)

        assert (len(text.encode()) < MAX_BODY_BYTES, response.status) == (True, 413)
        assert len(api.store.page(collection.removesuffix("s"), limit=100, cursor=None)[0]) == before

    def test_malformed_json_is_a_bad_request(self, api: Api) -> None:
        assert is_problem(api.file("bad-json"), 400)


class TestFields:
    def test_every_invalid_field_is_named(self, api: Api) -> None:
        response = api.request(
            "POST", "/api/properties", {**PROPERTY, "city": 7, "state": "XX", "nmae": "x", "country": None}
        )

        assert is_problem(response, 422)
        assert {"city", "nmae", "country"} <= set(response.fields)

    def test_a_response_names_at_most_100_invalid_fields(self, api: Api) -> None:
        body = '{"propertyIds": [' + "1," * 100_000 + "1]}"

        response = api.request("POST", "/api/owners", body)

        assert is_problem(response, 422)
        assert len(response.fields) == 100
        assert len(response.text) < 100_000

    @pytest.mark.parametrize(
        ("field", "number"),
        [
            ("yearBuilt", "9" * 20),
            ("operatingBankAccountId", "9" * 39),
            ("reserve", "9" * 39),
            ("reserve", "9" * 5_000),
            ("reserve", "1e400"),
            ("yearBuilt", "1" * 5_000),
            ("name", "1" * 5_000),
            ("unknown", "1" * 5_000),
            ("operatingBankAccountId", "1.5"),
            ("yearBuilt", "true"),
        ],
    )
    def test_an_invalid_number_is_rejected_by_field(self, field: str, number: str, api: Api) -> None:
        body = json.dumps({**PROPERTY, field: "here"}).replace('"here"', number)

        response = api.request("POST", "/api/properties", body)

        assert is_problem(response, 422)
        assert response.fields == [field]

    @pytest.mark.parametrize("number", ["1e-200", "1e-120", "-0.0"])
    def test_a_number_too_small_to_store_becomes_zero(self, number: str, api: Api) -> None:
        body = json.dumps({**PROPERTY, "reserve": "here"}).replace('"here"', number)

        response = api.request("POST", "/api/properties", body)

        assert response.status == 201
        assert api.get(f"/api/properties/{response.body['property']['id']}").body["property"]["reserve"] == 0

    def test_a_reference_to_an_unknown_entity_is_rejected(self, api: Api) -> None:
        response = api.request("POST", "/api/owners", {**OWNER, "propertyIds": ["nothing", "é" * 99]})

        assert is_problem(response, 422)
        assert response.fields == ["propertyIds", "propertyIds"]


class TestUnknownPaths:
    @pytest.mark.parametrize("path", ["/api/planets", "/api/planets/1", "/api/webhooks/buildium", "/api/Properties"])
    def test_an_unknown_collection_is_not_found(self, path: str, api: Api) -> None:
        assert is_problem(api.get(path), 404)
        assert is_problem(api.request("DELETE", path), 404)

    @pytest.mark.parametrize(
        "path", ["/", "", "/api", "/api/", "/other", f"{ONE}/units", "/api/buildium/sync/x", "/v1/api"]
    )
    def test_an_unknown_path_is_not_found(self, path: str, api: Api) -> None:
        assert is_problem(api.get(path), 404)

    @pytest.mark.parametrize(
        "entity_id",
        [
            "unknown",
            "",
            "%2F",
            "%00",
            "a b",
            "a#b",
            f"{PROPERTY_ID}#x",
            f"{PROPERTY_ID}\n",
            f"{PROPERTY_ID}/",
            f"{PROPERTY_ID}//",
            f" {PROPERTY_ID}",
            "äöü",
            "🏠",
            "\ud800",
            '"',
            "\\",
            "..",
            "a" * 65,
            "a" * 3_000,
            "<id>",
            "{id}",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "PUT"])
    def test_an_unknown_id_is_not_found(self, method: str, entity_id: str, api: Api) -> None:
        assert is_problem(api.request(method, f"/api/properties/{entity_id}", {"name": "New"}), 404)

    @pytest.mark.parametrize("event_id", ["unknown", "a" * 3_000, "é", f"{EVENT_ID}%0A"])
    def test_an_unknown_event_is_not_found(self, event_id: str, api: Api) -> None:
        assert is_problem(api.request("POST", f"/api/buildium/events/{event_id}/retry"), 404)
        assert api.queued(api.process_url) == []

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/api/properties", "GET, POST"),
            (ONE, "GET, PUT"),
            (f"{ONE}/history", "GET"),
            ("/api/lease-transactions", "GET"),
            ("/api/lease-transactions/a", "GET, PUT"),
            ("/api/buildium/sync", "GET, POST"),
            ("/api/buildium/events", "GET"),
            (f"/api/buildium/events/{EVENT_ID}/retry", "POST"),
        ],
    )
    def test_an_unsupported_method_gets_the_allowed_methods(self, path: str, allowed: str, api: Api) -> None:
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - set(allowed.split(", ")):
            response = api.request(method, path)

            assert is_problem(response, 405)
            assert response.headers["Allow"] == allowed


class TestQueryParameters:
    @pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "", "ten", "٣", "9" * 400, " 5", "1e1"])
    @pytest.mark.parametrize(
        "path", ["/api/properties", f"{ONE}/history", "/api/buildium/sync", "/api/buildium/events"]
    )
    def test_a_limit_is_an_integer_from_1_to_100(self, path: str, limit: str, api: Api) -> None:
        response = api.get(path, limit=limit)
        assert is_problem(response, 400)
        assert response.fields == ["limit"]
        assert api.get(path, limit="1").status == api.get(path, limit="100").status == 200

    @pytest.mark.parametrize(
        "path", ["/api/properties", f"{ONE}/history", "/api/buildium/sync", "/api/buildium/events"]
    )
    @pytest.mark.parametrize(
        "cursor",
        [
            "nonsense",
            "!",
            "\ud800",
            "e30=",
            "W10=",
            "bnVsbA==",
            "W1tbW1tb" * 2_000,
            "eyJwayI6Ilx1ZDgwMCJ9",
            "eyJwayI6MX0=",
            "/w==",
        ],
    )
    def test_an_invalid_cursor_is_rejected(self, path: str, cursor: str, api: Api) -> None:
        response = api.get(path, cursor=cursor)
        assert is_problem(response, 400)
        assert response.fields == ["cursor"]

    def test_a_cursor_of_another_list_is_rejected(self, api: Api) -> None:
        for entity_id in "ab":
            api.keep("property", entity_id, Status.FAILED)
        cursor = api.get("/api/properties", limit="1").body["nextCursor"]

        assert api.get("/api/properties", cursor=cursor).status == 200
        for path, text in [
            ("/api/owners", cursor),
            ("/api/buildium/sync", cursor),
            ("/api/buildium/events", cursor),
            ("/api/changes", cursor),
            ("/api/properties", cursor[:-4]),
        ]:
            response = api.get(path, cursor=text)
            assert is_problem(response, 400)
            assert response.fields == ["cursor"]

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ({"entityType": "planet"}, 404),
            ({"entityType": ""}, 404),
            ({"entityId": PROPERTY_ID}, 400),
            ({"entityId": PROPERTY_ID, "entityType": ""}, 400),
            ({"entityId": "", "entityType": "property"}, 400),
            ({"entityId": "unknown", "entityType": "property"}, 404),
            ({"entityId": "a" * 3_000, "entityType": "property"}, 404),
            ({"entityId": "\ud800", "entityType": "property"}, 404),
            ({"entityId": PROPERTY_ID, "entityType": "planet"}, 404),
            ({"status": "unheard-of"}, 400),
            ({"status": "synced"}, 400),
            ({"status": "pending", "entityType": "property"}, 400),
        ],
    )
    def test_an_invalid_query_for_syncs_is_rejected(self, query: dict[str, str], status: int, api: Api) -> None:
        assert is_problem(api.get("/api/buildium/sync", **query), status)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"entityId": PROPERTY_ID}, "entityType"),
            ({"entityId": "", "entityType": "property"}, "entityId"),
            ({"status": "unheard-of"}, "status"),
            ({"status": "synced"}, "status"),
        ],
    )
    def test_an_invalid_query_for_syncs_names_its_parameter(self, query: dict[str, str], field: str, api: Api) -> None:
        assert api.get("/api/buildium/sync", **query).fields == [field]

    def test_an_unknown_event_status_is_rejected(self, api: Api) -> None:
        assert is_problem(api.get("/api/buildium/events", status="synced"), 400)


class TestRejectedRetries:
    @pytest.mark.parametrize(
        ("body", "status", "fields"),
        [
            ({"entityType": 7}, 422, ["entityType"]),
            ({"entityType": "property", "entityId": ["x"]}, 422, ["entityId"]),
            ({"entityType": "", "entityId": ""}, 422, ["entityType", "entityId"]),
            ({"entityId": PROPERTY_ID}, 422, ["entityType"]),
            ({"entityId": None}, 422, ["entityId"]),
            ({"entityType": None}, 422, ["entityType"]),
            ({"entityType": "property", "entityId": None}, 422, ["entityId"]),
            ({"entityType": None, "entityId": None}, 422, ["entityType", "entityId"]),
            ({"entitytype": "property"}, 422, ["entitytype"]),
            ({"entityType": "planet"}, 404, None),
            ({"entityType": "planet", "entityId": "x"}, 404, None),
            ({"entityType": "property", "entityId": "unknown"}, 404, None),
            ({"entityType": "property", "entityId": "a" * 3_000}, 404, None),
            ({"entities": None}, 422, ["entities"]),
            ({"entities": []}, 422, ["entities"]),
            ({"entities": {}}, 422, ["entities"]),
            ({"entities": [FAILED] * 501}, 422, ["entities"]),
            ({"entities": [FAILED], "entityType": "property"}, 422, ["entityType"]),
            ({"entities": [FAILED, "x", {**FAILED, "more": 1}, {**FAILED, "entityId": ""}]}, 422, FAULTY),
            ({"entities": [{"entityType": "property"}, FAILED, {**FAILED, "entityType": 7}, None]}, 422, FAULTY_TOO),
        ],
    )
    def test_an_invalid_retry_starts_nothing(
        self, body: dict[str, Any], status: int, fields: list[str] | None, api: Api
    ) -> None:
        response = api.request("POST", "/api/buildium/sync", body)

        assert is_problem(response, status)
        assert fields is None or response.fields == fields
        assert api.queued(api.retry_url) == []

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/buildium/import", {"entityType": None}),
            ("/api/buildium/drift", {"entityType": None}),
            ("/api/buildium/drift/repair", {"entityType": None}),
            ("/api/buildium/drift/repair", {"dryRun": None}),
            ("/api/buildium/drift/repair", {"dryRun": False, "entityType": None}),
            ("/api/buildium/drift/repair", {"cursor": None}),
            ("/api/buildium/review", {"entityType": "property", "entityId": None, "buildiumId": 1}),
        ],
    )
    def test_a_null_parameter_is_rejected_by_name(self, path: str, body: dict[str, Any], api: Api) -> None:
        response = api.request("POST", path, body)

        assert is_problem(response, 422)
        assert response.fields == [name for name, value in body.items() if value is None]


class TestHeaders:
    @pytest.mark.parametrize("header", ["abc", '"1', '"1" "2"', "", '"٣"', '*, "1"'])
    def test_an_if_match_without_an_etag_is_malformed(self, header: str, api: Api) -> None:
        response = api.request("PUT", ONE, {"name": "New"}, headers={"If-Match": header})
        assert is_problem(response, 400)
        assert response.fields == ["If-Match"]

    @pytest.mark.parametrize("header", ['"2"', '"abc"', 'W/"abc", "7"', '"' + "9" * 99 + '"', '""', '"1-gzip"'])
    def test_an_if_match_of_other_etags_fails_the_precondition(self, header: str, api: Api) -> None:
        assert is_problem(api.request("PUT", ONE, {"name": "New"}, headers={"If-Match": header}), 412)

    @pytest.mark.parametrize(
        "prefer", ["", ",", "wait", "wait=", "wait=x", "wait=-1", "wait=٣", "return=minimal", "=;"]
    )
    def test_an_invalid_preference_is_ignored(self, prefer: str, api: Api) -> None:
        response = api.request("POST", "/api/properties", PROPERTY, headers={"Prefer": prefer})

        assert response.status == 201
        assert "Preference-Applied" not in response.headers


class TestInternalErrors:
    @pytest.mark.parametrize(
        "error", [KeyError("secret-table"), RecursionError("secret-table"), aws_error("AccessDeniedException")]
    )
    def test_an_internal_error_shows_only_the_request_id(
        self, error: Exception, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail(monkeypatch, error)

        response = api.file("list-properties")

        assert is_problem(response, 500)
        assert response.body["requestId"] == "request-list-properties"
        assert "secret-table" not in response.text
        assert "Traceback" not in response.text

    @pytest.mark.parametrize(
        "error",
        [
            aws_error("ThrottlingException"),
            aws_error("ProvisionedThroughputExceededException"),
            aws_error("RequestThrottled"),
            ConcurrentWrite("Transaction conflict"),
        ],
    )
    def test_a_throttled_request_can_be_sent_again(
        self, error: Exception, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail(monkeypatch, error)

        response = api.file("list-properties")

        assert is_problem(response, 503)
        assert int(response.headers["Retry-After"]) >= 1
        assert "secret-table" not in response.text
