"""Describes failed calls for operators: request and response, redacted and shortened."""

import json
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from buildium_sync.buildium.error_body import decoded, shortened
from buildium_sync.buildium.masking import MASK, masked
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.errors import BuildiumError, BuildiumNotFound
from buildium_sync.observability import redacted

_MAX_BODY_LENGTH = 4000
"""Characters of a stored body or query."""
_subject: ContextVar[EntityRef | None] = ContextVar("subject", default=None)


@dataclass(slots=True)
class Call:
    """One call: its request, and the body of its response once it is read."""

    method: str
    path: str
    query: Mapping[str, Any] | None
    payload: Mapping[str, Any] | None
    body: bytes = b""


@contextmanager
def calls_for(ref: EntityRef) -> Generator[None, None, None]:
    """Record the failed calls of this thread in the block as calls for an entity."""
    token = _subject.set(ref)
    try:
        yield
    finally:
        _subject.reset(token)


def subject_of_calls() -> EntityRef | None:
    """Return the entity that the calls of this thread are for, None for other work."""
    return _subject.get()


def is_expected(call: Call, error: BuildiumError) -> bool:
    """Return whether a failure is a finding: a read of one entity that Buildium does not have."""
    return call.method == "GET" and isinstance(error, BuildiumNotFound) and call.path.rpartition("/")[2].isdigit()


def failed_call(call: Call, error: BuildiumError, secrets: Collection[str], seconds: float) -> FailedCall:
    """Return the description of a call that failed after some seconds.

    Values of `secrets` are redacted wherever they occur.
    """
    return FailedCall(
        _subject.get(),
        call.method,
        call.path,
        _json(call.query, secrets) if call.query else None,
        None if call.payload is None else _json(call.payload, secrets),
        error.status,
        _response_text(call.body, secrets),
        error.request_id,
        round(1000 * seconds),
        error.code.value,
        masked(str(error), secrets),
    )


def _response_text(body: bytes, secrets: Collection[str]) -> str | None:
    if not body:
        return None
    text = decoded(body, None).strip()
    try:
        return _json(json.loads(text), secrets)
    except (ValueError, RecursionError):
        # The names of values in broken JSON cannot be recognized, so none of it is shown.
        is_broken = text.startswith(("{", "["))
        return "[invalid JSON]" if is_broken else shortened(masked(text, secrets), _MAX_BODY_LENGTH)


def _json(value: Any, secrets: Collection[str]) -> str:
    text = json.dumps(_without_secrets(redacted(value), secrets), ensure_ascii=False, separators=(",", ":"))
    return shortened(text, _MAX_BODY_LENGTH)


def _without_secrets(value: Any, secrets: Collection[str]) -> Any:
    """Return a JSON value whose strings and numbers contain no secret value."""
    if isinstance(value, Mapping):
        return {masked(str(name), secrets): _without_secrets(part, secrets) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(part, secrets) for part in value]
    if isinstance(value, str):
        return masked(value, secrets)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return MASK if is_number and masked(str(value), secrets) != str(value) else value
