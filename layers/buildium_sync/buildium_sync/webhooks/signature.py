"""Verifies that a webhook request comes from Buildium.

Buildium: `buildium-webhook-signature` is base64(HMAC-SHA256(secret, "{timestamp}.{body}")), and
`buildium-webhook-timestamp` is the UNIX time of sending. The signed body is in the compact form, which may differ from
the received bytes.
"""

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from buildium_sync.errors import UnsignedWebhook, WebhookRejected
from buildium_sync.webhooks.payload import MAX_BODY_BYTES

SIGNATURE_HEADER = "buildium-webhook-signature"
TIMESTAMP_HEADER = "buildium-webhook-timestamp"
_FUTURE_TOLERANCE_SECONDS = 300
"""The tolerance for a fast clock of Buildium."""
_MILLISECONDS_FROM = 100_000_000_000
"""A timestamp from here on is in milliseconds. As seconds it would be in the year 5138."""
_MAX_TIMESTAMP_LENGTH = 16
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=")
"""The base64 of the 32 bytes of an HMAC-SHA256."""


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Callable[[], Sequence[str]],
    *,
    now: float,
    tolerance_seconds: float,
) -> float:
    """Return the time at which a signed request was sent, in seconds since the epoch.

    Any of `secrets` may have signed it. Raises WebhookRejected, whose text is a reason code for the log, and
    UnsignedWebhook for a request that Buildium did not send.

    The cheap checks come first, so that a request without a fresh timestamp costs no HMAC and no read of the secret.
    """
    received = {name.lower(): value for name, value in headers.items()}
    signature = (received.get(SIGNATURE_HEADER) or "").strip()
    timestamp = (received.get(TIMESTAMP_HEADER) or "").strip()
    _require(signature, "signature_missing", UnsignedWebhook)
    _require(timestamp, "timestamp_missing", UnsignedWebhook)
    _require(_SIGNATURE.fullmatch(signature), "signature_malformed", UnsignedWebhook)
    sent = _seconds(timestamp)
    _require(now - sent <= tolerance_seconds, "timestamp_too_old")
    _require(sent - now <= _FUTURE_TOLERANCE_SECONDS, "timestamp_in_future")
    usable = [secret for secret in secrets() if secret]
    _require(usable, "secret_missing")
    _require(_is_signed(signature, timestamp, body, usable), "signature_mismatch")
    return sent


def _is_signed(signature: str, timestamp: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Check the received bytes, and the compact form only if these were not signed."""
    # Not decoded first: several base64 strings decode to the same digest.
    received, sent = signature.encode(), timestamp.encode() + b"."
    if _matches_any_secret(received, sent + body, secrets):
        return True
    compact = _compact(body)
    return compact is not None and compact != body and _matches_any_secret(received, sent + compact, secrets)


def _matches_any_secret(received: bytes, signed: bytes, secrets: Sequence[str]) -> bool:
    for secret in secrets:
        mac = _hmac_template(secret).copy()
        mac.update(signed)
        if hmac.compare_digest(base64.b64encode(mac.digest()), received):
            return True
    return False


@lru_cache(maxsize=2)
def _hmac_template(secret: str) -> hmac.HMAC:
    """Return an HMAC without data, to copy. Creating one is as slow as signing a short text."""
    return hmac.new(secret.encode(), digestmod="sha256")


def _compact(body: bytes) -> bytes | None:
    """Return the compact form of a JSON body, None if it is not JSON or too long to parse unverified."""
    if len(body) > MAX_BODY_BYTES:
        return None
    try:
        document = json.loads(body.decode())
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None


def _seconds(timestamp: str) -> float:
    digits = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MAX_TIMESTAMP_LENGTH
    _require(digits, "timestamp_invalid", UnsignedWebhook)
    value = int(timestamp)
    return value / 1000 if value >= _MILLISECONDS_FROM else float(value)


def _require(condition: object, reason: str, error: type[WebhookRejected] = WebhookRejected) -> None:
    if not condition:
        raise error(reason)
