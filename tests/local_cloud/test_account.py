"""`make deploy` reports missing AWS configuration, and detects a stack that does not exist yet."""

import tomllib
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from tools.local_cloud import deploy_aws
from tools.local_cloud.aws_account import (
    Target,
    application_key,
    find_target,
    remove_failed_stack,
    stack_name,
    with_enabled_key,
)
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import ROOT

TEMPLATE = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without AWS credentials."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Aws:
    """Fake AWS clients with responses in botocore's shapes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clients = {name: boto3.Session().client(name) for name in ("sts", "cloudformation")}
        self._stubs = {name: Stubber(client) for name, client in clients.items()}
        monkeypatch.setattr(boto3.Session, "client", lambda _session, name: clients[name])
        self._stubs["sts"].add_response("get_caller_identity", {"Account": "123456789012"})
        for stub in self._stubs.values():
            stub.activate()

    def has(self, status: str, **parameters: str) -> None:
        """Put the stack into this state."""
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        stack = {
            "StackName": "buildium-sync",
            "StackStatus": status,
            "CreationTime": datetime.now(UTC),
            "Parameters": given,
        }
        self._stubs["cloudformation"].add_response("describe_stacks", {"Stacks": [stack]})

    def rejects(self, code: str) -> None:
        """Make the request for the stack fail with an error code."""
        self._stubs["cloudformation"].add_client_error("describe_stacks", code, f"{code} said AWS", 400)

    def deletes(self) -> None:
        """Accept the deletion of the stack, which then does not exist."""
        self._stubs["cloudformation"].add_response("delete_stack", {}, {"StackName": "buildium-sync"})
        self.rejects("ValidationError")

    def assert_all_used(self) -> None:
        """Check that every response for CloudFormation was asked for."""
        self._stubs["cloudformation"].assert_no_pending_responses()


@pytest.fixture
def account(aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> Aws:
    return Aws(monkeypatch)


def test_missing_credentials_and_region_are_named_together(nothing_set: None) -> None:
    with pytest.raises(LocalCloudError) as rejected:
        find_target("buildium-sync")
    assert "AWS_PROFILE" in str(rejected.value)
    assert "AWS_DEFAULT_REGION" in str(rejected.value)


def test_a_missing_region_is_named_without_credentials(nothing_set: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with pytest.raises(LocalCloudError) as rejected:
        find_target("buildium-sync")
    assert "AWS_DEFAULT_REGION" in str(rejected.value)
    assert "AWS_PROFILE" not in str(rejected.value)


def test_an_unknown_profile_is_reported_without_a_traceback(nothing_set: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "unknown")
    with pytest.raises(LocalCloudError, match="unknown"):
        find_target("buildium-sync")


def test_a_missing_stack_is_new(account: Aws) -> None:
    account.rejects("ValidationError")
    assert find_target("buildium-sync") == Target("buildium-sync", "123456789012", "us-east-1", is_new=True)


@pytest.mark.parametrize(
    ("status", "is_new"),
    [
        ("CREATE_COMPLETE", False),
        ("UPDATE_ROLLBACK_COMPLETE", False),
        ("REVIEW_IN_PROGRESS", True),
        ("ROLLBACK_COMPLETE", True),
    ],
)
def test_a_stack_is_new_until_its_first_change_set_runs(account: Aws, status: str, is_new: bool) -> None:
    account.has(status)
    assert find_target("buildium-sync").is_new is is_new


@pytest.mark.parametrize(("value", "is_enabled"), [("true", True), ("false", False)])
def test_a_stack_knows_whether_it_may_write_to_buildium(account: Aws, value: str, *, is_enabled: bool) -> None:
    account.has("UPDATE_COMPLETE", BuildiumSyncEnabled=value)
    assert find_target("buildium-sync").is_sync_enabled is is_enabled


@pytest.mark.parametrize(
    ("status", "has_failed"),
    [("ROLLBACK_COMPLETE", True), ("CREATE_FAILED", True), ("DELETE_FAILED", False), ("CREATE_COMPLETE", False)],
)
def test_only_a_stack_that_was_never_deployed_is_removed(account: Aws, status: str, has_failed: bool) -> None:
    account.has(status)
    assert find_target("buildium-sync").has_failed is has_failed


def test_a_failed_first_deployment_is_deleted(account: Aws) -> None:
    account.deletes()
    remove_failed_stack(Target("buildium-sync", "123456789012", "us-east-1", is_new=True, has_failed=True))
    account.assert_all_used()


def test_an_access_denied_error_shows_the_aws_message(account: Aws) -> None:
    account.rejects("AccessDenied")
    with pytest.raises(LocalCloudError, match="AccessDenied said AWS"):
        find_target("buildium-sync")


def test_each_environment_has_its_own_stack_file_and_upload_prefix() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    environments = [name for name in config if name != "version"]
    assert environments == ["default", "prod"]
    for separate in (
        stack_name,
        deploy_aws.settings_file,
        lambda each: config[each]["deploy"]["parameters"]["s3_prefix"],
    ):
        assert len({separate(each) for each in environments}) == len(environments)


def test_environments_differ_only_in_upload_prefix_and_tag() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    deploy = {name: dict(config[name]["deploy"]["parameters"]) for name in ("default", "prod")}
    for parameters in deploy.values():
        parameters.pop("s3_prefix")
    assert deploy["prod"] == {**deploy["default"], "tags": "application=buildium-sync environment=prod"}
    assert config["prod"]["build"] == config["default"]["build"]


def test_an_unknown_environment_is_reported_with_the_known_ones() -> None:
    with pytest.raises(LocalCloudError, match=r"'staging'.*default, prod"):
        stack_name("staging")


def test_a_first_deployment_without_settings_stops_before_the_build(
    account: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.rejects("ValidationError")
    monkeypatch.setattr(deploy_aws, "settings_file", lambda _environment: tmp_path / ".env")
    monkeypatch.setattr(deploy_aws, "_deploy", lambda *_: pytest.fail("it went on"))
    monkeypatch.setattr("sys.stdin", StringIO())
    for name in ("BUILDIUM_CLIENT_ID", "BUILDIUM_API_KEY", "BUILDIUM_SYNC_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    assert deploy_aws.main() == 1
    assert "BUILDIUM_API_KEY" in capsys.readouterr().err


class Keys:
    """A usage plan with API keys."""

    def __init__(self) -> None:
        self._client = boto3.client("apigateway")
        self._plan = self._client.create_usage_plan(name="application")["id"]

    def add(self, name: str, *, is_enabled: bool) -> str:
        """Create a key, and return its id."""
        key = self._client.create_api_key(name=name, enabled=is_enabled, value=f"{name}-" + "x" * 20)["id"]
        self._client.create_usage_plan_key(usagePlanId=self._plan, keyId=key, keyType="API_KEY")
        return key


@pytest.fixture
def keys(dynamodb: object) -> Keys:
    return Keys()


@pytest.mark.parametrize("is_first_enabled", [True, False])
def test_the_application_has_an_enabled_key_after_a_rotation(keys: Keys, *, is_first_enabled: bool) -> None:
    first = keys.add("first", is_enabled=is_first_enabled)
    keys.add("withdrawn", is_enabled=False)
    second = keys.add("second", is_enabled=True)

    expected = ("first", first) if is_first_enabled else ("second", second)
    assert application_key({"ApiKeyId": first}) == f"{expected[0]}-" + "x" * 20
    assert with_enabled_key({"ApiKeyId": first, "ApiUrl": "u"}) == {"ApiKeyId": expected[1], "ApiUrl": "u"}


def test_an_application_without_an_enabled_key_keeps_its_own(keys: Keys) -> None:
    outputs = {"ApiKeyId": keys.add("first", is_enabled=False)}
    assert with_enabled_key(outputs) == outputs


def test_an_unreadable_key_leaves_the_outputs(keys: Keys) -> None:
    outputs = dict.fromkeys(["ApiKeyId"], "absent")
    assert with_enabled_key(outputs) == outputs
