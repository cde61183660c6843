"""The target of `make deploy`: the AWS CLI's account and region, and the current stack."""

import tomllib
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import ROOT

_HELP = "Run `aws configure` or `aws sso login`; docs/deploy.md has the steps."


@dataclass(frozen=True)
class Target:
    """An account and region, and whether the stack still has to be created there."""

    stack_name: str
    account: str
    region: str
    is_new: bool


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
        return Target(name, account, str(session.region_name), _is_new(session, name))
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


def _is_new(session: boto3.Session, name: str) -> bool:
    """Return whether the stack does not exist. After a declined first change set only its name exists."""
    try:
        [stack] = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return True
        raise
    return stack["StackStatus"] == "REVIEW_IN_PROGRESS"
