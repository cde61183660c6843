"""The headers of requests and responses, and the parameters of paths."""

from typing import NamedTuple

from buildium_sync.webhooks.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER


class Parameter(NamedTuple):
    """A string that a request or a response carries beside its body."""

    name: str
    description: str
    example: str
    is_required: bool = False


PATH_PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter("entity_id", "The local id of the entity.", "entity-id", True),
        Parameter("entity_type", "The entity type.", "property", True),
        Parameter("nested_id", "The local id of the entity below the other one.", "nested-id", True),
        Parameter("external_id", "The external id of the entity, percent-encoded.", "A-1001", True),
        Parameter("event_id", "The id of the stored webhook event.", "98f453ff3596", True),
        Parameter("list", "The name of the list.", "gl-accounts", True),
        Parameter("file", "The name of the file.", "app.js", True),
    )
}

PREFER = Parameter(
    "Prefer",
    "How long to wait for the sync result (RFC 7240): `wait=N` waits N seconds, 20 at most; `respond-async` does not "
    "wait.",
    "wait=10",
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "A unique key of 1 to 255 ASCII characters. The same key with the same body creates no second entity for seven "
    "days.",
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
)
IF_MATCH = Parameter(
    "If-Match", "The ETags of the versions that may be updated, separated by commas, or `*` for any version.", '"3"'
)
SIGNATURE = Parameter(
    SIGNATURE_HEADER,
    "The signature of the request: base64(HMAC-SHA256(secret, timestamp + `.` + body)).",
    "c2lnbmF0dXJl",
    True,
)
TIMESTAMP = Parameter(TIMESTAMP_HEADER, "The time of sending, in seconds since 1970 (UNIX time).", "1736937000", True)

ETAG = Parameter("ETag", "The version of the entity, in quotes.", '"3"', True)
PREFERENCE_APPLIED = Parameter("Preference-Applied", "The part of `Prefer` that was applied.", "wait=10")
IDEMPOTENT_REPLAYED = Parameter(
    "Idempotent-Replayed", "`true` if an earlier request with this Idempotency-Key created the entity.", "true"
)
RETRY_AFTER = Parameter("Retry-After", "The time to wait before the request is sent again, in seconds.", "1")
