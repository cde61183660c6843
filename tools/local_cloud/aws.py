"""Access to the local cloud: boto3 clients with its endpoint."""

import os
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient

REGION = "us-east-1"
_CREDENTIAL = "test"  # the emulator grants it all permissions


def environment(endpoint: str) -> dict[str, str]:
    """Return the environment of a program that uses the local cloud, without the user's AWS settings."""
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
        # By default, SAM polls a deployment every five seconds.
        "SAM_CLI_POLL_DELAY": "0.5",
    }


def session() -> boto3.Session:
    """Return a session with the local cloud's credentials. Its clients need `endpoint_url`."""
    return boto3.Session(aws_access_key_id=_CREDENTIAL, aws_secret_access_key=_CREDENTIAL, region_name=REGION)


def api_gateway(endpoint: str) -> "APIGatewayClient":
    """Return a client of the local cloud's API Gateway."""
    return session().client("apigateway", endpoint_url=endpoint)


def cloud_formation(endpoint: str) -> "CloudFormationClient":
    """Return a client of the local cloud's CloudFormation."""
    return session().client("cloudformation", endpoint_url=endpoint)


def lambda_(endpoint: str) -> "LambdaClient":
    """Return a client of the local cloud's Lambda."""
    return session().client("lambda", endpoint_url=endpoint)
