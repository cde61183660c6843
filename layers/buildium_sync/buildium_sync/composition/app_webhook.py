"""The parts of the app_webhook function."""

import os
from functools import cached_property

from buildium_sync.composition.cached_secret import cached_webhook_secrets
from buildium_sync.composition.clients import WORKERS
from buildium_sync.composition.runtime import Composition, runtime

from buildium_sync.api.caller_check import CallerCheck
from buildium_sync.app_webhook.app_receiver import AppReceiver
from buildium_sync.app_webhook.delivery_batch import DeliveryBatch
from buildium_sync.app_webhook.http_post import HttpPost
from buildium_sync.app_webhook.receiver_check import ReceiverCheck
from buildium_sync.app_webhook.receiver_health import ReceiverHealth
from buildium_sync.credentials import WebhookSecrets
from buildium_sync.settings import AppWebhookSettings
from buildium_sync.store.app_webhook_deliveries import DeliveryStore
from buildium_sync.store.app_webhook_state import ReceiverStateStore
from buildium_sync.store.operator_items import OperatorStore
from buildium_sync.store.queues import AppWebhookQueue
from buildium_sync.store.secrets import CachedSecret

LOOPBACK_VARIABLE = "APP_WEBHOOK_ALLOW_LOOPBACK"
"""Only the local cloud sets it, and the template cannot: it allows HTTP to loopback addresses."""


class AppWebhookComposition(Composition):
    """What delivers change events to the application."""

    settings_type = AppWebhookSettings
    settings: AppWebhookSettings

    @property
    def is_on(self) -> bool:
        """Return whether a URL is set."""
        return bool(self.settings.url)

    def has_secret(self) -> bool:
        """Return whether a secret is set."""
        return bool(self._secret.current().app)

    @cached_property
    def queue(self) -> AppWebhookQueue:
        """Return the queue of events."""
        return AppWebhookQueue(runtime.clients.sqs, self.settings.queue_url, self.settings.dead_letter_queue_url)

    @cached_property
    def callers(self) -> CallerCheck:
        """Return what checks the roles of API keys."""
        store = OperatorStore(runtime.clients.dynamodb, self.settings.control_table)
        can_operate = self.settings.application_key_can_operate
        return CallerCheck(store, runtime.clock, application_can_operate=can_operate)

    @property
    def delivery_batch(self) -> DeliveryBatch:
        """Return what delivers a batch."""
        deliveries = DeliveryStore(runtime.clients.dynamodb, self.settings.timeline_table, runtime.clock)
        return DeliveryBatch(self._receiver, deliveries, self.health, self.queue, runtime.clock, workers=WORKERS)

    @property
    def receiver_check(self) -> ReceiverCheck:
        """Return what sends a test event."""
        return ReceiverCheck(self._receiver, self.health, runtime.clock)

    @cached_property
    def _receiver(self) -> AppReceiver:
        return AppReceiver(
            self.settings.url,
            lambda: self._secret.current().app,
            HttpPost(),
            runtime.clock,
            allow_loopback=os.environ.get(LOOPBACK_VARIABLE) == "true",
        )

    @cached_property
    def health(self) -> ReceiverHealth:
        """Return the state of the receiver."""
        return ReceiverHealth(ReceiverStateStore(runtime.clients.dynamodb, self.settings.control_table), runtime.clock)

    @cached_property
    def _secret(self) -> CachedSecret[WebhookSecrets]:
        return cached_webhook_secrets(self.settings)
