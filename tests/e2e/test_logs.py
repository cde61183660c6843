"""What the functions log."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import Api, unique
from tests.e2e.waiting import SCHEDULE_SECONDS, eventually
from tools.local_cloud.aws import cloud_formation
from tools.local_cloud.deploy_local import STACK_NAME
from tools.local_cloud.logs import FunctionLogs, log_groups
from tools.local_cloud.servers import SIMULATOR_API_KEY
from tools.local_cloud.state import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_logs import CloudWatchLogsClient

pytestmark = pytest.mark.e2e


def messages(client: "CloudWatchLogsClient", function: str = "") -> list[str]:
    """Every line in the log group of one function, or of all."""
    pages = client.get_paginator("describe_log_groups").paginate()
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    found = []
    for name in (name for name in names if function in name):
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=name):
            found += [event["message"] for event in page["events"]]
    return found


def lines(client: "CloudWatchLogsClient", function: str) -> list[dict[str, Any]]:
    """The structured lines of one function."""
    return [json.loads(message) for message in messages(client, function) if message.startswith("{")]


def correlation_id(client: "DynamoDBClient", resources: dict[str, str], pk: str) -> str:
    """The id of the request that wrote an entity. AWS sends this id in a header, the local gateway sends another."""
    key = {"pk": {"S": pk}, "sk": {"S": "entity"}}
    return client.get_item(TableName=resources["EntitiesTable"], Key=key)["Item"]["correlationId"]["S"]


def test_the_request_id_is_logged_with_the_buildium_call(
    api: Api, logs_client: "CloudWatchLogsClient", dynamodb_client: "DynamoDBClient", resources: dict[str, str]
) -> None:
    created = api.create_property(unique("Followed"))
    request_id = correlation_id(dynamodb_client, resources, f"property#{created['property']['id']}")

    def look() -> list[str]:
        found = lines(logs_client, "SyncLogGroup")
        return [str(line.get("message")) for line in found if line.get("correlation_id") == request_id]

    seen = eventually(look, lambda seen: "Synced" in seen)
    assert "Buildium call" in seen


def test_no_secret_and_no_personal_data_is_logged(
    api: Api, logs_client: "CloudWatchLogsClient", api_key: str, webhook_secret: str
) -> None:
    property_id = api.create_property(unique("Secretive"))["property"]["id"]
    name, email = unique("Nameless"), f"{unique('mail').replace(' ', '.')}@example.com"
    created = api.create_owner(name, [property_id], primaryEmail=email)
    written = f"owner#{created['id']}"
    api.send("POST", "/api/webhooks/buildium", {"EventName": "Rental.Updated"}, with_key=False)
    logged = eventually(lambda: messages(logs_client), lambda seen: any(written in line for line in seen))
    for secret in (api_key, webhook_secret, SIMULATOR_API_KEY, email, name):
        assert not [line for line in logged if secret in line]


def test_the_sweep_runs_on_schedule(logs_client: "CloudWatchLogsClient") -> None:
    eventually(
        lambda: [line for line in lines(logs_client, "ReconcileLogGroup") if line.get("message") == "Sweep finished"],
        seconds=SCHEDULE_SECONDS,
    )


def test_make_logs_shows_one_line_per_record(logs_client: "CloudWatchLogsClient", stack: Stack) -> None:
    groups = log_groups(cloud_formation(stack.endpoint), STACK_NAME)

    def printed() -> list[str]:
        return list(map(str, FunctionLogs(logs_client, {"Reconcile": groups["Reconcile"]}).read(0)))

    found = eventually(printed, lambda seen: any("Sweep finished" in line for line in seen), SCHEDULE_SECONDS)
    assert not [line for line in found if "_aws" in line or "\n" in line]
