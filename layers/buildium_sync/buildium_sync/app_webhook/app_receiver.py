"""The receiver of the application: signs an event and sends it once."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from buildium_sync.app_webhook.http_post import Post
from buildium_sync.app_webhook.receiver_url import UnsafeReceiver, parse_receiver_url
from buildium_sync.app_webhook.standard_signature import InvalidSecret, signed_headers
from buildium_sync.clock import Clock
from buildium_sync.domain.app_webhook import Outcome
from buildium_sync.observability import increment, logger

_HEADERS = {"Content-Type": "application/json", "User-Agent": "buildium-sync"}


class AppReceiver:
    """Sends events to one URL. `secret` returns the current secret."""

    def __init__(
        self, url: str, secret: Callable[[], str], post: Post, clock: Clock, *, allow_loopback: bool = False
    ) -> None:
        self._url = url
        self._secret = secret
        self._post = post
        self._clock = clock
        self._allow_loopback = allow_loopback

    def send(self, event: Mapping[str, Any]) -> Outcome:
        """Send an event once, and return the outcome. Raises botocore's errors of the secret."""
        outcome = self._send(event)
        about = {"event": event["id"], "receiverStatus": outcome.status}
        if outcome.is_delivered:
            increment("AppWebhookDelivered")
            logger.info("App webhook delivered", extra=about)
        else:
            increment("AppWebhookFailed")
            logger.warning("App webhook not delivered", extra={**about, "reason": outcome.error})
        return outcome

    def _send(self, event: Mapping[str, Any]) -> Outcome:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        try:
            url = parse_receiver_url(self._url, allow_loopback=self._allow_loopback)
            signature = signed_headers(self._secret(), str(event["id"]), body, self._clock())
        except UnsafeReceiver as error:
            return Outcome(None, str(error))
        except InvalidSecret:
            return Outcome(None, "APP_WEBHOOK_SECRET is missing or invalid")
        return self._post(url, body.encode(), {**_HEADERS, **signature})
