"""The credentials that Secrets Manager keeps, read once for all threads and kept for a while."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from buildium_sync.clock import Clock
from buildium_sync.settings import Credentials

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretCache:
    """The secret called `secret_id`, kept for `seconds`; `client` gives what reads it.

    Each method raises botocore's errors and those of `Credentials.from_json`.
    """

    def __init__(
        self, client: "Callable[[], SecretsManagerClient]", secret_id: str, *, seconds: float, clock: Clock
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[Credentials, float] | None = None

    def current(self) -> Credentials:
        """Return the credentials that are kept; those of now once they are too old."""
        with self._lock:
            if self._kept is not None and self._clock() < self._kept[1]:
                return self._kept[0]
            return self._read()

    def fresh(self) -> Credentials:
        """Return the credentials as they are now, and keep them."""
        with self._lock:
            return self._read()

    def _read(self) -> Credentials:
        text = self._client().get_secret_value(SecretId=self._secret_id)["SecretString"]
        credentials = Credentials.from_json(text)
        self._kept = (credentials, self._clock() + self._seconds)
        return credentials
