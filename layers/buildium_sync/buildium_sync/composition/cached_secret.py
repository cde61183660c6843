"""The credentials of the functions that have the secret: webhook, app_webhook, and those that call Buildium."""

from buildium_sync.composition.runtime import runtime

from buildium_sync.settings import AppWebhookSettings, CallSettings, WebhookSettings
from buildium_sync.store.secrets import CachedSecret


def cached_secret(settings: AppWebhookSettings | CallSettings | WebhookSettings) -> CachedSecret:
    """Return the secret of a function. The client is created at the first read."""
    return CachedSecret(
        lambda: runtime.clients.secrets_manager, settings.secret_id, max_age_seconds=settings.secret_cache_seconds
    )
