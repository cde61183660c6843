"""The example subscriber, deployed as its own stack, receives Buildium's changes."""

import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import Api, unique
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator
from tools.local_cloud import aws
from tools.local_cloud.paths import ROOT, SAM
from tools.local_cloud.state import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.e2e

STACK_NAME = "buildium-sync-subscriber"


@pytest.fixture(scope="module")
def changes_table(stack: Stack) -> Iterator[str]:
    """The example's table, deployed beside the publishing stack and deleted afterwards."""
    subprocess.run(  # noqa: S603 - our own arguments
        [
            str(SAM), "deploy", "--template-file", str(ROOT / "examples/subscriber/template.yaml"),
            "--stack-name", STACK_NAME, "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
            "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
            "--parameter-overrides", f"EventBusName={stack.outputs['EventBusName']}",
        ],
        env=aws.environment(stack.endpoint), check=True, capture_output=True,
    )  # fmt: skip
    client = aws.cloud_formation(stack.endpoint)
    [deployed] = client.describe_stacks(StackName=STACK_NAME)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in deployed["Outputs"]}
    yield outputs["ChangesTableName"]
    client.delete_stack(StackName=STACK_NAME)


def test_a_subscribers_own_stack_receives_an_edit_in_buildium(
    changes_table: str, api: Api, simulator: RemoteSimulator, dynamodb_client: "DynamoDBClient"
) -> None:
    buildium_id = api.create_property(unique("Heard"))["buildiumSync"]["buildiumId"]
    simulator.edit("rentals", buildium_id, {"Name": unique("Theirs")})

    def look() -> dict[str, object]:
        key = {"thing": {"S": f"Rental#{buildium_id}"}}
        return dict(dynamodb_client.get_item(TableName=changes_table, Key=key).get("Item", {}))

    heard = eventually(look, lambda seen: seen.get("operation") == {"S": "Updated"})
    assert heard["changedAt"]
