"""Proof that a webhook request comes from Buildium.

Buildium: `buildium-webhook-signature` is base64(HMAC-SHA256(secret, "{timestamp}.{body}")) and
`buildium-webhook-timestamp` the UNIX time of sending. What is signed is the compact form of the body, which
may differ from the bytes received.
"""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence

from buildium_sync.errors import RequestRefused

SIGNATURE_HEADER = "buildium-webhook-signature"
TIMESTAMP_HEADER = "buildium-webhook-timestamp"
_FUTURE_SECONDS = 300
"""How far Buildium's clock may be ahead of ours."""
_MILLISECONDS_FROM = 100_000_000_000
"""A timestamp from here on is in milliseconds; as seconds it would lie in the year 5138."""
_LONGEST_TIMESTAMP = 16


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now: float, tolerance_seconds: float
) -> float:
    """Return the time of sending (seconds since the epoch) of a request that Buildium signed.

    Any of `secrets` may have signed it. Raises RequestRefused, whose text is a reason code for the log.
    """
    given = {name.lower(): value for name, value in headers.items()}
    signature = (given.get(SIGNATURE_HEADER) or "").strip()
    timestamp = (given.get(TIMESTAMP_HEADER) or "").strip()
    usable = [secret for secret in secrets if secret]
    _require(signature, "signature_missing")
    _require(timestamp, "timestamp_missing")
    _require(usable, "secret_missing")
    _require(_is_signed(signature, timestamp, body, usable), "signature_mismatch")
    sent = _seconds(timestamp)
    _require(now - sent <= tolerance_seconds, "timestamp_too_old")
    _require(sent - now <= _FUTURE_SECONDS, "timestamp_in_future")
    return sent


def _is_signed(signature: str, timestamp: str, body: bytes, secrets: Sequence[str]) -> bool:
    # The text is compared as bytes: compare_digest raises on text that is not ASCII. It is not decoded first,
    # since several base64 texts decode to the same digest.
    given = signature.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(_digest(timestamp, form, secret), given) for form in _forms(body) for secret in secrets
    )


def _forms(body: bytes) -> Iterator[bytes]:
    """Yield the bytes as they came, and the compact form only when these were not what was signed."""
    yield body
    compact = _compact(body)
    if compact is not None and compact != body:
        yield compact


def _digest(timestamp: str, body: bytes, secret: str) -> bytes:
    signed = timestamp.encode("utf-8", "replace") + b"." + body
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256"))


def _compact(body: bytes) -> bytes | None:
    try:
        document = json.loads(body.decode())
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None


def _seconds(timestamp: str) -> float:
    digits = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP
    _require(digits, "timestamp_invalid")
    value = int(timestamp)
    return value / 1000 if value >= _MILLISECONDS_FROM else float(value)


def _require(condition: object, reason: str) -> None:
    if not condition:
        raise RequestRefused(reason)
