"""The secrets of the functions: Buildium's API key, or the keys that sign webhooks. No function needs both to sync."""

from buildium_sync.composition.runtime import runtime

from buildium_sync.credentials import Credentials, WebhookSecrets
from buildium_sync.settings import AppWebhookSettings, CallSettings, WebhookSettings
from buildium_sync.store.secrets import CachedSecret


def cached_credentials(settings: CallSettings) -> CachedSecret[Credentials]:
    """Return Buildium's API key. The client is created at the first read."""
    return CachedSecret(
        lambda: runtime.clients.secrets_manager,
        settings.secret_id,
        Credentials.from_mapping,
        max_age_seconds=settings.secret_cache_seconds,
    )


def cached_webhook_secrets(settings: AppWebhookSettings | WebhookSettings) -> CachedSecret[WebhookSecrets]:
    """Return the keys that sign webhooks. The client is created at the first read."""
    return CachedSecret(
        lambda: runtime.clients.secrets_manager,
        settings.secret_id,
        WebhookSecrets.from_mapping,
        max_age_seconds=settings.secret_cache_seconds,
    )
