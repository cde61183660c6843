"""Whatever comes, the API answers in JSON and does not fail."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildium_sync.store.records import Status
from tests.flows.system import OWNER, PROPERTY
from tests.functions.api import EVENT_ID, PROPERTY_ID, Answer, Api, request

FIELDS = [*PROPERTY, *OWNER, "reserve", "yearBuilt", "propertyIds", "entityType", "entityId", "status", "id"]
PATHS = [
    "/api/properties",
    "/api/owners",
    "/api/buildium/sync",
    "/api/buildium/events",
    f"/api/properties/{PROPERTY_ID}",
    f"/api/buildium/events/{EVENT_ID}/retry",
]
# Half surrogate pairs too: whatever an event's JSON can say.
text = st.text(st.characters(exclude_categories=()), max_size=30)
number = st.integers(-(10**50), 10**50) | st.floats()
scalar = st.none() | st.booleans() | number | text | st.sampled_from([*PROPERTY.values(), *OWNER.values(), PROPERTY_ID])
value = st.recursive(scalar, lambda part: st.lists(part, max_size=3) | st.dictionaries(text, part, max_size=3))
# Some fields put in the place of good ones get further than bodies that are wrong throughout.
changes = st.dictionaries(st.sampled_from(FIELDS) | text, value, max_size=3)
body = (
    value.map(json.dumps)
    | st.builds(lambda good, bad: json.dumps({**good, **bad}), st.sampled_from([{}, PROPERTY, OWNER]), changes)
    | text
    | st.binary(max_size=60)
    | st.none()
)
query = st.none() | st.dictionaries(
    st.sampled_from(["limit", "cursor", "status", "entityType", "entityId"]) | text,
    text | st.sampled_from(["property", "owner", "failed", "pending", PROPERTY_ID, "1"]),
    max_size=4,
)
headers = st.none() | st.dictionaries(
    st.sampled_from(["If-Match", "Prefer", "Content-Type"]) | text,
    text | st.sampled_from(['"1"', "*", "wait=0", "respond-async"]),
    max_size=3,
)
path = st.sampled_from(PATHS) | st.builds("/api/{}/{}".format, st.sampled_from(["properties", "owners"]), text) | text
method = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


@pytest.fixture
def filled(api: Api) -> Api:
    api.keep(status=Status.FAILED)
    api.keep_event()
    return api


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(method=method, path=path, body=body, query=query, headers=headers)
def test_no_request_makes_the_function_fail(
    method: str, path: str, body: Any, query: dict[str, str] | None, headers: dict[str, str] | None, filled: Api
) -> None:
    answer = filled.send(request(method, path, body, query=query, headers=headers))

    assert_is_sound(answer)


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(good=st.sampled_from([("properties", PROPERTY), ("owners", OWNER)]), bad=changes)
def test_what_is_accepted_can_be_read_again(good: tuple[str, dict[str, Any]], bad: dict[str, Any], filled: Api) -> None:
    collection, fields = good

    answer = filled.request("POST", f"/api/{collection}", {**fields, **bad})

    assert_is_sound(answer)
    if answer.status == 201:
        created = answer.body.get("property", answer.body)
        read = filled.get(f"/api/{collection}/{created['id']}").body
        assert read.get("property", read) == created


def assert_is_sound(answer: Answer) -> None:
    kind = "application/json" if answer.status < 400 else "application/problem+json"
    assert answer.status < 500
    assert answer.headers["Content-Type"] == kind
    assert answer.body
