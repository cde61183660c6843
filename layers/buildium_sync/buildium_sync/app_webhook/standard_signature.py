"""Signs a delivery according to Standard Webhooks."""

from datetime import UTC, datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError


class InvalidSecret(Exception):
    """The secret is missing or is not base64."""


def signed_headers(secret: str, event_id: str, body: str, now: float) -> dict[str, str]:
    """Return the headers webhook-id, webhook-timestamp and webhook-signature; `now` is in seconds since the epoch.

    Raises InvalidSecret.
    """
    try:
        signer = Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise InvalidSecret from None
    timestamp = int(now)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signer.sign(event_id, datetime.fromtimestamp(timestamp, UTC), body),
    }
