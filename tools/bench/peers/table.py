"""What every peer does with DynamoDB: the entity and its sync record in one transaction. Table: `TABLE`."""

import os
import uuid
from datetime import UTC, datetime

import boto3
from boto3.dynamodb.types import TypeSerializer

CLIENT = boto3.client("dynamodb")
_TABLE = os.environ["TABLE"]
_SERIALIZER = TypeSerializer()


def store(fields):
    """Store a property and return it as the response shows it."""
    now = datetime.now(UTC).isoformat()
    made = {"id": str(uuid.uuid4()), **fields, "status": "Active", "createdAt": now, "updatedAt": now}
    pk = f"property#{made['id']}"
    entity = {"pk": pk, "sk": "entity", "version": 1, "fields": fields, "createdAt": now, "updatedAt": now}
    sync = {"pk": pk, "sk": "sync", "version": 1, "status": "pending", "createdAt": now, "updatedAt": now}
    CLIENT.transact_write_items(TransactItems=[{"Put": _put(item)} for item in (entity, sync)])
    return made


def to_response(made):
    """Return the body of the response."""
    outcome = {"success": None, "buildiumId": None, "error": None, "status": "pending"}
    return {"message": "Property created successfully", "property": made, "buildiumSync": outcome}


def _put(item):
    return {
        "TableName": _TABLE,
        "Item": {name: _SERIALIZER.serialize(value) for name, value in item.items()},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
