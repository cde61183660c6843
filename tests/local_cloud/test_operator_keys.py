from typing import TYPE_CHECKING

import boto3

from buildium_sync.domain.operator import Role
from buildium_sync.store.operator_items import OperatorStore, name_key
from tests.aws import CONTROL
from tools.operators.keys import OperatorKeys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1_000_000.0
YEAR_SECONDS = 365 * 86_400


def test_the_name_of_a_deleted_key_expires_after_the_histories(dynamodb: "DynamoDBClient") -> None:
    api_gateway = boto3.client("apigateway", region_name="us-east-1")
    plan = api_gateway.create_usage_plan(name="operators")["id"]
    keys = OperatorKeys(api_gateway, dynamodb, plan, CONTROL, lambda: NOW)
    keys.add("ann", Role.READ)
    [key] = api_gateway.get_api_keys()["items"]

    keys.delete("ann")

    name = {"pk": {"S": str(name_key(key["id"])["pk"])}}
    item = dynamodb.get_item(TableName=CONTROL, Key=name)["Item"]
    assert int(item["expiresAt"]["N"]) > NOW + YEAR_SECONDS
    assert OperatorStore(dynamodb, CONTROL).names([key["id"]]) == {key["id"]: "ann"}
