"""`events/` has a case for every function and route; the API handles each of its own without a 5xx."""

from typing import Any

import pytest

from functions.api.app import app
from tests.functions.api import EVENT_FILES, Api
from tests.functions.workers import ROOT, event

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
CASES = sorted(path.stem for path in EVENT_FILES.glob("*.json"))
API_CASES = [case for case in CASES if case.startswith("api-")]
# Powertools has no public list of a resolver's routes.
ROUTES = [*app._static_routes, *app._dynamic_routes]


def test_every_file_belongs_to_a_function() -> None:
    assert {case.split("-")[0] for case in CASES} <= {*FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_file(function: str) -> None:
    assert any(case.startswith(f"{function}-") for case in CASES)


def test_every_route_of_the_api_has_a_file() -> None:
    asked = {_route(event(case)) for case in API_CASES}
    assert {(route.method, route.path) for route in ROUTES} <= asked


@pytest.mark.parametrize("case", API_CASES)
def test_the_api_handles_every_file(case: str, api: Api) -> None:
    assert api.file(case.removeprefix("api-")).status < 500


def _route(asked: dict[str, Any]) -> tuple[str, str]:
    """The method and path of the route that Powertools matches to a request: static ones first."""
    found = (
        (str(route.method), str(route.path))
        for route in ROUTES
        if route.method == asked["httpMethod"] and route.rule.match(asked["path"])
    )
    return next(found)
