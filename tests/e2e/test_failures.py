"""A failed sync has a reason and a dead letter, and succeeds after a fix."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import Api, Json, unique
from tests.e2e.buildium import rentals_named
from tests.e2e.waiting import SCHEDULE_SECONDS, eventually, status_becomes
from tests.simulator import RemoteSimulator

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

pytestmark = pytest.mark.e2e

REASON = "OperatingBankAccountId"
HIDDEN_SECONDS = 60


class DeadLetters:
    """The dead-letter queue as in the AWS console."""

    def __init__(self, client: "SQSClient", resources: dict[str, str]) -> None:
        self._client = client
        self._url, self._retry_url = resources["SyncDeadLetterQueue"], resources["SyncRetryQueue"]

    def of(self, entity_id: str) -> "list[MessageTypeDef]":
        """The dead letters of one entity. All letters are received, then they are visible again."""
        letters = list(iter(self._receive, None))
        for letter in letters:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=letter["ReceiptHandle"], VisibilityTimeout=0
            )
        return [letter for letter in letters if json.loads(letter["Body"]).get("entityId") == entity_id]

    def _receive(self) -> "MessageTypeDef | None":
        """The next letter, invisible until all are received. A visible one would be received again."""
        response = self._client.receive_message(QueueUrl=self._url, VisibilityTimeout=HIDDEN_SECONDS)
        return next(iter(response.get("Messages", [])), None)

    def move_back(self, letter: "MessageTypeDef") -> None:
        """Send a dead letter to the retry queue and delete it here."""
        self._client.send_message(QueueUrl=self._retry_url, MessageBody=letter["Body"])
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter["ReceiptHandle"])


@pytest.fixture
def dead_letters(sqs_client: "SQSClient", resources: dict[str, str]) -> DeadLetters:
    return DeadLetters(sqs_client, resources)


@pytest.fixture
def rejected(api: Api, simulator: RemoteSimulator) -> tuple[Json, Callable[[], None]]:
    """A property with an unknown bank account, and the fix."""
    missing = max(account["Id"] for account in simulator.state()["bankaccounts"]) + 1
    created = api.create_property(unique("Refused"), operatingBankAccountId=missing)

    def mend() -> None:
        # Inactive, because with two active accounts a property without one would be blocked.
        assert simulator.create("bankaccounts", {"IsActive": False})["Id"] == missing

    return created, mend


def test_a_rejected_payload_fails_with_its_reason(
    api: Api, rejected: tuple[Json, Callable[[], None]], dead_letters: DeadLetters
) -> None:
    created, mend = rejected
    sync, property_id = created["buildiumSync"], created["property"]["id"]
    status = api.sync_status("property", property_id)
    listed = {row["entityId"]: row for row in api.rows("/api/buildium/sync", "failedSyncs", limit="1")}
    of_type = api.rows("/api/buildium/sync", "failedSyncs", entityType="property")
    [letter] = eventually(lambda: dead_letters.of(property_id))
    assert (sync["success"], sync["status"], sync["buildiumId"]) == (False, "failed", None)
    assert REASON in sync["error"]
    assert (status["syncStatus"], status["errorMessage"]) == ("failed", sync["error"])
    assert listed[property_id] == status
    assert property_id in {row["entityId"] for row in of_type}
    assert json.loads(letter["Body"])["entityType"] == "property"
    mend()
    assert api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": property_id}).ok


def test_a_retry_of_all_empties_the_dead_letter_queue(
    api: Api, simulator: RemoteSimulator, rejected: tuple[Json, Callable[[], None]], dead_letters: DeadLetters
) -> None:
    created, mend = rejected
    property_id = created["property"]["id"]
    assert eventually(lambda: dead_letters.of(property_id))
    mend()
    response = api.send("POST", "/api/buildium/sync")
    assert (response.status_code, response.json()["success"], response.json()["errors"]) == (200, True, [])
    assert response.json()["retried"] >= 1
    status = status_becomes(api, "property", property_id, "synced")
    assert [found["Id"] for found in rentals_named(simulator, created["property"]["name"])] == [status["buildiumId"]]
    assert status["errorMessage"] is None
    # A sweep hides the letters that it reads. Then a later one deletes this letter.
    eventually(lambda: not dead_letters.of(property_id), seconds=SCHEDULE_SECONDS)
    assert property_id not in {row["entityId"] for row in api.rows("/api/buildium/sync", "failedSyncs")}


def test_a_redriven_dead_letter_is_attempted_again(
    api: Api, simulator: RemoteSimulator, rejected: tuple[Json, Callable[[], None]], dead_letters: DeadLetters
) -> None:
    created, mend = rejected
    property_id = created["property"]["id"]
    mend()
    [letter] = eventually(lambda: dead_letters.of(property_id))
    dead_letters.move_back(letter)
    status = status_becomes(api, "property", property_id, "synced")
    assert [found["Id"] for found in rentals_named(simulator, created["property"]["name"])] == [status["buildiumId"]]
    assert not dead_letters.of(property_id)


def test_a_retry_without_a_fix_fails_again(
    api: Api, rejected: tuple[Json, Callable[[], None]], dead_letters: DeadLetters
) -> None:
    created, mend = rejected
    property_id = created["property"]["id"]
    before = api.sync_status("property", property_id)
    which = {"entityType": "property", "entityId": property_id}
    assert api.send("POST", "/api/buildium/sync", which).json() == {"success": True, "retried": 1, "errors": []}
    again = eventually(
        lambda: api.sync_status("property", property_id),
        lambda seen: seen["syncStatus"] == "failed" and seen["updatedAt"] > before["updatedAt"],
    )
    assert again["errorMessage"] == before["errorMessage"]
    assert eventually(lambda: dead_letters.of(property_id))
    mend()
    assert api.send("POST", "/api/buildium/sync", which).json()["retried"] == 1
    status_becomes(api, "property", property_id, "synced")


def test_a_retry_of_an_unknown_entity_is_not_found(api: Api) -> None:
    response = api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": "unknown"})
    assert response.status_code == 404
