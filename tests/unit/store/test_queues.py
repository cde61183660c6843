import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.queues import SyncMessage, SyncQueue
from tests.aws import REGION

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def sqs() -> "Iterator[SQSClient]":
    with mock_aws():
        yield boto3.client("sqs", region_name=REGION)


@pytest.fixture
def urls(sqs: "SQSClient") -> dict[str, str]:
    return {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("retry", "dead")}


@pytest.fixture
def queue(sqs: "SQSClient", urls: dict[str, str]) -> SyncQueue:
    return SyncQueue(sqs, urls["retry"], urls["dead"])


def message(entity_id: str = "7", **changes: Any) -> SyncMessage:
    return SyncMessage(EntityRef("property", entity_id), 2, "request-1", **changes)


def received(sqs: "SQSClient", url: str) -> list[str]:
    bodies: list[str] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [each["Body"] for each in found]
    return bodies


def test_a_message_is_received_as_sent(queue: SyncQueue, sqs: "SQSClient", urls: dict[str, str]) -> None:
    queue.send(message())

    assert [SyncMessage.from_json(body) for body in received(sqs, urls["retry"])] == [message()]


def test_a_delayed_message_is_not_received_early(queue: SyncQueue, sqs: "SQSClient", urls: dict[str, str]) -> None:
    queue.send(message(), delay=900)

    assert received(sqs, urls["retry"]) == []
    attributes = sqs.get_queue_attributes(QueueUrl=urls["retry"], AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_dead_letter_is_marked_as_a_redrive(queue: SyncQueue) -> None:
    queue.send_to_dlq(message(), "rejected-422")

    [letter] = queue.receive_dead_letters(10)
    assert letter.message == message(redrive=True)


def test_a_dead_letter_contains_its_reason(queue: SyncQueue, sqs: "SQSClient", urls: dict[str, str]) -> None:
    queue.send_to_dlq(message(), "rejected-422")

    [body] = received(sqs, urls["dead"])
    assert json.loads(body)["reason"] == "rejected-422"


def test_every_message_of_several_batches_is_sent(queue: SyncQueue, sqs: "SQSClient", urls: dict[str, str]) -> None:
    messages = [message(f"{place}") for place in range(23)]
    queue.send_all(messages)

    assert sorted(received(sqs, urls["retry"])) == sorted(each.to_json() for each in messages)


def test_dead_letters_are_read_completely_while_being_deleted(queue: SyncQueue) -> None:
    for place in range(15):
        queue.send_to_dlq(message(f"{place}"), "rejected-422")

    letters = list(queue.receive_dead_letters(100))
    for letter in letters:
        queue.delete(letter)

    assert len({letter.message.ref for letter in letters if letter.message}) == 15


def test_the_number_of_received_dead_letters_is_limited(queue: SyncQueue) -> None:
    for place in range(15):
        queue.send_to_dlq(message(f"{place}"), "rejected-422")

    assert len(list(queue.receive_dead_letters(10))) == 10


GOOD = json.loads(message().to_json())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"text"',
        "[" * 100_000,
        json.dumps({name: GOOD[name] for name in GOOD if name != "version"}),
        json.dumps({**GOOD, "version": None}),
        json.dumps({**GOOD, "version": "two"}),
        json.dumps({**GOOD, "version": float("inf")}),
        json.dumps({"requestContext": {}, "DDBStreamBatchInfo": {"shardId": "shardId-1"}}),
    ],
)
def test_an_unreadable_message_is_parsed_as_none(text: str) -> None:
    assert SyncMessage.from_json(text) is None
