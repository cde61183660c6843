"""How the local cloud is spoken to: as AWS is, at another address."""

import os
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient

REGION = "us-east-1"
_CREDENTIAL = "test"  # the emulator takes this one for the account's owner


def environment(endpoint: str) -> dict[str, str]:
    """The environment of a program that is to use the local cloud, free of a person's AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    loopback = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1,localhost"]))
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": _CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": _CREDENTIAL,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": loopback,
        "no_proxy": loopback,
        "SAM_CLI_TELEMETRY": "0",
        # SAM asks how a deployment goes every five seconds unless told otherwise.
        "SAM_CLI_POLL_DELAY": "0.5",
    }


def session() -> boto3.Session:
    """A session with the local cloud's credentials; clients of it need `endpoint_url`."""
    return boto3.Session(aws_access_key_id=_CREDENTIAL, aws_secret_access_key=_CREDENTIAL, region_name=REGION)


def api_gateway(endpoint: str) -> "APIGatewayClient":
    """A client of the local cloud's API Gateway."""
    return session().client("apigateway", endpoint_url=endpoint)


def cloud_formation(endpoint: str) -> "CloudFormationClient":
    """A client of the local cloud's CloudFormation."""
    return session().client("cloudformation", endpoint_url=endpoint)


def lambda_(endpoint: str) -> "LambdaClient":
    """A client of the local cloud's Lambda."""
    return session().client("lambda", endpoint_url=endpoint)
