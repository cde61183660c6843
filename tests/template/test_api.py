"""API Gateway: authentication, routes and error responses."""

from typing import Any

import pytest

from buildium_sync.account.account_reads import MAX_CALLS
from tests.template.template import as_json, events, functions, properties, statements, template
from tools.bench.unsigned_traffic import keyless_routes
from tools.local_cloud.paths import ROOT

CONNECTION = ("GET", "/api/buildium/connection")
_RESPONSES: dict[str, Any] = properties("Api")["GatewayResponses"]


def test_the_text_of_throttling_is_true_without_a_key() -> None:
    assert "key" not in _RESPONSES["THROTTLED"]["ResponseTemplates"]["application/json"]


def test_every_route_except_webhook_and_static_pages_requires_a_key() -> None:
    assert properties("Api")["Auth"] == {"ApiKeyRequired": True}
    without = [route for route in events("Api").values() if not route.get("Auth", {}).get("ApiKeyRequired", True)]
    assert {(route["Method"], route["Path"]) for route in without} == {
        ("POST", "/api/webhooks/buildium"),
        ("GET", "/console"),
        ("GET", "/console/{file}"),
        ("GET", "/docs"),
        ("GET", "/docs/{file}"),
        ("GET", "/openapi.json"),
    }


def test_keyless_pages_are_served_by_a_function_without_data_access() -> None:
    opened = {
        name.split(".")[0]
        for name, route in events("Api").items()
        if not route.get("Auth", {}).get("ApiKeyRequired", True)
    }
    assert opened == {"WebhookFunction", "ConsoleFunction"}
    allowed = {name: s["Action"] for name, s in statements().items() if name.startswith("ConsoleRole.")}
    assert allowed == {
        "ConsoleRole.WriteLogs": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "ConsoleRole.SendTraces": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    }


def test_the_api_function_receives_every_method() -> None:
    methods = {route["Method"] for route in events("Api").values() if route["Path"] == "/api/{proxy+}"}
    assert methods == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def test_an_api_key_is_throttled_by_its_usage_plan() -> None:
    plan = properties("ApiUsagePlan")
    assert plan["Throttle"] == {"RateLimit": {"Ref": "ApiRateLimit"}, "BurstLimit": {"Ref": "ApiBurstLimit"}}
    assert properties("ApiUsagePlanKey")["UsagePlanId"] == {"Ref": "ApiUsagePlan"}


def test_the_gateway_has_a_custom_response_for_every_error() -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "INVALID_API_KEY", "THROTTLED", "REQUEST_TOO_LARGE"} <= _RESPONSES.keys()


@pytest.mark.parametrize("kind", sorted(_RESPONSES))
def test_the_gateway_responds_with_problem_json(kind: str) -> None:
    response = _RESPONSES[kind]
    headers = response["ResponseParameters"]["Headers"]
    assert headers["Content-Type"] == "'application/problem+json'"
    assert headers["Cache-Control"] == "'no-store'"
    assert headers["X-Content-Type-Options"] == "'nosniff'"
    problem = as_json(response["ResponseTemplates"]["application/json"])
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    assert problem.get("status") == response.get("StatusCode")


def test_every_route_without_an_api_key_has_its_own_limit() -> None:
    opened = {
        (route["Method"], route["Path"])
        for route in events("Api").values()
        if not route.get("Auth", {}).get("ApiKeyRequired", True)
    }
    limits = method_limits()
    assert limits.keys() == opened | {CONNECTION}
    assert all(limits.values())


def test_connection_checks_use_less_than_half_of_buildiums_calls() -> None:
    allowed = template()["Parameters"]["BuildiumRateLimit"]["Default"]
    assert method_limits()[CONNECTION] * MAX_CALLS < allowed / 2


def test_a_month_of_unsigned_traffic_costs_less_than_1200_dollars() -> None:
    routes = keyless_routes()
    assert all(route.file_bytes for route in routes if route.route.startswith("GET "))
    assert sum(route.dollars for route in routes) < 1_200


def test_two_pages_of_the_console_load_at_once() -> None:
    files = len(list((ROOT / "functions/console/static/console").iterdir()))
    bursts = {each["ResourcePath"]: each.get("ThrottlingBurstLimit", 0) for each in properties("Api")["MethodSettings"]}
    assert bursts["/~1console~1{file}"] >= 2 * files


def method_limits() -> dict[tuple[str, str], float]:
    """Requests per second by method and path of the routes with a limit of their own."""
    return {
        (method["HttpMethod"], method["ResourcePath"][1:].replace("~1", "/")): method["ThrottlingRateLimit"]
        for method in properties("Api")["MethodSettings"]
        if "ThrottlingRateLimit" in method
    }


def test_bodies_are_not_logged() -> None:
    assert not any(method["DataTraceEnabled"] for method in properties("Api")["MethodSettings"])


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        ("ApiFunction", "ApiMaxConcurrency"),
        ("WebhookFunction", "WebhookReservedConcurrency"),
        ("SyncFunction", "SyncReservedConcurrency"),
    ],
)
def test_concurrency_is_reserved_only_on_request(function: str, parameter: str) -> None:
    [condition, value, otherwise] = functions()[function]["ReservedConcurrentExecutions"]["Fn::If"]
    assert template()["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]}
    assert (value, otherwise) == ({"Ref": parameter}, {"Ref": "AWS::NoValue"})
    assert template()["Parameters"][parameter]["Default"] == 0


def test_the_optional_firewall_limits_each_address() -> None:
    acl, association = (template()["Resources"][name] for name in ("FirewallAcl", "FirewallAssociation"))
    assert {acl["Condition"], association["Condition"]} == {"HasFirewall"}
    [rule] = acl["Properties"]["Rules"]
    rate = {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": {"Ref": "FirewallRateLimit"}}}
    assert (rule["Action"], rule["Statement"]) == ({"Block": {}}, rate)
    assert association["Properties"]["WebACLArn"] == {"Fn::GetAtt": "FirewallAcl.Arn"}
    assert "/restapis/${Api}/stages/" in association["Properties"]["ResourceArn"]["Fn::Sub"]


def test_the_optional_domain_serves_the_stage_with_tls() -> None:
    domain, mapping = (template()["Resources"][name] for name in ("ApiDomain", "ApiDomainMapping"))
    assert {domain["Condition"], mapping["Condition"]} == {"HasDomain"}
    assert domain["Properties"]["SecurityPolicy"] == "TLS_1_2"
    assert mapping["Properties"]["DomainName"] == {"Ref": "ApiDomain"}
    assert mapping["Properties"]["RestApiId"] == {"Ref": "Api"}
