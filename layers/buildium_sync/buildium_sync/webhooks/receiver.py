"""Receives Buildium's webhooks: verify, parse, store, publish, respond.

Buildium sends a request again after 1 minute, 10 minutes and 1 hour unless it gets a 2xx response within 10 s. After 20
consecutive failures it suspends the subscription.

So the response is 200 as soon as an event is stored. That includes known events, unknown ones, and events that could
not be published. A signed body without an event is stored as an ignored event with the reason.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from buildium_sync.clock import Clock, format_iso
from buildium_sync.credentials import WebhookSecretsSource
from buildium_sync.errors import MalformedRequest, UnsignedWebhook, WebhookRejected
from buildium_sync.observability import increment, logger
from buildium_sync.problem import problem_details
from buildium_sync.store.events import EventStore
from buildium_sync.webhooks.account_check import AccountCheck
from buildium_sync.webhooks.event_parser import Event, parse_events, unparsed_event
from buildium_sync.webhooks.payload import parse
from buildium_sync.webhooks.publisher import EventPublisher
from buildium_sync.webhooks.rejection_monitor import RejectionCounter
from buildium_sync.webhooks.signature import verify


class WebhookResponse(NamedTuple):
    """An HTTP status and a JSON body. From status 400 on, the body is problem+json (RFC 9457)."""

    status: int
    body: dict[str, Any]


class WebhookReceiver:
    """Processes webhook requests."""

    def __init__(
        self,
        events: EventStore,
        publisher: EventPublisher,
        secrets: WebhookSecretsSource,
        account: AccountCheck,
        rejections: RejectionCounter,
        *,
        tolerance_seconds: float,
        clock: Clock = time.time,
    ) -> None:
        self._events = events
        self._publisher = publisher
        self._secrets = secrets
        self._account = account
        self._rejections = rejections
        self._tolerance_seconds = tolerance_seconds
        self._clock = clock

    def receive(self, headers: Mapping[str, str], body: bytes, correlation_id: str) -> WebhookResponse:
        """Process one request.

        The response is 200 `{"received", "new"}` once its events are stored, 401 without a valid signature, and 503 if
        the events could not be stored. An unsigned request is not counted as a rejection of Buildium's.
        """
        try:
            response = self._handle(headers, body, correlation_id)
        except UnsignedWebhook as rejection:
            return _rejected(str(rejection))
        if response.status < 400:
            self._rejections.record_acceptance()
        else:
            self._rejections.record_rejection()
        return response

    def _handle(self, headers: Mapping[str, str], body: bytes, correlation_id: str) -> WebhookResponse:
        try:
            return self._store(headers, body, correlation_id)
        except UnsignedWebhook:
            raise
        except WebhookRejected as rejection:
            return _rejected(str(rejection))
        except Exception:  # noqa: BLE001 - the comment below explains it
            # After any error the events may not be stored, so Buildium must send them again.
            logger.exception("Webhook could not be stored")
            increment("WebhookStoreFailed")
            return _problem(503, "Service Unavailable", "The events could not be stored. Send them again.")

    def _store(self, headers: Mapping[str, str], body: bytes, correlation_id: str) -> WebhookResponse:
        """Store the events of a signed request. Raises WebhookRejected."""
        now = self._clock()
        sent = verify(
            headers, body, lambda: self._secrets().buildium, now=now, tolerance_seconds=self._tolerance_seconds
        )
        try:
            events = parse_events(parse(body), sent=sent, received_at=format_iso(now), correlation_id=correlation_id)
        except MalformedRequest as error:
            return self._ignore(
                unparsed_event(body, received_at=format_iso(now), correlation_id=correlation_id), error.detail
            )
        return self._store_events(events)

    def _ignore(self, event: Event, reason: str) -> WebhookResponse:
        """Store a body without an event for a person. It is not published."""
        new = self._events.store([event], ignored=reason)
        increment("WebhookReceived")
        logger.warning("Malformed webhook", extra={"reason": reason, "eventId": event["eventId"]})
        return WebhookResponse(200, {"received": 1, "new": len(new)})

    def _store_events(self, events: Sequence[Event]) -> WebhookResponse:
        """Store the events, and publish those of this account."""
        groups: dict[str | None, list[Event]] = {None: []}
        for event in events:
            groups.setdefault(self._account.reason(event), []).append(event)
        new = {reason: self._events.store(group, ignored=reason) for reason, group in groups.items()}
        own = new.pop(None)
        ignored = sum(map(len, new.values()))
        if ignored:
            logger.warning("Webhook of another Buildium account", extra={"ignored": ignored})
        return self._publish(events, own, ignored)

    def _publish(self, events: Sequence[Event], new: Sequence[Event], ignored: int) -> WebhookResponse:
        """Publish the new events. `ignored` counts the new events of other accounts."""
        published = self._publisher.publish(new)
        increment("WebhookReceived", len(events))
        names = sorted({event["eventName"] for event in events})
        outcome = {"received": len(events), "new": len(new) + ignored}
        logger.info("Webhook received", extra={**outcome, "published": len(published), "eventNames": names})
        return WebhookResponse(200, outcome)


def _rejected(reason: str) -> WebhookResponse:
    increment("WebhookRejected")
    logger.warning("Webhook rejected", extra={"reason": reason})
    # Only the log shows which check failed: the response must not help to forge a signature.
    return _problem(401, "Unauthorized", "The webhook signature is invalid.")


def _problem(status: int, title: str, detail: str) -> WebhookResponse:
    return WebhookResponse(status, problem_details(status, title, detail))
