"""Webhook events in one form, whichever of its two forms Buildium sends them in.

Flat, one event a request; every field beside the first three identifies what changed:

    {"EventName": "Rental.Updated", "EventDateTime": "…", "AccountId": 1, "PropertyId": 23}

Batch:

    {"Events": [{"Id": "…", "EventType": "PropertyUpdated", "EntityType": "Property", "EntityId": 23,
                 "EventDate": "…", "Data": {…}}]}
"""

import hashlib
import re
from functools import lru_cache
from typing import Any, TypedDict

from buildium_sync.errors import MalformedRequest
from buildium_sync.webhooks.payload import canonical_json

OPERATIONS = frozenset({"Created", "Updated", "Deleted"})
_MAX_NAME = 256
_MAX_DATE = 64
_MAX_ID = 2**63
_MAX_IDS = 65_536
"""Characters: they stand in the payload too, and DynamoDB takes an item of 400 KB."""
_UNREADABLE_BYTES = 10_000
"""What is stored of a body that holds no event."""
_BATCH_NAME = re.compile(r"(.*)(Created|Updated|Deleted)", re.DOTALL)
_NOT_IDENTIFYING = frozenset({"EventName", "EventType", "EventDateTime", "EventDate", "AccountId", "Data"})

# Buildium names an event's id field after its subject, except for these. The table follows its list of all
# events, not our list of entity types: a type is added without coming here.
_ID_FIELDS = {
    "ApplicantApplication": "ApplicationId",
    "Application.Transaction": "TransactionId",
    "Association": "PropertyId",
    "AssociationBoardMember": "BoardMemberId",
    "AssociationOwner": "OwnerId",
    "AssociationTenant": "TenantId",
    "AssociationUnit": "UnitId",
    "BankAccount.Transaction": "TransactionId",
    "Bill.Payment": "PaymentId",
    "Lease.MoveOut": "LeaseId",
    "LeaseTenant": "TenantId",
    "LeaseTransaction": "TransactionId",
    "Listing": "UnitId",
    "OwnershipAccountTransaction": "TransactionId",
    "Rental": "PropertyId",
    "RentalUnit": "UnitId",
    "Vendor.Transaction": "TransactionId",
}


class Event(TypedDict):
    """One event. `entityId` is Buildium's id of the subject; `payload` is the event as it came.

    `ids` holds all that identifies what changed, under Buildium's names. `receivedAt` is ISO 8601, UTC,
    milliseconds; `eventDateTime` is Buildium's text, with all its digits.
    """

    eventId: str
    eventName: str
    subject: str
    operation: str
    accountId: int | None
    entityId: int | None
    ids: dict[str, Any]
    eventDateTime: str
    receivedAt: str
    correlationId: str
    payload: Any


def parse_events(document: dict[str, Any], *, sent: float, received_at: str, correlation_id: str) -> list[Event]:
    """Return the events in a request's document, in their order.

    `sent` is the request's time of sending. Raises MalformedRequest when `Events` is not a list of at least one. Every
    item of that list is an event, even an unknown one: what Buildium signed is not dropped.
    """
    if "Events" not in document:
        return [_event(document, None, sent, received_at, correlation_id)]
    items = document["Events"]
    if not isinstance(items, list):
        raise MalformedRequest("Events is not a list.")
    if not items:
        raise MalformedRequest("Events is empty.")
    return [_event(item, document.get("AccountId"), sent, received_at, correlation_id) for item in items]


def unparsed_event(body: bytes, *, received_at: str, correlation_id: str) -> Event:
    """Return one event for a signed body that holds none; its payload is the beginning of the body's text."""
    return {
        "eventId": hashlib.sha256(b"unreadable:" + body).hexdigest(),
        "eventName": "",
        "subject": "",
        "operation": "",
        "accountId": None,
        "entityId": None,
        "ids": {},
        "eventDateTime": "",
        "receivedAt": received_at,
        "correlationId": correlation_id,
        "payload": body[:_UNREADABLE_BYTES].decode("utf-8", "replace"),
    }


def ids_in(value: Any) -> list[int]:
    """Return the Buildium ids in a field of an event: one or a list of them, each once. Anything else is left out."""
    found = map(_id, value if isinstance(value, list) else [value])
    return list(dict.fromkeys(each for each in found if each is not None))


def split_name(name: str) -> tuple[str, str]:
    """Return the subject and the operation of an event's name; an unknown operation is empty.

    `Rental.MeterReading.Created` gives `Rental.MeterReading`, `Created`; the batch form's `OwnerUpdated`
    gives `Owner`, `Updated`.
    """
    subject, dot, operation = name.rpartition(".")
    if dot:
        return subject, operation if operation in OPERATIONS else ""
    joined = _BATCH_NAME.fullmatch(name)
    return (joined[1], joined[2]) if joined else (name, "")


def _event(item: Any, account: Any, sent: float, received_at: str, correlation_id: str) -> Event:
    fields = item if isinstance(item, dict) else {}
    name = _text(fields.get("EventName", fields.get("EventType")))
    date = _text(fields.get("EventDateTime", fields.get("EventDate")))
    account = fields.get("AccountId", account)
    ids = {key: value for key, value in fields.items() if key not in _NOT_IDENTIFYING}
    # Without a date, a second change of an entity looks like the first one sent again. Taking it for new
    # costs a call; taking it for a duplicate loses it.
    identity = canonical_json([account, name, ids, date] if date else [account, name, ids, date, item, sent])
    shown = name[:_MAX_NAME]
    subject, operation, id_field = _subject(shown, _text(ids.get("EntityType"))[:_MAX_NAME])
    return {
        "eventId": hashlib.sha256(identity.encode()).hexdigest(),
        "eventName": shown,
        "subject": subject,
        "operation": operation,
        "accountId": _id(account),
        "entityId": _id(ids.get("EntityId", ids.get(id_field))),
        # Of a text that is short enough as a whole, the ids are too.
        "ids": ids if len(identity) <= _MAX_IDS or len(canonical_json(ids)) <= _MAX_IDS else {},
        "eventDateTime": date[:_MAX_DATE],
        "receivedAt": received_at,
        "correlationId": correlation_id,
        "payload": item,
    }


@lru_cache(maxsize=256)
def _subject(name: str, entity_type: str) -> tuple[str, str, str]:
    """Return the subject, the operation and the name of the subject's id; the type is that of a nameless subject."""
    subject, operation = split_name(name)
    subject = subject or entity_type
    return subject, operation, _ID_FIELDS.get(subject, subject.replace(".", "") + "Id")


def _id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < len(str(_MAX_ID)):
        value = int(value)
    return value if type(value) is int and 0 < value < _MAX_ID else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
