"""The entries of a timeline, as they are stored and as the API shows them."""

from typing import Any, NotRequired, Required

from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12


class Author(TypedDict):
    """The author of a version: `origin` api with the id of the client's API key, or buildium with the `source`.

    `name` is that of the operator whose key it is. It is not stored with the entry.
    """

    origin: str
    apiKeyId: str | None
    name: NotRequired[str | None]
    source: str | None


class TimelineEntry(TypedDict, total=False):
    """One event in the life of an entity, at a time (ISO 8601), with the entity's version.

    kind                   event                                               also has
    updated_by_client      a client wrote a version                            by, changes
    created_from_buildium  the entity was created from a Buildium entity       by
    updated_from_buildium  a change in Buildium was applied                    by, changes
    deleted_in_buildium    the Buildium entity was deleted                     by, changes
    picked_up              the sync picked up the version                      durationMs since it was written
    attempt_started        an attempt acquired its lease
    attempt_finished       an attempt ended, or could not be made              outcome, errorCode, error, retryAt,
                                                                               buildiumId, durationMs of the lease
    echo_received          the webhook event of an outbound write arrived      operation
    conflict               both sides had changed a field                      conflicts
    linked                 the entity was linked to a Buildium entity          buildiumId
    review_requested       an import found several matches                     errorCode, error
    retried                a client or a repair retried the sync               by
    review_resolved        a client resolved the review                        buildiumId, None for none of them; by
    review_undone          a client undid the decision of a review             buildiumId before it; by
    in_sync                Buildium has the current version                    durationMs since it was requested

    `outcome` is the status after the attempt: `synced` even if a newer version waits, `lease_expired` if the worker
    died. `changes` is the same as in the change history; neither has values of secret fields.
    """

    kind: Required[str]
    at: Required[str]
    version: Required[int]
    by: Author
    changes: dict[str, Any]
    durationMs: int | None
    outcome: str
    errorCode: str | None
    error: str | None
    retryAt: str | None
    buildiumId: int | None
    operation: str
    conflicts: list[dict[str, Any]]
