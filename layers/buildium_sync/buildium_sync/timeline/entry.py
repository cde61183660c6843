"""What a timeline is made of, as it is kept and as the API shows it."""

from typing import Any, Required

from typing_extensions import TypedDict  # pydantic wants this one where typing's does not tell what is required


class By(TypedDict):
    """Who wrote a version: `origin` api with the id of the client's API key, or buildium with the way it came by."""

    origin: str
    apiKeyId: str | None
    via: str | None


class TimelineEntry(TypedDict, total=False):
    """One thing that happened to an entity, at a time (ISO 8601), with the entity's version.

    kind             what                                                           with
    written          a client wrote a version                                       by, changes
    taken_over       Buildium had it first                                          by
    pulled           a change of Buildium's became ours                             by, changes
    deleted          it was deleted in Buildium                                     by, changes
    seen             the sync took the version up                                   durationMs since it was written
    attempt_started  an attempt took its lease
    attempt_ended    an attempt ended, or found that none can be made               outcome, error, retryAt, buildiumId,
                                                                                    durationMs of the lease
    echo             the webhook of our own write came back                         operation
    conflict         both sides had changed a field                                 conflicts
    linked           it was matched with what Buildium has                          buildiumId
    review_wanted    an import found several that it may be                         error
    retried          somebody had a sync tried again
    decided          somebody decided which of Buildium's it is                     buildiumId, None for none of them
    converged        both sides are the same                                        durationMs since it was wanted

    `outcome` is the state that the attempt left, `synced` also when a newer version waits, or `lost` when the worker
    died. `changes` is what the history has; a value of a secret field is in neither.
    """

    kind: Required[str]
    at: Required[str]
    version: Required[int]
    by: By
    changes: dict[str, Any]
    durationMs: int | None
    outcome: str
    error: str | None
    retryAt: str | None
    buildiumId: int | None
    operation: str
    conflicts: list[dict[str, Any]]
