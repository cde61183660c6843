from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from buildium_sync.store.alarm_topics import AlarmTopics


class Sns:
    """Fake of SNS. `errors` are raised by topic."""

    def __init__(self, **errors: Exception) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self._errors = errors

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> Any:  # noqa: N803 -- boto3's names
        if TopicArn in self._errors:
            raise self._errors[TopicArn]
        self.sent.append((TopicArn, Subject, Message))


def failure(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Publish")


def test_a_text_is_sent_to_every_configured_topic() -> None:
    sns = Sns()

    assert AlarmTopics(sns, ["a", "", "b"]).publish("subject", "text") == 2
    assert sns.sent == [("a", "subject", "text"), ("b", "subject", "text")]


@pytest.mark.parametrize(
    "error", [failure("NotFound"), failure("AuthorizationError"), EndpointConnectionError(endpoint_url="https://sns")]
)
def test_a_failing_topic_does_not_stop_the_others(error: Exception) -> None:
    sns = Sns(a=error)

    assert AlarmTopics(sns, ["a", "b"]).publish("subject", "text") == 1
    assert [arn for arn, _, _ in sns.sent] == ["b"]
