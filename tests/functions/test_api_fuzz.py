"""The API responds to any request in JSON and does not fail."""

import json
from typing import Any

from buildium_sync.composition.api import ApiComposition

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from buildium_sync.api.client_request import Author
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import all_types, by_name
from tests.flows.ledger_bodies import ENTRIES, REVERSAL, REVERSALS, entry
from tests.flows.operation_bodies import OPERATIONS, operation
from tests.flows.test_types import CASES, Made
from tests.functions.api import EVENT_ID, PROPERTY_ID, Api, Response
from tests.functions.body_strategies import ANYTHING, RAW, RAW_TEXTS, TEXT, bodies
from tests.harness.events import api_request
from tests.openapi.assertions import operations, route_of

FUZZED = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
NAMES = ["limit", "cursor", "status", "entityType", "entityId", "buildiumId", "entities"]
KNOWN = ["property", "owner", "failed", "pending", PROPERTY_ID, EVENT_ID, "1", "100", "e30=", "eyJwayI6MX0="]
HEADERS = ["If-Match", "Prefer", "Content-Type", "Idempotency-Key", "x-api-key", "Accept"]
HEADER_VALUES = ['"1"', "*", "wait=0", "respond-async", "wait=99999999999999", '"a"', '"a', "a,b", "\x00", "é", ""]
PATHS = [
    "/api/buildium/sync",
    "/api/buildium/review",
    "/api/buildium/import",
    "/api/buildium/events",
    f"/api/buildium/events/{EVENT_ID}/retry",
    *(f"/api/{entity_type.collection}{rest}" for entity_type in all_types() for rest in ("", f"/{PROPERTY_ID}")),
    f"/api/properties/{PROPERTY_ID}/history",
    *(each.nested_route.path.format(entity_id=PROPERTY_ID) for each in all_types() if each.nested_route),
]
EVERY_TYPE = pytest.mark.parametrize("name", [each.name for each in all_types() if not each.is_read_only])

headers = st.none() | st.dictionaries(
    st.sampled_from(HEADERS) | TEXT, TEXT | st.sampled_from(HEADER_VALUES), max_size=4
)
path = st.sampled_from(PATHS) | st.builds("/api/{}/{}".format, st.sampled_from(["properties", "owners"]), TEXT) | TEXT
VALUES = TEXT | st.sampled_from(KNOWN)


def with_query(path: str) -> st.SearchStrategy[tuple[str, dict[str, str] | None]]:
    """Return requests of a path with its own query parameters, and with others."""
    route = route_of("GET", path)
    names = (
        [each["name"] for each in operations()[route].get("parameters", []) if each["in"] == "query"] if route else []
    )
    own = st.dictionaries(st.sampled_from(names), VALUES, max_size=4) if names else st.nothing()
    others = st.dictionaries(st.sampled_from(NAMES) | TEXT, VALUES, max_size=4)
    return st.tuples(st.just(path), st.none() | own | others)


method = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
named = st.sampled_from([*KNOWN, None]) | ANYTHING
order = st.dictionaries(st.sampled_from(NAMES), named | st.lists(st.dictionaries(st.sampled_from(NAMES), named)))
body = order.map(json.dumps) | ANYTHING.map(json.dumps) | RAW | TEXT | st.binary(max_size=60) | st.none()


@pytest.fixture
def filled(api: Api) -> Api:
    """Entities of every type, one failed sync with the ids of the requests, and an event."""
    made: Made = {}
    for name in sorted(CASES, key=lambda name: len(CASES[name].needs)):
        made[name] = ApiComposition.current().entities.create(by_name(name), CASES[name].body(made), Author("earlier"))
    lease = made["lease"].entity.ref.entity_id
    for name in ENTRIES:
        made[name] = ApiComposition.current().entities.create(
            by_name(name), entry(ENTRIES[name][0], lease), Author("earlier")
        )
    api.made = made
    for name in OPERATIONS:
        made[name] = ApiComposition.current().entities.create(by_name(name), good(api, name), Author("earlier"))
    made[REVERSAL], _ = ApiComposition.current().entities.create_once(
        by_name(REVERSAL), good(api, REVERSAL), Author("earlier")
    )
    api.keep(status=Status.FAILED)
    api.keep_event()
    return api


@settings(FUZZED, max_examples=200)
@given(method=method, asked=path.flatmap(with_query), body=body, headers=headers)
def test_no_request_makes_the_function_fail(
    method: str, asked: tuple[str, dict[str, str] | None], body: Any, headers: dict[str, str] | None, filled: Api
) -> None:
    path, query = asked
    assert_is_sound(filled.send(api_request(method, path, body, query=query, headers=headers)))


@settings(FUZZED, max_examples=100)
@given(path=st.sampled_from(PATHS), body=body, method=st.sampled_from(["POST", "PUT"]))
def test_no_write_request_makes_the_function_fail(method: str, path: str, body: Any, filled: Api) -> None:
    assert_is_sound(filled.send(api_request(method, path, body)))


@pytest.mark.parametrize("raw", RAW_TEXTS, ids=range(len(RAW_TEXTS)))
@pytest.mark.parametrize("body", ["{}", '{{"reserve": {}}}', '{{"name": {}}}', "{{{}: 1}}"])
def test_no_json_makes_the_function_fail(raw: str, body: str, api: Api) -> None:
    for path in ("/api/properties", "/api/buildium/review"):
        assert_is_sound(api.request("POST", path, body.format(raw)))


@settings(FUZZED, max_examples=100)
@given(text=st.none() | TEXT | st.binary(max_size=40).map(str), flag=st.sampled_from([True, False, None]))
def test_no_encoding_makes_the_function_fail(text: str | None, flag: bool | None, filled: Api) -> None:
    event = api_request("POST", "/api/properties") | {"body": text, "isBase64Encoded": flag}

    assert_is_sound(filled.send(event))


@EVERY_TYPE
@settings(FUZZED, max_examples=40)
@given(data=st.data())
def test_an_accepted_create_can_be_read(name: str, data: st.DataObject, filled: Api) -> None:
    entity_type = by_name(name)

    response = filled.request(
        "POST", f"/api/{entity_type.collection}", data.draw(bodies(entity_type, good(filled, name)))
    )

    assert_is_sound(response)
    if response.status == 201:
        assert_can_be_read(filled, name, response)


@EVERY_TYPE
@settings(FUZZED, max_examples=40)
@given(data=st.data())
def test_an_accepted_update_can_be_read(name: str, data: st.DataObject, filled: Api) -> None:
    entity_type, kept = by_name(name), filled.made[name]
    path = f"/api/{entity_type.collection}/{kept.entity.ref.entity_id}"

    response = filled.request("PUT", path, data.draw(bodies(entity_type, good(filled, name))))

    assert_is_sound(response)
    if response.status == 200:
        assert_can_be_read(filled, name, response)


def test_cases_cover_every_type() -> None:
    assert {*CASES, *ENTRIES, *OPERATIONS, REVERSAL} == {each.name for each in all_types() if not each.is_read_only}


def good(filled: Api, name: str) -> dict[str, Any]:
    if name in OPERATIONS:
        lease, tenant = (filled.made[each].entity.ref.entity_id for each in ("lease", "tenant"))
        return operation(name, lease, tenant)
    if name == REVERSAL:
        return {**REVERSALS[0], "paymentId": filled.made["lease-payment"].entity.ref.entity_id}
    if name in ENTRIES:
        return entry(ENTRIES[name][0], filled.made["lease"].entity.ref.entity_id)
    return CASES[name].body(filled.made)


def assert_can_be_read(api: Api, name: str, written: Response) -> None:
    shown = {key: value for key, value in written.body.items() if key != "message"}
    [entity_id] = [part["id"] for part in (shown, *shown.values()) if isinstance(part, dict) and "id" in part]
    read = api.get(f"/api/{by_name(name).collection}/{entity_id}")
    assert (read.status, read.body) == (200, shown)


def assert_is_sound(response: Response) -> None:
    kind = "application/json" if response.status < 400 else "application/problem+json"
    assert response.status < 500
    assert response.headers["Content-Type"] == kind
    assert response.body
