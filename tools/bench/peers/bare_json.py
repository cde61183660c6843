"""A handler with json only. It checks that the fields are present and are strings."""

import json

from table import store, to_response

_REQUIRED = ("name", "addressLine1", "city", "state", "postalCode", "country", "rentalSubType")


def lambda_handler(event, _context):
    """Handle API Gateway's proxy event."""
    body = json.loads(event["body"])
    missing = [name for name in _REQUIRED if not isinstance(body.get(name), str)]
    if missing:
        return {"statusCode": 422, "body": json.dumps({"missing": missing})}
    return {"statusCode": 201, "body": json.dumps(to_response(store({name: body[name] for name in _REQUIRED})))}
