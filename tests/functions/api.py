"""The api function, invoked as by API Gateway, on moto's tables and queues."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.runtime import runtime

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.queues import SyncMessage, SyncQueue
from buildium_sync.webhooks.event_parser import parse_events
from functions.api.app import lambda_handler
from tests.aws import ENTITIES, EVENTS
from tests.flows.system import OWNER, PROPERTY
from tests.harness.events import Context, api_request
from tests.harness.runtime import install
from tests.openapi.assertions import assert_documented

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVENT_FILES = Path(__file__).parents[2] / "events"
PROPERTY_ID = "3f0b1a52-6d0c-4f57-9a41-5f8a7f1f0c11"
EVENT_ID = "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab"
MESSAGE = "Buildium refused it: PostalCode is not one."
CREATED = "2026-11-22T14:00:00.000Z"
FIELDS: dict[str, dict[str, Any]] = {"property": PROPERTY, "owner": OWNER}


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    text: str

    @classmethod
    def of(cls, response: dict[str, Any]) -> "Response":
        assert response["isBase64Encoded"] is False
        headers = {name: values[0] for name, values in response["multiValueHeaders"].items()}
        return cls(response["statusCode"], headers, response["body"])

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def fields(self) -> list[str]:
        """The fields that a problem names."""
        return [error["field"] for error in self.body["errors"]]


@dataclass
class Api:
    """The function and the services that it uses."""

    dynamodb: "DynamoDBClient"
    context: Context = field(default_factory=lambda: Context("invocation", "api", lambda: 29.0))
    made: dict[str, StoredEntity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sqs = runtime.clients.sqs
        names = ("retry", "dead-letters", "process", "reconcile")
        self.retry_url, self.dead_letter_url, self.process_url, self.reconcile_url = (
            self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in names
        )
        self.given_up_urls = {
            name: self.sqs.create_queue(QueueName=name.removesuffix("_URL").lower())["QueueUrl"]
            for name in (
                "EVENT_DEAD_LETTER_QUEUE_URL",
                "JOB_DEAD_LETTER_QUEUE_URL",
                "SCHEDULE_FAILURE_QUEUE_URL",
                "TIMELINE_DEAD_LETTER_QUEUE_URL",
                "APP_WEBHOOK_DEAD_LETTER_QUEUE_URL",
            )
        }
        self.app_webhook_url = self.sqs.create_queue(QueueName="app-webhook")["QueueUrl"]
        self.store = EntityStore(self.dynamodb, ENTITIES)
        self.events = EventStore(self.dynamodb, EVENTS)
        self.dead_letters = SyncQueue(self.sqs, self.retry_url, self.dead_letter_url)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SYNC_RETRY_QUEUE_URL": self.retry_url,
            "SYNC_DEAD_LETTER_QUEUE_URL": self.dead_letter_url,
            **self.given_up_urls,
            "EVENT_QUEUE_URL": self.process_url,
            "JOB_QUEUE_URL": self.reconcile_url,
            "APP_WEBHOOK_QUEUE_URL": self.app_webhook_url,
            "SYNC_WAIT_SECONDS": "0",
        }

    def send(self, event: dict[str, Any]) -> Response:
        """Handle one event of API Gateway; the response must match the OpenAPI document."""
        response = Response.of(lambda_handler(event, self.context))
        kind = response.headers["Content-Type"]
        assert_documented(event["httpMethod"], event["path"], response.status, kind, json.loads(response.text))
        return response

    def file(self, case: str) -> Response:
        """Send an event of the folder `events`."""
        return self.send(json.loads((EVENT_FILES / f"api-{case}.json").read_text()))

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> Response:
        """Send a request. A body that is not a string is sent as JSON; `query` and `headers` are mappings."""
        return self.send(api_request(method, path, body, **more))

    def get(self, path: str, **query: str) -> Response:
        return self.request("GET", path, query=query or None)

    def keep(
        self, entity_type: str = "property", entity_id: str = PROPERTY_ID, status: Status = Status.SYNCED, **sync: Any
    ) -> EntityRef:
        """Store an entity with this sync record."""
        ref = EntityRef(entity_type, entity_id)
        fields = by_name(entity_type).validate(FIELDS[entity_type])
        entity = Entity(ref, 1, fields, Origin.API, CREATED, CREATED, "earlier")
        if status is Status.FAILED:
            sync = {"error_message": MESSAGE, **sync}
        record = SyncRecord(ref, 1, status, CREATED, CREATED, "earlier", requested_at=CREATED)
        changes = self.store.writes
        self.store.write(changes.put_entity(entity), changes.put_sync(replace(record, **sync)))
        return ref

    def conclude(self, ref: EntityRef, status: Status, **sync: Any) -> None:
        """Store the outcome of a sync, as the sync function does."""
        record = self.sync_of(ref)
        concluded = replace(record, revision=record.revision + 1, status=status, due=None, **sync)
        self.store.write(self.store.writes.put_sync(concluded))

    def sync_of(self, ref: EntityRef) -> SyncRecord:
        record = self.store.sync_record(ref)
        assert record is not None
        return record

    def only(self, entity_type: str = "property") -> EntityRef:
        """The only entity of a type."""
        [entity], _ = self.store.page(entity_type, limit=10, cursor=None)
        return entity.ref

    def keep_event(self, event_id: str = EVENT_ID, **more: Any) -> None:
        flat = {"EventName": "Rental.Updated", "EventDateTime": CREATED, "PropertyId": 23}
        [event] = parse_events(flat, sent=0.0, received_at=CREATED, correlation_id="earlier")
        self.events.store([{**event, "eventId": event_id, "payload": {"PropertyId": 23}, **more}])

    def queued(self, url: str) -> list[dict[str, Any]]:
        """Receive the messages of a queue."""
        messages: list[dict[str, Any]] = []
        while found := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            messages += [json.loads(message["Body"]) for message in found]
        return messages

    def send_to_dlq(self, ref: EntityRef) -> None:
        """Put an entity's message into the dead-letter queue."""
        self.dead_letters.send_to_dlq(SyncMessage(ref, 1, "earlier"), "BuildiumRejected")

    def dead_lettered(self) -> int:
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.dead_letter_url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(map(int, attributes.values()))


@contextmanager
def deployed(dynamodb: "DynamoDBClient", patch: pytest.MonkeyPatch, **environment: str) -> Iterator[Api]:
    """The function with its own tables and queues, as in a new process."""
    api = Api(dynamodb)
    install(patch, {**api.environment, **environment})
    yield api
