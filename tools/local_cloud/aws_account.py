"""The target of `make deploy`: the AWS CLI's account and region, and the current stack."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import ROOT

_DECLINED = "REVIEW_IN_PROGRESS"
"""The status of a stack whose first change set was not applied."""
_FAILED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
"""A stack in these statuses was never deployed, and cannot be updated."""
_HELP = "Run `aws configure` or `aws sso login`; docs/operations/going-live.md has the steps."


@dataclass(frozen=True)
class Target:
    """An account and region, and whether the stack still has to be created there.

    `has_failed` is true for the rest of a failed first deployment. `base_url` is the address of Buildium's API in the
    last deployment, and `is_sync_enabled` whether that let the stack write to it. `outputs` are those of the stack.
    """

    stack_name: str
    account: str
    region: str
    is_new: bool
    has_failed: bool = False
    base_url: str | None = None
    is_sync_enabled: bool = False
    outputs: Mapping[str, str] = field(default_factory=dict)


def stack_name(environment: str) -> str:
    """Return an environment's stack name in samconfig.toml. Raises LocalCloudError for an unknown environment."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    known = sorted(name for name, content in config.items() if isinstance(content, dict))
    if environment not in known:
        raise LocalCloudError(
            f"Unknown environment {environment!r} in samconfig.toml. Environments: {', '.join(known)}."
        )
    name: str = config[environment]["global"]["parameters"]["stack_name"]
    return name


def find_target(name: str) -> Target:
    """Return the account, region and stack. Raises LocalCloudError for missing credentials or a missing region."""
    try:
        session = boto3.Session()
        _check(session)
        account = session.client("sts").get_caller_identity()["Account"]
        stack = _find_stack(session, name)
        status = stack.get("StackStatus", _DECLINED)
        parameters = _values(stack.get("Parameters", []), "Parameter")
        return Target(
            name,
            account,
            str(session.region_name),
            is_new=status in (_DECLINED, *_FAILED),
            has_failed=status in _FAILED,
            base_url=parameters.get("BuildiumBaseUrl"),
            is_sync_enabled=parameters.get("BuildiumSyncEnabled") == "true",
            outputs=_values(stack.get("Outputs", []), "Output"),
        )
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(f"AWS returned an error: {error}\n{_HELP}") from error


def _check(session: boto3.Session) -> None:
    missing = []
    if session.get_credentials() is None:
        missing.append("AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    if session.region_name is None:
        missing.append("an AWS region: set AWS_DEFAULT_REGION, or `region` in the profile")
    if missing:
        lines = "\n".join(f"  - {each}" for each in missing)
        raise LocalCloudError(f"Missing for a deployment to AWS:\n{lines}\n{_HELP}")


def _find_stack(session: boto3.Session, name: str) -> Mapping[str, Any]:
    """Return the description of the stack; empty if there is none."""
    try:
        [stack] = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return {}
        raise
    return stack


def _values(entries: Iterable[Mapping[str, str]], kind: str) -> dict[str, str]:
    return {each[f"{kind}Key"]: each[f"{kind}Value"] for each in entries}


def with_enabled_key(outputs: Mapping[str, str]) -> Mapping[str, str]:
    """Return the outputs with an enabled API key of the application in `ApiKeyId`, also after a rotation.

    It is the stack's own key, or else the oldest enabled key of its usage plan. If AWS returns an error, it is the own.
    """
    client, own = boto3.client("apigateway"), outputs["ApiKeyId"]
    try:
        if client.get_api_key(apiKey=own)["enabled"]:
            return outputs
        keys = [
            client.get_api_key(apiKey=key["id"])
            for plan in client.get_usage_plans(keyId=own)["items"]
            for key in client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
        ]
    except (BotoCoreError, ClientError):
        return outputs
    enabled = sorted((key for key in keys if key["enabled"]), key=lambda key: key["createdDate"])
    return {**outputs, "ApiKeyId": enabled[0]["id"]} if enabled else outputs


def application_key(outputs: Mapping[str, str]) -> str:
    """Return an API key of the application, by the outputs of its stack. Raises botocore's errors."""
    key_id = with_enabled_key(outputs)["ApiKeyId"]
    return str(boto3.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"])


def remove_failed_stack(target: Target) -> None:
    """Delete what a failed first deployment left, which CloudFormation requires. Raises LocalCloudError."""
    print(f"Deleting the rest of the failed deployment of {target.stack_name} …", flush=True)
    try:
        cloudformation = boto3.Session().client("cloudformation")
        cloudformation.delete_stack(StackName=target.stack_name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=target.stack_name)
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(f"AWS could not delete the failed stack: {error}") from error
