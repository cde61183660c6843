"""The summary that a deployment prints."""

from dataclasses import replace
from unittest import mock

import pytest

from tools.local_cloud import deploy_aws
from tools.local_cloud.aws_account import Target
from tools.local_cloud.concurrency_quota import concurrency_settings

NEW = Target("buildium-sync", "123456789012", "us-east-1", is_new=True)


@pytest.mark.parametrize(
    ("after", "is_printed"),
    [
        pytest.param(replace(NEW, is_new=False), True, id="deployed"),
        pytest.param(NEW, False, id="its change set was declined"),
    ],
)
def test_a_new_stack_reports_that_webhooks_are_still_rejected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], after: Target, is_printed: bool
) -> None:
    found = iter([NEW, after])
    monkeypatch.setattr(deploy_aws, "find_target", lambda _name: next(found))
    monkeypatch.setattr(deploy_aws, "read_settings", lambda file: {"BUILDIUM_CLIENT_ID": str(file.name)})
    monkeypatch.setattr(deploy_aws, "complete", lambda settings, _file, *, is_interactive: settings)  # noqa: ARG005 -- its own signature
    monkeypatch.setattr(deploy_aws, "_deploy", lambda _environment, _settings: 0)
    monkeypatch.setattr(deploy_aws, "concurrency_settings", dict)

    assert deploy_aws.main() == 0
    assert ("Webhooks are rejected until" in capsys.readouterr().out) is is_printed


@pytest.mark.parametrize(
    ("unreserved", "expected"),
    [(1_000, {"API_MAX_CONCURRENCY": "450"}), (200, {"API_MAX_CONCURRENCY": "50"}), (10, {})],
)
def test_the_api_gets_half_of_the_reservable_concurrency(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unreserved: int, expected: dict[str, str]
) -> None:
    limits = {"AccountLimit": {"ConcurrentExecutions": unreserved, "UnreservedConcurrentExecutions": unreserved}}
    client = mock.Mock(get_account_settings=lambda: limits)
    monkeypatch.setattr("tools.local_cloud.concurrency_quota.boto3.client", lambda _name: client)

    assert concurrency_settings() == expected
    assert ("Request 1000 in Service Quotas" in capsys.readouterr().out) is not bool(expected)


@pytest.mark.parametrize(
    ("environment", "setting", "expected"),
    [("default", {}, None), ("prod", {}, "true"), ("prod", {"DELETION_PROTECTION": "false"}, "false")],
)
def test_the_tables_of_prod_are_protected_from_deletion(
    monkeypatch: pytest.MonkeyPatch, environment: str, setting: dict[str, str], expected: str | None
) -> None:
    deployed: list[dict[str, str]] = []
    monkeypatch.setattr(deploy_aws, "find_target", lambda _name: replace(NEW, is_new=False))
    monkeypatch.setattr(deploy_aws, "read_settings", lambda file: setting)  # noqa: ARG005 -- its own signature
    monkeypatch.setattr(deploy_aws, "_deploy", lambda _environment, settings: deployed.append(dict(settings)))

    deploy_aws.main(environment)
    assert deployed[0].get("DELETION_PROTECTION") == expected
