"""A secret in Secrets Manager, read and cached by Powertools Parameters."""

import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from aws_lambda_powertools.utilities.parameters import GetParameterError, SecretsProvider

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

T = TypeVar("T")


class CachedSecret(Generic[T]):
    """The values of the secret `secret_id`, cached for `max_age_seconds` and read once for all threads.

    `parse` builds the result from the secret's keys. `client` returns the client, which is created at the first read.
    Each method raises botocore's errors, and TransformParameterError for a secret that is not JSON.
    """

    def __init__(
        self,
        client: "Callable[[], SecretsManagerClient]",
        secret_id: str,
        parse: Callable[[Mapping[str, object]], T],
        *,
        max_age_seconds: int,
    ) -> None:
        self._client = client
        self._parse = parse
        self._secret_id = secret_id
        self._max_age_seconds = max_age_seconds
        self._lock = threading.Lock()

    def current(self) -> T:
        """Return the cached values. Expired values are read again."""
        return self._read(force_fetch=False)

    def reload(self) -> T:
        """Read the values again, and cache them."""
        return self._read(force_fetch=True)

    @cached_property
    def _provider(self) -> SecretsProvider:
        return SecretsProvider(boto3_client=self._client())

    def _read(self, *, force_fetch: bool) -> T:
        with self._lock:
            try:
                values = self._provider.get(
                    self._secret_id, max_age=self._max_age_seconds, transform="json", force_fetch=force_fetch
                )
            except GetParameterError as error:
                # Callers classify botocore's error, which Powertools wraps without a cause.
                raise error.__context__ or error from None
        return self._parse(cast("dict[str, Any]", values))
