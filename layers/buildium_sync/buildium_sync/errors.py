"""Every error that the package raises on purpose, with its code and its scope.

BuildiumSyncError
├── ClientError                a client's mistake; carries an HTTP status
│   ├── MalformedRequest       400
│   ├── OperatorRequired       403, for a valid API key
│   ├── NotFound               404
│   ├── MethodNotAllowed       405
│   ├── EntityDeleted          409
│   ├── EntityExists           409
│   ├── ExternalIdTaken        409, with the entity that has the external id
│   ├── ReviewNotPending       409
│   ├── NoDriftReport          409
│   ├── ChangesExpired         410
│   ├── PreconditionFailed     412
│   ├── ContentTooLarge        413
│   ├── UnsupportedMediaType   415
│   ├── InvalidFields          422, with the invalid fields
│   └── IdempotencyKeyReused   422
├── NewerSchema                an item of a later version of the code, after a roll-back
├── WebhookRejected            a webhook request without proof that Buildium sent it
│   └── UnsignedWebhook        one without the headers of a signed request
├── BuildiumError              a call to Buildium that failed; carries status and request id
│   ├── BuildiumRejected       permanent: Buildium rejects the payload each time
│   │   └── BuildiumNotFound   the entity is not in Buildium
│   ├── BuildiumUnavailable    transient: 5xx, network; an outage if Buildium does not respond at all
│   │   ├── BuildiumTimeout    a read timed out
│   │   └── OutcomeUnknown     a write that Buildium may have applied
│   ├── RateLimited            transient: 429, or no slot within the time allowed
│   ├── CredentialsRejected    401, 403: an operator must fix it
│   └── WrongBaseUrl           301, 308: an operator must fix it
├── NotInBuildium              the linked entity is certainly not in Buildium any more
├── CreateNotApplied           a create that Buildium certainly did not apply, and why
├── SyncBlocked                a value or another entity is missing that the sync needs
│   ├── BlockedByDependency    … the missing one is an entity
│   └── OutOfScope             the entity belongs to a property that this stack does not sync
├── NeedsReview                more than one possible match in Buildium
├── RetryLater                 another worker has the entity, or a wait has not ended
│   └── ReferenceUnknown       … a referenced Buildium entity has no local entity yet
├── InboundPaused              an operator has paused the inbound sync
├── InvocationFailed           an invocation that Lambda repeats, without the text of its error
├── EventsNotPublished         the event bus did not accept events for the application
└── ConcurrentWrite            a conditional write lost against another writer
"""

from collections.abc import Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple, Self

from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as AwsClientError

from buildium_sync.backoff import backoff


class Scope(StrEnum):
    """What an error affects: one entity, or every entity at this time."""

    ENTITY = "entity"
    SYSTEM = "system"


class ErrorCode(StrEnum):
    """The kind of an error, for programs. The message is for a person."""

    REJECTED = "rejected"
    SERVER_ERROR = "server_error"
    OUTCOME_UNKNOWN = "outcome_unknown"
    OUTAGE = "outage"
    TIMEOUT = "timeout"
    PAUSED = "paused"
    RATE_LIMITED = "rate_limited"
    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    WRONG_BASE_URL = "wrong_base_url"
    AWS = "aws"
    DEPENDENCY = "dependency"
    MISSING_VALUE = "missing_value"
    OUT_OF_SCOPE = "out_of_scope"
    NEEDS_REVIEW = "needs_review"
    DELETED = "deleted"
    BUSY = "busy"
    INTERNAL = "internal"


_OPERATOR_CODES = frozenset({ErrorCode.CREDENTIALS, ErrorCode.PERMISSION, ErrorCode.WRONG_BASE_URL})
"""Codes of errors that an operator must fix. Buildium gives permissions by entity type: other types may work."""


class BuildiumSyncError(Exception):
    """The root of the tree above. `code` and `scope` say what programs need to know of an error."""

    code = ErrorCode.INTERNAL
    scope = Scope.ENTITY


class FieldError(NamedTuple):
    """One field at fault: its name in the caller's terms, and what is wrong with it."""

    field: str
    message: str

    @property
    def root(self) -> str:
        """The outermost field: `lines` of `lines.0.amount`."""
        return self.field.partition(".")[0]

    def __str__(self) -> str:
        """Return `field: message`, or the message alone where no field is named."""
        return f"{self.field}: {self.message}" if self.field else self.message


class ClientError(BuildiumSyncError):
    """A request to the API that is rejected; `status` is the HTTP status of the response."""

    status = 400
    title = "Bad Request"

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class MalformedRequest(ClientError):
    """The request cannot be read: bad JSON, bad cursor, bad header."""

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """Return the error of one query parameter or header. Its detail is the name and the message."""
        return cls(f"{field} {message}", [FieldError(field, message.removesuffix("."))])


OPERATOR_REQUIRED = "operator_required"
"""The `errorCode` of OperatorRequired in a response. The 403 of API Gateway for an unknown key has none."""


class OperatorRequired(ClientError):
    """The API key is valid, and its role does not allow the request."""

    status = 403
    title = "Forbidden"


class NotFound(ClientError):
    """No such entity, collection or event."""

    status = 404
    title = "Not Found"


class MethodNotAllowed(ClientError):
    """The path is known, and this method is not for it. `allowed` has the methods that are."""

    status = 405
    title = "Method Not Allowed"

    def __init__(self, message: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.allowed = tuple(allowed)


class EntityDeleted(ClientError):
    """The entity was deleted in Buildium and is soft-deleted here."""

    status = 409
    title = "Conflict"


class EntityExists(ClientError):
    """The entity can exist only once, and exists with other values."""

    status = 409
    title = "Conflict"


class ExternalIdTaken(ClientError):
    """Another entity of the type has the external id; `entity_id` is its local id."""

    status = 409
    title = "Conflict"

    def __init__(self, detail: str, entity_id: str) -> None:
        super().__init__(detail, [FieldError("externalId", "must be unique")])
        self.entity_id = entity_id


class ReviewNotPending(ClientError):
    """The entity needs no review, or the chosen Buildium entity is linked to another local entity."""

    status = 409
    title = "Conflict"


class NoDriftReport(ClientError):
    """A repair is requested before a drift check has ended."""

    status = 409
    title = "Conflict"


class DriftReportReplaced(ClientError):
    """A repair names entities of a drift check that a later one has replaced."""

    status = 409
    title = "Conflict"


class RepairRunning(ClientError):
    """A repair is requested while one of other entities runs."""

    status = 409
    title = "Conflict"


class ChangesExpired(ClientError):
    """The changes after a cursor of the change feed are no longer kept."""

    status = 410
    title = "Gone"

    def __init__(self) -> None:
        super().__init__(
            "The changes after this cursor are no longer kept. To resynchronise, read /api/changes?cursor=latest, then "
            "list every collection, then follow the changes from that cursor."
        )


class ContentTooLarge(ClientError):
    """The body, or the entity that it makes, is larger than can be stored."""

    status = 413
    title = "Content Too Large"


class UnsupportedMediaType(ClientError):
    """The body is in an encoding that is not read."""

    status = 415
    title = "Unsupported Media Type"


class PreconditionFailed(ClientError):
    """`If-Match` names a version that is not the current one (RFC 9110, 13.1.1)."""

    status = 412
    title = "Precondition Failed"


class InvalidFields(ClientError):
    """The request is well-formed and its values are not acceptable; `errors` names each field."""

    status = 422
    title = "Unprocessable Content"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(str(error) for error in errors), errors)


class IdempotencyKeyReused(ClientError):
    """An `Idempotency-Key` that has made something comes with another body."""

    status = 422
    title = "Unprocessable Content"

    def __init__(self) -> None:
        message = "was already used with a different request body"
        super().__init__(f"This Idempotency-Key {message}.", [FieldError("Idempotency-Key", message)])


class NewerSchema(BuildiumSyncError):
    """A later version of the code stored an item, so this version must not change it."""

    def __init__(self, key: str, found: int, known: int) -> None:
        super().__init__(f"{key} has schema version {found}; this code knows {known}. Deploy the later code again.")


class WebhookRejected(BuildiumSyncError):
    """A webhook request whose signature, timestamp or secret is missing or wrong."""


class UnsignedWebhook(WebhookRejected):
    """A webhook request without the headers of a signed one: Buildium did not send it."""


class BuildiumError(BuildiumSyncError):
    """A call to Buildium that did not succeed.

    `status` is the HTTP status or None without a response; `request_id` is Buildium's, when it sent one.
    `retry_after` holds the seconds for which Buildium asks for no calls, None where it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        errors: Sequence[FieldError] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.errors = tuple(errors)
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def stops_all_calls(self) -> bool:
        """Whether calls for other entity types would fail too."""
        return self.scope is Scope.SYSTEM and self.code not in _OPERATOR_CODES


class BuildiumRejected(BuildiumError):
    """4xx: Buildium rejects the payload; a person must change the entity."""

    code = ErrorCode.REJECTED


class BuildiumNotFound(BuildiumRejected):
    """404: there is no such entity in Buildium (any more)."""


class BuildiumUnavailable(BuildiumError):
    """No usable response, and it is certain that nothing was written.

    `is_outage` says that Buildium does not respond at all (network, 302, 307, 502, 503, 504).
    """

    code = ErrorCode.OUTAGE

    def __init__(self, message: str, *, is_outage: bool, code: ErrorCode | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.is_outage = is_outage
        self.scope = Scope.SYSTEM if is_outage else Scope.ENTITY
        if code is not None:
            self.code = code
        elif not is_outage and self.code is ErrorCode.OUTAGE:
            self.code = ErrorCode.SERVER_ERROR


class BuildiumTimeout(BuildiumUnavailable):
    """A read timed out, here or in Buildium's gateway (504)."""

    code = ErrorCode.TIMEOUT


class RateLimited(BuildiumError):
    """429 came in spite of the limiter, or no slot is free within the time allowed. Nothing was written."""

    code = ErrorCode.RATE_LIMITED
    scope = Scope.SYSTEM


class CredentialsRejected(BuildiumError):
    """401 or 403: the API key is wrong, expired or lacks a permission. Nothing was written."""

    scope = Scope.SYSTEM

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        is_permission = self.status == HTTPStatus.FORBIDDEN
        self.code = ErrorCode.PERMISSION if is_permission else ErrorCode.CREDENTIALS


class WrongBaseUrl(BuildiumError):
    """301 or 308: `BUILDIUM_BASE_URL` is not the address of Buildium's API. Nothing was written."""

    code = ErrorCode.WRONG_BASE_URL
    scope = Scope.SYSTEM


class OutcomeUnknown(BuildiumUnavailable):
    """A write was sent, and its response was lost or is unreadable: Buildium may have applied it."""

    code = ErrorCode.OUTCOME_UNKNOWN


class SyncBlocked(BuildiumSyncError):
    """The entity cannot be synced before something is supplied; the message says what, `errors` names fields."""

    code = ErrorCode.MISSING_VALUE

    def __init__(self, message: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class BlockedByDependency(SyncBlocked):
    """Local entities that this one refers to are not in Buildium yet.

    `field` is the client's name of the field; `on` holds (entity type, entity id) of each.
    """

    code = ErrorCode.DEPENDENCY

    def __init__(self, field: str, on: Sequence[tuple[str, str]]) -> None:
        named = ", ".join(f"{entity_type} {entity_id}" for entity_type, entity_id in on)
        super().__init__(f"{field}: waiting for {named} to be synced to Buildium")
        self.on = tuple(on)


class OutOfScope(SyncBlocked):
    """The entity belongs to a property, or to an association, that is not in BUILDIUM_PROPERTY_IDS.

    `field` leads to it; it is empty if the entity is the property itself, or if Buildium shows the entity there.
    """

    code = ErrorCode.OUT_OF_SCOPE

    def __init__(self, field: str, entity_type: str, buildium_id: int, *, can_be_listed: bool) -> None:
        remedies = [f"add {buildium_id} to the setting"] if can_be_listed else []
        remedies += [f"remove the reference in {field}"] if field else []
        what = f"Buildium {entity_type} {buildium_id} is not in BUILDIUM_PROPERTY_IDS"
        remedy = f" To sync it, {' or '.join(remedies)}." if remedies else ""
        super().__init__(f"{what}, so this stack does not sync it.{remedy}", [FieldError(field, what)] if field else [])


class NotInBuildium(BuildiumSyncError):
    """The read of a linked entity returns 404, while the list of its type can be read."""

    code = ErrorCode.DELETED


class CreateNotApplied(BuildiumSyncError):
    """A create that Buildium certainly did not apply, so that its intent is void; `reason` is the error."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.code, self.scope = code_of(reason), scope_of(reason)


class NeedsReview(BuildiumSyncError):
    """Several Buildium entities may be what a lost create made.

    `candidates` are their Buildium ids. `details` describes the first of them (see `candidate_details`).
    """

    code = ErrorCode.NEEDS_REVIEW

    def __init__(self, message: str, candidates: Sequence[int], details: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)
        self.details = tuple(details)


class RetryLater(BuildiumSyncError):
    """Try again in `retry_after` seconds: another worker holds the entity, or a wait is not over.

    `deadline_in` is the seconds in which the wait ends at the latest, None if that is unknown.
    """

    code = ErrorCode.BUSY

    def __init__(self, message: str, retry_after: float, *, deadline_in: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.deadline_in = deadline_in

    def backoff(self, waited: int) -> float:
        """Return the seconds to wait after so many waits. They grow if the end of the wait is known."""
        return self.retry_after if self.deadline_in is None else backoff(waited + 1, self.retry_after, self.deadline_in)


class ReferenceUnknown(RetryLater):
    """A Buildium entity refers to another one that has no local entity yet."""

    code = ErrorCode.DEPENDENCY


class InboundPaused(BuildiumSyncError):
    """An operator has paused the inbound sync. What has to be applied waits until it is resumed."""

    code = ErrorCode.PAUSED
    scope = Scope.SYSTEM


class InvocationFailed(BuildiumSyncError):
    """An error that ended an invocation: its type, and AWS's error code if there is one.

    Lambda logs the text of an error and sends it to failure queues. The text of the original may quote a person.
    """


class EventsNotPublished(BuildiumSyncError):
    """The event bus did not accept all events for the application. They are published again."""


class ConcurrentWrite(BuildiumSyncError):
    """A conditional write found another state than the one it was based on.

    `failed` holds the positions, in the transaction, of the actions whose conditions did not hold.
    """

    code = ErrorCode.BUSY

    def __init__(self, message: str, failed: frozenset[int] = frozenset()) -> None:
        super().__init__(message)
        self.failed = failed


def code_of(error: Exception) -> ErrorCode:
    """Return the code of any error. One that the package does not raise itself is AWS's or internal."""
    if isinstance(error, BuildiumSyncError):
        return error.code
    return ErrorCode.AWS if scope_of(error) is Scope.SYSTEM else ErrorCode.INTERNAL


def scope_of(error: Exception) -> Scope:
    """Return the scope of any error."""
    return error.scope if isinstance(error, BuildiumSyncError) else _aws_scope(error)


def _aws_scope(error: Exception) -> Scope:
    """Classify an error of an AWS service. DynamoDB rejects one item, for its size above all, as invalid."""
    if isinstance(error, AwsClientError):
        return Scope.ENTITY if error.response["Error"]["Code"] == "ValidationException" else Scope.SYSTEM
    return Scope.SYSTEM if isinstance(error, BotoCoreError) else Scope.ENTITY
