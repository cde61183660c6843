"""A system that listens: it keeps, for each thing in Buildium, when it last changed and how.

Events come at least once and in any order. What is kept is the newest change, so that one that comes again, or late,
or from a replay, changes nothing.
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
    """The event is of a schema that this code was not written for."""


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Take in the events of a batch, and report those that have to come again, in the end as dead letters."""
    failed = [record["messageId"] for record in event["Records"] if not _taken(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _taken(record: dict[str, Any]) -> bool:
    try:
        take(json.loads(record["body"])["detail"])
    except (BotoCoreError, ClientError, ValueError, KeyError) as error:
        print(json.dumps({"level": "ERROR", "messageId": record["messageId"], "error": type(error).__name__}))
        return False
    return True


def take(detail: dict[str, Any]) -> None:
    """Keep a change unless a newer one of the same thing is kept. Raises UnknownSchema, KeyError, ClientError."""
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
            # Buildium's times have the same form and length, and are compared as text.
            ConditionExpression="attribute_not_exists(thing) OR changedAt < :changed_at",
            ExpressionAttributeValues={":changed_at": {"S": changed_at}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


@cache
def _dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb")
