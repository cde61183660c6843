"""The IAM policy of the deployer covers the template's services, and grants nothing beyond the stack."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.template.handlers import arns, handler_actions, is_known
from tests.template.template import listed, template
from tools.local_cloud.paths import ROOT

_POLICY: list[dict[str, Any]] = json.loads((ROOT / "docs/operations/deployer-policy.json").read_text())["Statement"]
_OF_ANY_NAME = ("apigateway", "wafv2", "layer", "event-source-mapping", "archive", "secret:", "transform", "sam-cli")
_GENERATED = {"Api": {"ApiGateway"}, "Function": {"Lambda", "IAM", "Events"}, "LayerVersion": {"Lambda"}}
"""The services of the resources that SAM generates."""
_EXPANDED = {
    "AWS::Serverless::Api": ("ApiGateway::RestApi", "ApiGateway::Deployment", "ApiGateway::Stage"),
    "AWS::Serverless::Function": (
        "Lambda::Function",
        "Lambda::EventInvokeConfig",
        "Lambda::EventSourceMapping",
        "Lambda::Permission",
    ),
    "AWS::Serverless::LayerVersion": ("Lambda::LayerVersion",),
}
_MAX_CHARACTERS = 6_144
"""IAM's limit of a managed policy, without white space."""
_UNUSED = frozenset(
    {
        *("events:PutPermission", "events:RemovePermission"),  # The event bus has no policy.
        "iam:CreateServiceLinkedRole",  # Tables have no replicas.
        *("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),  # Roles have no boundary.
        "iam:UpdateRoleDescription",  # Roles have no description.
        *("lambda:GetCodeSigningConfig", "lambda:PassCapacityProvider"),  # Functions have neither.
        "logs:CreateLogDelivery",  # Logs are not delivered elsewhere.
        *("logs:DeleteIndexPolicy", "logs:PutIndexPolicy"),  # Log groups have no field index.
        *("logs:DeleteResourcePolicy", "logs:PutResourcePolicy"),  # Log groups have no policy.
        "secretsmanager:GetRandomPassword",  # CloudFormation generates no secret.
    }
)
"""Actions of handlers for properties that the template lacks."""


def resource_types() -> set[str]:
    kinds = {resource["Type"] for resource in template()["Resources"].values()}
    expanded = {f"AWS::{each}" for kind in kinds for each in _EXPANDED.get(kind, ())}
    return expanded | (kinds - _EXPANDED.keys())


def is_allowed(action: str) -> bool:
    """Whether a statement allows the action for a resource with the name of the stack."""
    granted = [
        resource
        for statement in _POLICY
        if any(fnmatchcase(action.lower(), each.lower()) for each in listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    ]
    return "*" in granted or any(fnmatchcase(arn, each) for arn in arns(action) for each in granted)


def is_limited_to_functions_of_the_stack(statement: dict[str, Any]) -> bool:
    function = "arn:aws:lambda:*:*:function:buildium-sync*"
    return bool(statement.get("Condition") == {"ArnLike": {"lambda:FunctionArn": function}})


def services() -> set[str]:
    found: set[str] = set()
    for resource in template()["Resources"].values():
        _, service, kind = resource["Type"].split("::")
        found |= _GENERATED[kind] if service == "Serverless" else {service}
    return found


def actions() -> set[str]:
    return {action for statement in _POLICY for action in listed(statement["Action"])}


@pytest.mark.parametrize("service", sorted(services()))
def test_the_deployer_may_manage_each_service_of_the_template(service: str) -> None:
    assert any(action.startswith(f"{service.lower()}:") for action in actions())


@pytest.mark.parametrize("resource_type", sorted(resource_types()))
def test_cloudformation_may_create_update_and_delete_each_resource(resource_type: str) -> None:
    own = {f"{service.lower()}:" for service in services()}
    used = {each for each in handler_actions(resource_type) if each.split(":")[0] + ":" in own and is_known(each)}
    assert {each for each in used - _UNUSED if not is_allowed(each)} == set()


def test_each_unused_action_belongs_to_a_handler() -> None:
    assert {action for each in resource_types() for action in handler_actions(each)} >= _UNUSED


def test_the_policy_fits_into_a_managed_policy() -> None:
    assert len(json.dumps(_POLICY, separators=(",", ":"))) < _MAX_CHARACTERS


def test_no_statement_grants_every_action_or_writes_to_everything() -> None:
    assert "*" not in actions()
    for statement in _POLICY:
        if "*" in listed(statement["Resource"]) and not is_limited_to_functions_of_the_stack(statement):
            names = [action.split(":")[1] for action in listed(statement["Action"])]
            assert all(name.startswith(("List", "Validate", "Get", "Describe")) for name in names)


def test_resources_have_the_name_of_the_stack() -> None:
    resources = [each for statement in _POLICY for each in listed(statement["Resource"]) if each != "*"]
    others = [each for each in resources if not any(part in each for part in ("buildium-sync", "buildiumsync"))]
    assert [each for each in others if not any(part in each for part in _OF_ANY_NAME)] == []


def test_roles_are_passed_only_to_the_services_that_run_them() -> None:
    [passing] = [statement for statement in _POLICY if "iam:PassRole" in listed(statement["Action"])]
    assert passing["Condition"]["StringEquals"]["iam:PassedToService"]
    assert "iam:*" not in actions()


def test_the_deployer_may_write_the_restored_table_of_the_guide() -> None:
    guide = (ROOT / "docs/operations/going-live.md").read_text()
    [name] = re.findall(r"--target-table-name (\S+)", guide)
    tables = [each for statement in _POLICY for each in listed(statement["Resource"]) if ":table/" in each]
    assert any(fnmatchcase(f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}", each) for each in tables)


def test_the_deployer_may_run_the_commands_of_the_guides() -> None:
    pages = "".join((ROOT / "docs" / each).read_text() for each in ("operations/going-live.md", "runbook.md"))
    commands = re.findall(r"\baws (cloudformation|dynamodb|secretsmanager|sqs) (?!wait)([a-z-]+)", pages)
    needed = {f"{service}:{command.title().replace('-', '')}" for service, command in commands}
    assert len(needed) > 5
    assert [action for action in sorted(needed) if not is_allowed(action)] == []
