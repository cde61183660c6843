"""Parses webhook events from either of Buildium's two formats.

Flat, one event per request; every field after the first three identifies what changed:

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
_MAX_NAME_LENGTH = 256
_MAX_DATE_LENGTH = 64
_MAX_ID = 2**63
_MAX_IDS_LENGTH = 65_536
"""Characters. The ids are stored in the payload too, and an item of DynamoDB has 400 KB."""
_UNPARSED_BYTES = 10_000
"""Stored bytes of a body without an event."""
_BATCH_NAME = re.compile(r"(.*)(Created|Updated|Deleted)", re.DOTALL)
_DATA = "Data"
_NOT_IDENTIFYING = frozenset({"EventName", "EventType", "EventDateTime", "EventDate", "AccountId", _DATA})

# Buildium names an event's id field after its subject, except for these. The table covers all of Buildium's events, so
# a new entity type needs no change here.
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
    """One event. `entityId` is the Buildium id of the subject. `payload` is the received event without `Data`.

    `Data` of the batch format may contain personal data. It is not stored, because the entity is read from Buildium.

    `ids` has everything that identifies the change, with Buildium's names. `receivedAt` is in ISO 8601, UTC, with
    milliseconds. `eventDateTime` is Buildium's string with all its digits.
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
    """Return the events in a request's document, in order.

    `sent` is the time at which the request was sent, in seconds since the epoch. Raises MalformedRequest if `Events` is
    not a list with at least one item. Every item is an event, even an unknown one: no signed event is dropped.
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
    """Return an event for a signed body without an event. Its payload is the start of the body, up to its `Data`."""
    start = body[:_UNPARSED_BYTES].decode("utf-8", "replace")
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
        "payload": start.partition(f'"{_DATA}"')[0],
    }


def _without_data(item: Any) -> Any:
    return {name: value for name, value in item.items() if name != _DATA} if isinstance(item, dict) else item


def ids_in(value: Any) -> list[int]:
    """Return the distinct Buildium ids in a field of an event: one id or a list of ids. Other values are ignored."""
    found = map(_id, value if isinstance(value, list) else [value])
    return list(dict.fromkeys(each for each in found if each is not None))


def split_name(name: str) -> tuple[str, str]:
    """Return the subject and the operation of an event name; an unknown operation is empty.

    `Rental.MeterReading.Created` gives `Rental.MeterReading`, `Created`. `OwnerUpdated` of the batch format gives
    `Owner`, `Updated`.
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
    # Without a date, a second change of an entity looks like a redelivery of the first one. To process it again costs a
    # call. To drop it as a duplicate would lose a change.
    identity = canonical_json([account, name, ids, date] if date else [account, name, ids, date, item, sent])
    shown = name[:_MAX_NAME_LENGTH]
    subject, operation, id_field = _subject(shown, _text(ids.get("EntityType"))[:_MAX_NAME_LENGTH])
    return {
        "eventId": hashlib.sha256(identity.encode()).hexdigest(),
        "eventName": shown,
        "subject": subject,
        "operation": operation,
        "accountId": _id(account),
        "entityId": _id(ids.get("EntityId", ids.get(id_field))),
        # A short identity has short ids.
        "ids": ids if len(identity) <= _MAX_IDS_LENGTH or len(canonical_json(ids)) <= _MAX_IDS_LENGTH else {},
        "eventDateTime": date[:_MAX_DATE_LENGTH],
        "receivedAt": received_at,
        "correlationId": correlation_id,
        "payload": _without_data(item),
    }


@lru_cache(maxsize=256)
def _subject(name: str, entity_type: str) -> tuple[str, str, str]:
    """Return the subject, the operation and the name of the subject's id field.

    `entity_type` replaces a missing subject.
    """
    subject, operation = split_name(name)
    subject = subject or entity_type
    return subject, operation, _ID_FIELDS.get(subject, subject.replace(".", "") + "Id")


def _id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < len(str(_MAX_ID)):
        value = int(value)
    return value if type(value) is int and 0 < value < _MAX_ID else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
