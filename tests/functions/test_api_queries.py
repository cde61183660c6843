"""Query parameters: each route accepts its own, once, and rejects all others."""

import re
from typing import Any

import pytest

from tests.functions.api import EVENT_ID, PROPERTY_ID, Api
from tests.openapi.assertions import Route, operations

_OF_OTHER_FUNCTIONS = (
    "/api/webhooks/buildium",
    "/api/webhooks/test",
    "/api/reference/{list}",
    "/api/buildium/connection",
)
OPERATIONS = [
    pytest.param(route, [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"])
    for route, operation in operations().items()
    if route[1].startswith("/api/") and route[1] not in _OF_OTHER_FUNCTIONS
]


@pytest.mark.parametrize(("route", "names"), OPERATIONS)
def test_unknown_parameters_are_rejected(route: Route, names: list[str], api: Api) -> None:
    response = send(api, route, {"colour": "red"})

    assert (response.status, response.fields) == (400, ["colour"])
    detail = response.body["detail"]
    supported = detail.rpartition("supports ")[2].removesuffix(".").split(", ") if "supports" in detail else []
    assert "'colour'" in detail
    assert sorted(supported) == sorted(names)


@pytest.mark.parametrize(("route", "names"), OPERATIONS)
def test_documented_parameters_are_accepted(route: Route, names: list[str], api: Api) -> None:
    response = send(api, route, dict.fromkeys(names, "1"))

    assert "Query parameter" not in response.text


@pytest.mark.parametrize(("route", "names"), [case for case in OPERATIONS if case.values[1]])
def test_repeated_parameters_are_rejected(route: Route, names: list[str], api: Api) -> None:
    for name in names:
        response = send(api, route, {name: ["1", "1"]})
        assert (response.status, response.body["errors"]) == (400, [{"field": name, "message": "must occur once"}])


def test_a_wrong_method_is_reported_before_its_parameters(api: Api) -> None:
    assert api.request("DELETE", "/api/properties", query={"colour": "red"}).status == 405


def test_an_unknown_collection_is_reported_before_its_parameters(api: Api) -> None:
    assert api.get("/api/planets", colour="red").status == 404


def send(api: Api, route: Route, query: dict[str, Any]) -> Any:
    ids = {"event_id": EVENT_ID}
    path = re.sub(r"{(\w+)}", lambda match: ids.get(match[1], PROPERTY_ID), route[1])
    return api.request(route[0], path, None if route[0] == "GET" else {}, query=query)
