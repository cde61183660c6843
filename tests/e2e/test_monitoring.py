"""The alarms and the dashboard are deployed and watch the resources of this stack."""

from typing import Any

import boto3
import pytest

from tests.template.template import resources as defined
from tests.template.template import target
from tools.local_cloud.deploy_local import STACK_NAME
from tools.local_cloud.state import Stack

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def cloudwatch(aws: boto3.Session, stack: Stack) -> Any:
    return aws.client("cloudwatch", endpoint_url=stack.endpoint)


def test_every_alarm_watches_its_resource(cloudwatch: Any, resources: dict[str, str]) -> None:
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    deployed = [alarm for page in pages for alarm in page["MetricAlarms"]]
    for name, alarm in defined("AWS::CloudWatch::Alarm").items():
        [found] = [each for each in deployed if f"-{name}-" in f"{each['AlarmName']}-"]
        expected = {
            each["Name"]: _physical_name(each["Value"], resources) for each in alarm["Properties"]["Dimensions"]
        }
        assert {each["Name"]: each["Value"] for each in found["Dimensions"]} == expected


def test_the_dashboard_shows_this_stack(cloudwatch: Any, resources: dict[str, str]) -> None:
    body = cloudwatch.get_dashboard(DashboardName=STACK_NAME)["DashboardBody"]
    assert f'"{STACK_NAME}", "OldestPendingSyncAge"' in body
    assert resources["SyncFunction"] in body


def _physical_name(value: Any, resources: dict[str, str]) -> str:
    """Return a service's or an index's name, a function's or a table's, or the last part of a queue's address."""
    if value == {"Ref": "AWS::StackName"}:
        return STACK_NAME
    return value if isinstance(value, str) else resources[target(value)].rsplit("/", 1)[-1]
