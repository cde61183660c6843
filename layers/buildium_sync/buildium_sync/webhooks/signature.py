"""Proof that a webhook request comes from Buildium.

Buildium: `buildium-webhook-signature` is base64(HMAC-SHA256(secret, "{timestamp}.{body}")) and
`buildium-webhook-timestamp` the UNIX time of sending. What is signed is the compact form of the body, which
may differ from the bytes received.
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

from buildium_sync.errors import WebhookRejected
from buildium_sync.webhooks.payload import MAX_BODY_BYTES

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

    Any of `secrets` may have signed it. Raises WebhookRejected, whose text is a reason code for the log.
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
    """Look at the bytes as they came, and at the compact form only when these were not what was signed."""
    # The text is compared as bytes: compare_digest raises on text that is not ASCII. It is not decoded first,
    # since several base64 texts decode to the same digest.
    given = signature.encode("utf-8", "replace")
    sent = timestamp.encode("utf-8", "replace") + b"."
    if _matches_any_secret(given, sent + body, secrets):
        return True
    compact = _compact(body)
    return compact is not None and compact != body and _matches_any_secret(given, sent + compact, secrets)


def _matches_any_secret(given: bytes, signed: bytes, secrets: Sequence[str]) -> bool:
    for secret in secrets:
        mac = _hmac_template(secret).copy()
        mac.update(signed)
        if hmac.compare_digest(base64.b64encode(mac.digest()), given):
            return True
    return False


@lru_cache(maxsize=2)
def _hmac_template(secret: str) -> hmac.HMAC:
    """Return the digest of nothing yet; it costs as much to make one as to sign a short text."""
    return hmac.new(secret.encode(), digestmod="sha256")


def _compact(body: bytes) -> bytes | None:
    """Return the compact form of a JSON body; None where there is none, and where an unsigned body is long to read."""
    if len(body) > MAX_BODY_BYTES:
        return None
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
        raise WebhookRejected(reason)
