"""A handler with pydantic and no framework."""

import json

from model import Property
from pydantic import ValidationError
from table import store, to_response


def lambda_handler(event, _context):
    """Handle API Gateway's proxy event."""
    try:
        fields = Property.model_validate_json(event["body"])
    except ValidationError as error:
        return {"statusCode": 422, "body": error.json(include_url=False)}
    return {"statusCode": 201, "body": json.dumps(to_response(store(fields.model_dump())))}
