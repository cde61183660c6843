"""A handler with nothing but json; it looks whether the fields are there and are texts."""

import json

from table import answer, keep

_REQUIRED = ("name", "addressLine1", "city", "state", "postalCode", "country", "rentalSubType")


def lambda_handler(event, _context):
    """Answer API Gateway's proxy event."""
    body = json.loads(event["body"])
    missing = [name for name in _REQUIRED if not isinstance(body.get(name), str)]
    if missing:
        return {"statusCode": 422, "body": json.dumps({"missing": missing})}
    return {"statusCode": 201, "body": json.dumps(answer(keep({name: body[name] for name in _REQUIRED})))}
