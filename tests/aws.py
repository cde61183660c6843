"""The template's tables in moto, with the deployed keys and indexes."""

from typing import TYPE_CHECKING, Any

from tools.local_cloud.template import load_template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "us-east-1"
ENTITIES, EVENTS, CONTROL, ACTIVITY = "EntitiesTable", "EventsTable", "ControlTable", "TimelineTable"
_CREATABLE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def create_tables(client: "DynamoDBClient") -> None:
    """Create the template's tables under their logical names."""
    for name, resource in load_template()["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties: dict[str, Any] = resource["Properties"]
            client.create_table(TableName=name, **{key: properties[key] for key in _CREATABLE if key in properties})
