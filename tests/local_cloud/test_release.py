"""`make deploy` asks before it touches a live account, tests the key, and ends with the addresses."""

from contextlib import nullcontext
from dataclasses import replace
from secrets import token_hex
from subprocess import CompletedProcess
from unittest import mock

import pytest

from tests.simulator.simulator import Simulator
from tools.local_cloud import deploy_aws
from tools.local_cloud.aws_account import Target
from tools.local_cloud.buildium_key import check_key
from tools.local_cloud.concurrency_quota import concurrency_settings
from tools.local_cloud.custom_domain import check_domain
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.live_account import SANDBOX_URL, confirm_live, with_sandbox
from tools.local_cloud.stack_summary import summary

NEW = Target("buildium-sync", "123456789012", "us-east-1", is_new=True)


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
    printed = capsys.readouterr().out
    assert ("Request 1000 in Service Quotas" in printed) is not bool(expected)
    assert all(f"{name}={value}" in printed for name, value in expected.items())


@pytest.mark.parametrize(
    ("environment", "setting", "expected"),
    [("default", {}, None), ("prod", {}, "true"), ("prod", {"DELETION_PROTECTION": "false"}, "false")],
)
def test_the_tables_of_prod_are_protected_from_deletion(
    monkeypatch: pytest.MonkeyPatch, environment: str, setting: dict[str, str], expected: str | None
) -> None:
    deployed: list[dict[str, str]] = []
    sandbox = {"BUILDIUM_BASE_URL": SANDBOX_URL}
    monkeypatch.setattr(deploy_aws, "find_target", lambda _name: replace(NEW, is_new=False))
    monkeypatch.setattr(deploy_aws, "read_settings", lambda file: {**sandbox, **setting})  # noqa: ARG005 -- its own signature
    monkeypatch.setattr(deploy_aws, "_deploy", lambda _environment, settings, **_: deployed.append(dict(settings)))

    deploy_aws.main(environment)
    assert deployed[0].get("DELETION_PROTECTION") == expected


OUTPUTS = {
    "ConsoleUrl": "https://x/v1/console",
    "DocsUrl": "https://x/v1/docs",
    "WebhookUrl": "https://x/v1/api/webhooks/buildium",
    "ApiKeyId": token_hex(5),
}
API_KEY = token_hex(8)
KEY = {"BUILDIUM_CLIENT_ID": "id", "BUILDIUM_API_KEY": API_KEY}
LIVE = {"BUILDIUM_BASE_URL": "https://api.buildium.com/v1"}
WAS_LIVE = replace(NEW, is_new=False, base_url=LIVE["BUILDIUM_BASE_URL"], is_sync_enabled=True)


def test_the_summary_has_addresses_key_command_and_missing_webhook_secret() -> None:
    lines = "\n".join(summary(OUTPUTS, {}, is_new=True))
    assert all(url in lines for name, url in OUTPUTS.items() if name != "ApiKeyId")
    command = f"aws apigateway get-api-key --api-key {OUTPUTS['ApiKeyId']} --include-value --query value --output text"
    assert f"    {command}\n" in lines
    assert "BUILDIUM_WEBHOOK_SECRET" in lines
    given = summary(OUTPUTS, {"BUILDIUM_WEBHOOK_SECRET": "x" * 16}, is_new=True)
    assert "BUILDIUM_WEBHOOK_SECRET" not in "\n".join(given)


def test_the_webhook_secret_of_an_earlier_deployment_is_not_missed() -> None:
    assert "BUILDIUM_WEBHOOK_SECRET" not in "\n".join(summary(OUTPUTS, {}, is_new=False))


DOMAIN = {"API_DOMAIN_NAME": "sync.example.com"}
CERTIFICATE = {"API_CERTIFICATE_ARN": "arn:aws:acm:us-east-1:123456789012:certificate/1"}


@pytest.mark.parametrize(
    ("settings", "target", "problem"),
    [
        (DOMAIN, NEW, "API_DOMAIN_NAME needs API_CERTIFICATE_ARN"),
        (DOMAIN, replace(NEW, is_new=False), "API_DOMAIN_NAME needs API_CERTIFICATE_ARN"),
        ({**DOMAIN, **CERTIFICATE}, replace(NEW, region="eu-west-1"), "is in us-east-1, but must be in eu-west-1"),
        ({}, NEW, None),
        ({**DOMAIN, **CERTIFICATE}, NEW, None),
        (DOMAIN, replace(NEW, is_new=False, outputs={"ApiDomainTarget": "x"}), None),
    ],
)
def test_a_domain_needs_a_certificate_in_the_region(
    settings: dict[str, str], target: Target, problem: str | None
) -> None:
    with pytest.raises(LocalCloudError, match=problem) if problem else nullcontext():
        check_domain(settings, target)


@pytest.mark.parametrize(
    ("target", "environment", "settings", "expected"),
    [
        (NEW, "default", {}, SANDBOX_URL),
        (NEW, "prod", {}, None),
        (NEW, "default", LIVE, LIVE["BUILDIUM_BASE_URL"]),
        (replace(NEW, is_new=False), "default", {}, None),
    ],
)
def test_a_new_development_stack_uses_the_sandbox(
    target: Target, environment: str, settings: dict[str, str], expected: str | None
) -> None:
    assert with_sandbox(settings, target, environment).get("BUILDIUM_BASE_URL") == expected


class TestLiveAccount:
    @pytest.mark.parametrize("answers", [["live", "buildium-sync"], ["live", "yes"], ["yes"], [""]])
    def test_a_live_account_needs_two_confirmations(self, answers: list[str]) -> None:
        given = iter(answers)
        with nullcontext() if answers == ["live", "buildium-sync"] else pytest.raises(LocalCloudError, match="live"):
            confirm_live(LIVE, NEW, {}, is_interactive=True, ask=lambda _question: next(given))

    @pytest.mark.parametrize(("name", "is_confirmed"), [("buildium-sync", True), ("1", False), (None, False)])
    def test_without_a_terminal_a_variable_confirms(self, name: str | None, is_confirmed: bool) -> None:
        environment = {} if name is None else {"DEPLOY_LIVE": name}
        with nullcontext() if is_confirmed else pytest.raises(LocalCloudError, match="DEPLOY_LIVE=buildium-sync"):
            confirm_live({}, NEW, environment, is_interactive=False)

    @pytest.mark.parametrize(
        ("settings", "target"),
        [
            ({"BUILDIUM_BASE_URL": SANDBOX_URL}, NEW),
            ({**LIVE, "BUILDIUM_SYNC_ENABLED": "false"}, NEW),
            ({}, WAS_LIVE),
            ({}, replace(WAS_LIVE, base_url=SANDBOX_URL)),
            ({}, replace(WAS_LIVE, is_sync_enabled=False)),
        ],
    )
    def test_nothing_is_asked_unless_a_stack_becomes_live(self, settings: dict[str, str], target: Target) -> None:
        confirm_live(settings, target, {}, is_interactive=False)

    @pytest.mark.parametrize(
        ("settings", "target"),
        [
            (LIVE, replace(WAS_LIVE, base_url=SANDBOX_URL)),
            ({"BUILDIUM_SYNC_ENABLED": "true"}, replace(WAS_LIVE, is_sync_enabled=False)),
            ({}, replace(WAS_LIVE, is_new=True, has_failed=True)),
            ({}, replace(NEW, has_failed=True, base_url=SANDBOX_URL)),
        ],
        ids=["another address", "sync on", "after a failed deployment", "default address"],
    )
    def test_a_stack_that_changes_to_live_is_confirmed(self, settings: dict[str, str], target: Target) -> None:
        with pytest.raises(LocalCloudError, match="live"):
            confirm_live(settings, target, {}, is_interactive=False)


class TestKey:
    def test_a_working_key_passes_with_one_read(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Simulator(client_id="id", api_key=API_KEY) as simulator:
            check_key({**KEY, "BUILDIUM_BASE_URL": simulator.base_url}, NEW)
            assert [(each.method, each.path) for each in simulator.requests()] == [("GET", "/v1/rentals")]
        assert "accepted" in capsys.readouterr().out

    def test_a_wrong_key_stops_the_deployment(self) -> None:
        with Simulator(client_id="id", api_key="other") as simulator, pytest.raises(LocalCloudError, match="401"):
            check_key({**KEY, "BUILDIUM_BASE_URL": simulator.base_url}, NEW)

    def test_a_new_key_is_tested_at_the_previous_address(self) -> None:
        with Simulator(client_id="id", api_key="other") as simulator, pytest.raises(LocalCloudError, match="401"):
            check_key(KEY, replace(WAS_LIVE, base_url=simulator.base_url))

    def test_a_first_key_is_tested_at_the_default_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client = mock.Mock()
        client.get.return_value.status_code = 200
        monkeypatch.setattr("tools.local_cloud.buildium_key.session", lambda: client)
        check_key(KEY, NEW)
        assert client.get.call_args.args == ("https://api.buildium.com/v1/rentals?limit=1",)

    def test_an_unreachable_buildium_stops_the_deployment(self) -> None:
        with pytest.raises(LocalCloudError, match="cannot be reached"):
            check_key({**KEY, "BUILDIUM_BASE_URL": "http://127.0.0.1:9/v1"}, NEW)

    def test_unchanged_credentials_are_not_read(self) -> None:
        check_key({"BUILDIUM_BASE_URL": "http://127.0.0.1:9/v1"}, NEW)


def test_without_a_terminal_sam_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_options: object) -> CompletedProcess[str]:
        commands.append(command)
        return CompletedProcess(command, 0)

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr(deploy_aws, "remove_compiled_files", lambda: None)
    monkeypatch.setattr(deploy_aws, "_environment", dict)
    for is_interactive in (True, False):
        assert deploy_aws._deploy("default", {}, is_interactive=is_interactive) == 0
    deploys = [command for command in commands if "deploy" in command]
    assert ["--no-confirm-changeset" in command for command in deploys] == [False, True]
