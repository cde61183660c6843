"""The IAM policy of the deployer covers the template's services, and grants nothing beyond the stack."""

import json
from typing import Any

import pytest

from tests.template.template import listed, template
from tools.local_cloud.paths import ROOT

_POLICY: list[dict[str, Any]] = json.loads((ROOT / "docs/operations/deployer-policy.json").read_text())["Statement"]
_OF_ANY_NAME = ("apigateway", "wafv2", "layer", "event-source-mapping", "archive", "secret:", "transform", "sam-cli")
_GENERATED = {"Api": {"ApiGateway"}, "Function": {"Lambda", "IAM", "Events"}, "LayerVersion": {"Lambda"}}
"""The services of the resources that SAM generates."""


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


def test_no_statement_grants_every_action_or_writes_to_everything() -> None:
    assert "*" not in actions()
    for statement in _POLICY:
        if "*" in listed(statement["Resource"]):
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
