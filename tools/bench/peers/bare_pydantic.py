"""A handler with pydantic and no framework."""

import json

from model import Property
from pydantic import ValidationError
from table import answer, keep


def lambda_handler(event, _context):
    """Answer API Gateway's proxy event."""
    try:
        fields = Property.model_validate_json(event["body"])
    except ValidationError as error:
        return {"statusCode": 422, "body": error.json(include_url=False)}
    return {"statusCode": 201, "body": json.dumps(answer(keep(fields.model_dump())))}
