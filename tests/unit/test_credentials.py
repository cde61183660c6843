import json

import pytest

from buildium_sync.credentials import Credentials, WebhookSecrets
from buildium_sync.observability import redacted


def test_credentials_are_parsed_from_the_secret() -> None:
    values = {"BUILDIUM_CLIENT_ID": "id", "BUILDIUM_API_KEY": "key"}

    assert Credentials.from_mapping(values) == Credentials("id", "key")


def test_the_app_webhooks_secret_is_parsed_from_the_secret() -> None:
    assert WebhookSecrets.from_mapping({"APP_WEBHOOK_SECRET": "app"}) == WebhookSecrets((), "app")


NOW, BEFORE = "now" * 6, "before" * 3


@pytest.mark.parametrize(("previous", "secrets"), [("", (NOW,)), (None, (NOW,)), (BEFORE, (NOW, BEFORE))])
def test_two_webhook_secrets_are_valid_during_a_rotation(previous: str | None, secrets: tuple[str, ...]) -> None:
    values = {"BUILDIUM_WEBHOOK_SECRET": NOW, "BUILDIUM_WEBHOOK_SECRET_PREVIOUS": previous}

    assert WebhookSecrets.from_mapping(values).buildium == secrets


@pytest.mark.parametrize(("length", "count"), [(15, 0), (16, 1)])
def test_a_webhook_secret_has_at_least_16_characters(length: int, count: int) -> None:
    values = {"BUILDIUM_WEBHOOK_SECRET": " " + "x" * length + " "}
    assert len(WebhookSecrets.from_mapping(values).buildium) == count


def test_whitespace_around_a_secret_is_removed() -> None:
    values = {"BUILDIUM_CLIENT_ID": 12, "BUILDIUM_API_KEY": " key\n", "BUILDIUM_WEBHOOK_SECRET": "\n"}

    assert Credentials.from_mapping(values) == Credentials("12", "key")
    assert WebhookSecrets.from_mapping(values) == WebhookSecrets(())


def test_the_repr_of_secrets_hides_their_values() -> None:
    assert "key" not in f"{Credentials('id', 'key')!r}{WebhookSecrets(('key',), 'key')!r}"


@pytest.mark.parametrize("secrets", [Credentials("id", "hidden"), WebhookSecrets(("hidden",), "hidden")])
def test_a_log_line_hides_the_values_of_secrets(secrets: Credentials | WebhookSecrets) -> None:
    assert "hidden" not in json.dumps(redacted({"parts": secrets}), default=str)
