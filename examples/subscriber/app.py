"""An event consumer: it stores the last change of each Buildium entity.

Events are delivered at least once and in any order. Only a newer change replaces the stored one, so a duplicate, a late
event or a replay changes nothing.
"""

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCHEMA_VERSION = 1


class UnknownSchema(ValueError):
    """The event has a schema version that this code does not support."""


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Store the events of a batch. Failed messages are retried, and become dead letters in the end."""
    failed = [record["messageId"] for record in event["Records"] if not _process(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _process(record: dict[str, Any]) -> bool:
    try:
        store_change(json.loads(record["body"])["detail"])
    except (BotoCoreError, ClientError, ValueError, KeyError) as error:
        print(json.dumps({"level": "ERROR", "messageId": record["messageId"], "error": type(error).__name__}))
        return False
    return True


def store_change(detail: dict[str, Any]) -> None:
    """Store a change unless a newer one of the entity is stored. Raises UnknownSchema, KeyError, ClientError."""
    if detail["schemaVersion"] != SCHEMA_VERSION:
        raise UnknownSchema(detail["schemaVersion"])
    if detail["entityId"] is None:
        return
    changed_at = detail["eventDateTime"] or detail["receivedAt"]
    try:
        _dynamodb().put_item(
            TableName=os.environ["CHANGES_TABLE"],
            Item={
                "thing": {"S": f"{detail['subject']}#{detail['entityId']}"},
                "operation": {"S": detail["operation"]},
                "changedAt": {"S": changed_at},
                "eventId": {"S": detail["eventId"]},
            },
            # Buildium's times have the same format and length, so they can be compared as strings.
            ConditionExpression="attribute_not_exists(thing) OR changedAt < :changed_at",
            ExpressionAttributeValues={":changed_at": {"S": changed_at}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


@cache
def _dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb")
