"""The values of the two secrets: Buildium's API key, and the keys that sign webhooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_MIN_SECRET_LENGTH = 16
"""Characters of a webhook secret. The template has the same limit."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Buildium's API key."""

    client_id: str
    api_key: str

    def __repr__(self) -> str:
        """Return a text without the secrets, for a log line or a traceback that catches one."""
        return "Credentials(…)"

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "Credentials":
        """Build them from the secret's keys, which are also the environment's names."""
        return cls(_stripped(values, "BUILDIUM_CLIENT_ID"), _stripped(values, "BUILDIUM_API_KEY"))


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """The secrets of Buildium's webhooks that are valid now (two during a rotation), and the app webhook's secret.

    The last one is empty if the app webhook is off.
    """

    buildium: tuple[str, ...]
    app: str = ""

    def __repr__(self) -> str:
        """Return a text without the secrets, for a log line or a traceback that catches one."""
        return "WebhookSecrets(…)"

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "WebhookSecrets":
        """Build them from the secret's keys, which are also the environment's names.

        A shorter key of Buildium counts as missing: a person may have written it to the secret without a deployment.
        """
        buildium = (_stripped(values, "BUILDIUM_WEBHOOK_SECRET"), _stripped(values, "BUILDIUM_WEBHOOK_SECRET_PREVIOUS"))
        valid = tuple(secret for secret in buildium if len(secret) >= _MIN_SECRET_LENGTH)
        return cls(valid, _stripped(values, "APP_WEBHOOK_SECRET"))


CredentialsSource = Callable[[], Credentials]
WebhookSecretsSource = Callable[[], WebhookSecrets]


def _stripped(values: Mapping[str, object], name: str) -> str:
    """Return a value without white space around it: it comes from pasting, and a header must not contain a line end."""
    value = values.get(name)
    return "" if value is None else str(value).strip()
