"""The parts of the webhook function."""

from functools import cached_property
from typing import TYPE_CHECKING

from buildium_sync.composition.cached_secret import cached_webhook_secrets
from buildium_sync.composition.runtime import Composition, runtime

from buildium_sync.credentials import WebhookSecrets
from buildium_sync.settings import WebhookSettings
from buildium_sync.store.account_ids import AccountIdStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.secrets import CachedSecret
from buildium_sync.store.webhook_rejections import RejectionStore
from buildium_sync.webhooks.account_check import AccountCheck
from buildium_sync.webhooks.publisher import EventPublisher
from buildium_sync.webhooks.receiver import WebhookReceiver
from buildium_sync.webhooks.rejection_monitor import RejectionCounter

if TYPE_CHECKING:
    from buildium_sync.composition.rejected_requests import RejectedRequests


class WebhookComposition(Composition):
    """What receives Buildium's webhooks."""

    settings_type = WebhookSettings
    settings: WebhookSettings

    @cached_property
    def webhook_receiver(self) -> WebhookReceiver:
        """Return the receiver, which keeps the number of rejections between invocations."""
        settings = self.settings
        return WebhookReceiver(
            EventStore(runtime.clients.dynamodb, settings.events_table, clock=runtime.clock),
            EventPublisher(runtime.clients.eventbridge, settings.event_bus_name),
            self._secret.current,
            AccountCheck(settings.account_id, lambda: AccountIdStore(runtime.clients.dynamodb, settings.control_table)),
            RejectionCounter(self._rejection_store, runtime.clock),
            tolerance_seconds=settings.webhook_tolerance_seconds,
            clock=runtime.clock,
        )

    def count_rejection(self) -> None:
        """Count a rejected request for the charts of the console."""
        self._rejected_requests.add_rejection()

    @cached_property
    def _rejected_requests(self) -> "RejectedRequests":
        # Most processes reject no request, and a cold start is short.
        from buildium_sync.composition.rejected_requests import RejectedRequests  # noqa: PLC0415

        return RejectedRequests(self.settings.control_table)

    @cached_property
    def _secret(self) -> CachedSecret[WebhookSecrets]:
        return cached_webhook_secrets(self.settings)

    def _rejection_store(self) -> RejectionStore:
        return RejectionStore(runtime.clients.best_effort_dynamodb, self.settings.control_table)
