"""The SNS topics that alarms notify. Operators receive texts from them by e-mail or other subscriptions."""

from collections.abc import Iterable
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.observability import logger

_NO_TOPIC_CODES = frozenset({"NotFound", "NotFoundException"})
"""The topic of the e-mail address exists only with an address."""


class SnsClient(Protocol):
    """The part of boto3's SNS client that is used."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> Any:  # noqa: N803 -- boto3's names
        """Send a text to the subscribers of a topic."""


class AlarmTopics:
    """The topics, by ARN. Empty ARNs are ignored."""

    def __init__(self, client: SnsClient, arns: Iterable[str]) -> None:
        self._client = client
        self._arns = [arn for arn in arns if arn]

    def publish(self, subject: str, text: str) -> int:
        """Send a text to every topic that exists, and return their number.

        A failure is logged: no sync depends on it. SNS: a subject has at most 100 ASCII characters.
        """
        return sum(self._has_published(arn, subject, text) for arn in self._arns)

    def _has_published(self, arn: str, subject: str, text: str) -> bool:
        try:
            self._client.publish(TopicArn=arn, Subject=subject, Message=text)
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            if code not in _NO_TOPIC_CODES:
                logger.warning("Alarm topic could not be notified", extra={"topic": arn, "error": code})
            return False
        return True
