"""No route of the deployed API serves a request without its key or signature."""

import re
from typing import TYPE_CHECKING

import boto3
import pytest

from functions.api.app import app
from tests.e2e.api import Api
from tools.local_cloud.http import session
from tools.local_cloud.state import Stack

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

pytestmark = pytest.mark.e2e

Route = tuple[str, str]
WEBHOOK = ("POST", "/api/webhooks/buildium")
PAGES = {("GET", path) for path in ("/console", "/console/{file}", "/docs", "/docs/{file}", "/openapi.json")}
"""Routes without a key: they return no data."""
PROXY = "/api/{proxy+}"
ANOTHER_KEY = "another-key-that-does-not-exist"


@pytest.fixture(scope="session")
def gateway(aws: boto3.Session, stack: Stack) -> "APIGatewayClient":
    return aws.client("apigateway", endpoint_url=stack.endpoint)


@pytest.fixture(scope="session")
def deployed(gateway: "APIGatewayClient", resources: dict[str, str]) -> dict[Route, bool]:
    """Every method and path in API Gateway, and whether it requires an API key."""
    found = gateway.get_paginator("get_resources").paginate(restApiId=resources["Api"], embed=["methods"])
    return {
        (method, resource["path"]): settings.get("apiKeyRequired", False)
        for page in found
        for resource in page["items"]
        for method, settings in resource.get("resourceMethods", {}).items()
    }


@pytest.fixture(scope="session")
def guarded(deployed: dict[Route, bool]) -> list[Route]:
    """Every callable route that requires a key: the function's routes in place of its catch-all."""
    behind = {(route.method, path_of(route.rule)) for route in [*app._static_routes, *app._dynamic_routes]}
    behind |= {(method, "/api/unknown") for method, path in deployed if path == PROXY}
    assert len(behind) > 50
    return sorted(behind | {route for route in deployed if route[1] != PROXY} - {WEBHOOK, *PAGES})


def path_of(rule: re.Pattern[str]) -> str:
    """A path that matches this rule of the function's router."""
    return re.sub(r"\(\?P<\w+>[^)]*\)", "properties", rule.pattern).removeprefix("^").removesuffix("/*$")


def test_only_the_webhook_and_the_pages_need_no_api_key(deployed: dict[Route, bool]) -> None:
    assert {path for _, path in deployed} >= {PROXY, WEBHOOK[1]}
    assert {route for route, needs_key in deployed.items() if not needs_key} == {WEBHOOK, *PAGES}


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ANOTHER_KEY}, {"x-api-key": ""}], ids=["none", "other", "empty"])
def test_every_guarded_route_returns_403_without_a_valid_key(
    api: Api, guarded: list[Route], headers: dict[str, str]
) -> None:
    statuses = {(m, p): api.send(m, p, headers=headers, with_key=False).status_code for m, p in guarded}

    assert {route: status for route, status in statuses.items() if status != 403} == {}


@pytest.mark.parametrize("with_key", [False, True])
@pytest.mark.parametrize(
    "headers",
    [{}, {"buildium-webhook-signature": "c2lnbmVk", "buildium-webhook-timestamp": "1795356000"}],
    ids=["unsigned", "signed by another"],
)
def test_the_webhook_rejects_requests_not_signed_by_buildium(api: Api, headers: dict[str, str], with_key: bool) -> None:
    response = api.send(*WEBHOOK, {"EventName": "Rental.Updated"}, headers=headers, with_key=with_key)

    assert response.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["host", "origin", "site"],
)
def test_a_foreign_page_cannot_use_the_local_cloud(stack: Stack, headers: dict[str, str]) -> None:
    for url in (f"{stack.endpoint}/_ministack/health", f"{stack.simulator_url}/_control/health"):
        assert session().get(url, headers=headers, timeout=10).status_code == 403
        assert session().get(url, timeout=10).status_code == 200
