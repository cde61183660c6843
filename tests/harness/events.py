"""The events that AWS passes to the functions' handlers, and the context of an invocation."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from buildium_sync.domain.entity import Entity
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.items import entity_to_item
from tests.simulator.webhooks import signed_headers

WEBHOOK_PATH = "/api/webhooks/buildium"


@dataclass
class Context:
    """Lambda's context; `time_left` returns the seconds that the invocation has left."""

    aws_request_id: str = "invocation-1"
    function_name: str = "function"
    time_left: Callable[[], float] = lambda: 90.0
    memory_limit_in_mb: int = 256

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round(self.time_left() * 1000))


def api_request(
    method: str,
    path: str,
    body: Any = None,
    *,
    query: Mapping[str, str | list[str]] | None = None,
    headers: dict[str, str] | None = None,
    request_id: str = "request-1",
) -> dict[str, Any]:
    """Return an event of API Gateway's proxy integration; bytes become Base64, other objects become JSON.

    A list in `query` has the values of a repeated parameter.
    """
    values = {name: [value] if isinstance(value, str) else value for name, value in (query or {}).items()}
    encoded = isinstance(body, bytes)
    if isinstance(body, bytes):
        body = base64.b64encode(body).decode()
    elif body is not None and not isinstance(body, str):
        body = json.dumps(body)
    return {
        "resource": "/api/{proxy+}",
        "httpMethod": method,
        "path": path,
        "headers": headers,
        "multiValueHeaders": None,
        "queryStringParameters": {name: each[-1] for name, each in values.items()} or None,
        "multiValueQueryStringParameters": values or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            # A client can choose it with a header, so no test may find it.
            "requestId": f"forged-{request_id}",
            "extendedRequestId": request_id,
            "stage": "v1",
            "identity": {"sourceIp": "203.0.113.20"},
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def signed_webhook(payload: Mapping[str, Any], secret: str, sent_at: float) -> tuple[bytes, dict[str, str]]:
    """Return the body of Buildium's webhook and its headers; `sent_at` is seconds since the epoch."""
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    return body, signed_headers(secret, body, int(sent_at))


def webhook_request(
    body: bytes, headers: dict[str, str], *, is_base64: bool = False, request_id: str = "request-1"
) -> dict[str, Any]:
    """Return the API Gateway event of a webhook."""
    text = body if is_base64 else body.decode()
    return api_request("POST", WEBHOOK_PATH, text, headers=headers, request_id=request_id)


def bus_message(entry: Mapping[str, str], event_id: str = "event-1") -> str:
    """Return the message body that EventBridge sends to the queue of an entry's rule."""
    envelope = {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "detail": json.loads(entry["Detail"]),
    }
    return json.dumps(envelope)


def sqs_record(
    body: str, message_id: str = "message-1", *, queue: str = "queue", receives: int = 1, sent_at: float = 0.0
) -> dict[str, Any]:
    """Return a message as SQS delivers it; `sent_at` is seconds since the epoch."""
    return {
        "messageId": message_id,
        "receiptHandle": message_id,
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": str(round(sent_at * 1000))},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
        "awsRegion": "us-east-1",
    }


def sqs_batch(bodies: Iterable[str]) -> dict[str, Any]:
    """Return the event of a batch of messages."""
    return {"Records": [sqs_record(body, f"message-{number}") for number, body in enumerate(bodies, start=1)]}


def stream_record(
    after: Mapping[str, Any], before: Mapping[str, Any] | None = None, *, number: int = 1, written_at: float = 0.0
) -> dict[str, Any]:
    """Return a record of the entities table's stream: DynamoDB's items after and before a write."""
    change = {
        "ApproximateCreationDateTime": written_at,
        "Keys": {name: after[name] for name in ("pk", "sk")},
        "NewImage": dict(after),
        "SequenceNumber": str(number),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if before is not None:
        change["OldImage"] = dict(before)
    return {
        "eventID": f"{number:032}",
        "eventName": "INSERT" if before is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": change,
    }


def created_record(entity: Entity) -> dict[str, Any]:
    """Return the stream's record of an entity that was just created."""
    return stream_record(to_attributes({**entity_to_item(entity), "fields": entity.fields}))
