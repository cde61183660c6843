"""The whole system in one process: real flows and stores, moto's DynamoDB, a simulated Buildium, a virtual clock.

Queues and the stream are lists, which a test processes in AWS's order.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from buildium_sync.composition import sync as sync_parts
from buildium_sync.composition.api import ApiComposition
from buildium_sync.composition.event_processor import EventProcessorComposition
from buildium_sync.composition.sync import SyncComposition

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.list_filter import ListFilter
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import BuildiumSyncError
from buildium_sync.store.queues import SyncMessage
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.webhooks.event_parser import Event, parse_events
from tests.aws import ACTIVITY
from tests.clocks import VirtualClock
from tests.harness.event_bus import RecordingBus
from tests.harness.runtime import FakeClients, SecretsManager, install, share_parts
from tests.harness.sqs import QUEUES, InMemorySqs, InMemorySyncQueue
from tests.simulator import Exchange, Simulator
from tools.rebuild_lookups import LookupRebuilder

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROPERTY = {
    "name": "Sunset Apartments",
    "addressLine1": "123 Main St",
    "city": "Los Angeles",
    "state": "CA",
    "postalCode": "90001",
    "country": "US",
    "rentalSubType": "MultiFamily",
}
OWNER = {
    "isCompany": False,
    "firstName": "Jane",
    "lastName": "Doe",
    "primaryEmail": "jane@example.com",
    "primaryPhone": "5551234567",
    "primaryAddressLine1": "9 Oak Ave",
    "primaryCity": "Los Angeles",
    "primaryState": "CA",
    "primaryPostalCode": "90002",
    "primaryCountry": "US",
}
TENANT = {
    "firstName": "Jane",
    "lastName": "Doe",
    "email": "jane@example.com",
    "primaryAddressLine1": "9 Oak Ave",
    "primaryCity": "Los Angeles",
    "primaryState": "CA",
    "primaryPostalCode": "90002",
    "primaryCountry": "US",
}
SETTLING = 60.0
TIMEOUT_SECONDS = 3
"""Real seconds."""
RETRIES = 3


class System:
    """The local side in one process: `create`, `work`, and what tests inspect."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        dynamodb: "DynamoDBClient",
        buildium: Simulator,
        clock: VirtualClock,
        **settings: str,
    ) -> None:
        self.buildium = buildium
        self.clock = clock
        self.dynamodb = dynamodb
        self.sqs = InMemorySqs(clock)
        self.bus = RecordingBus()
        self.queue = InMemorySyncQueue(clock, self.sqs)
        self._install(patch, settings)
        self.sync = SyncComposition.current()
        self.sync.session.trust_env = False
        events = EventProcessorComposition.current()
        share_parts(self.sync, events)
        client = self.sync.client(_time_left, Priority.INTERACTIVE)
        for composition in (self.sync, events):
            patch.setattr(composition, "client", lambda *_: client)
        self.store = self.sync.entities
        self.jobs = self.sync.jobs
        self.highest_ids = self.sync.highest_ids
        self.outbound = self.sync.outbound_sync(_time_left, Priority.INTERACTIVE)
        self.writer = self.outbound._writer
        self.auto_created = self.outbound._auto_created
        self.inbound = events.event_processor(_time_left)._inbound
        self.api = ApiComposition.current()
        vars(self.api)["_entity_store"] = self.store
        self.records = self.api.entities
        self.retry = self.api.sync_retrier(lambda: 10.0)

    def _install(self, patch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
        buildium = self.buildium
        secret = SecretsManager({"BUILDIUM_CLIENT_ID": buildium.client_id, "BUILDIUM_API_KEY": buildium.api_key})
        install(
            patch,
            {
                **QUEUES,
                "BUILDIUM_BASE_URL": buildium.base_url,
                "BUILDIUM_TIMEOUT": f"{TIMEOUT_SECONDS * 1000}",
                "BUILDIUM_SETTLING_SECONDS": f"{SETTLING - TIMEOUT_SECONDS}",
                **settings,
            },
            clients=FakeClients(self.dynamodb, self.sqs, secret, eventbridge=self.bus),
            clock=self.clock,
            sleep=self._sleep,
        )
        patch.setattr(sync_parts, "RetryPolicy", partial(RetryPolicy, jitter=lambda _low, high: high))

    def _sleep(self, seconds: float) -> None:
        """Sleep by the clock, whose method a test may replace."""
        self.clock.sleep(seconds)

    def create(self, entity_type: str, body: dict[str, Any]) -> StoredEntity:
        """Store an entity as a client does, with its stream record."""
        kept = self.records.create(by_name(entity_type), body, Author("correlation"))
        self.queue.send(SyncMessage.of(kept.sync))
        return kept

    def listed(self, entity_type: str, name: str, value: str) -> list[StoredEntity]:
        """Return the entities that match a filter, with the lookups of all entities of the type up to date."""
        self.rebuild_lookups(entity_type)
        page = self.api.filtered_lists.page(by_name(entity_type), ListFilter(name, value), limit=100, cursor=None)
        return page[0]

    def rebuild_lookups(self, entity_type: str) -> None:
        """Bring the lookups of all entities of a type up to date."""
        rebuilder = LookupRebuilder(self.store, TimelineStore(self.dynamodb, ACTIVITY))
        rebuilder.rebuild_page(by_name(entity_type), None)

    def update(self, kept: StoredEntity, body: dict[str, Any]) -> StoredEntity:
        """Change an entity as a client does, with its stream record."""
        changed = self.records.update(kept.entity_type, kept.entity.ref.entity_id, body, Author("correlation"))
        if changed.entity.version != kept.entity.version:
            self.queue.send(SyncMessage.of(changed.sync))
        return changed

    def work(self, most: int = 100) -> None:
        """Process every message, including delayed ones."""
        for _ in range(most):
            message = self.queue.take()
            if message is None:
                return
            self.outbound.sync(message)
        raise AssertionError("the queue does not get empty")

    def work_once(self) -> Status | None:
        """Process the next message."""
        message = self.queue.take()
        assert message is not None, "there is no message"
        return self.outbound.sync(message)

    def event(self, name: str, id_field: str, buildium_id: int | None, at: float | None = None) -> Event:
        """Return a Buildium event as the webhook function stores it; `at` is the time of the change."""
        moment = datetime.fromtimestamp(self.clock() if at is None else at, UTC)
        payload = {
            "EventName": name,
            "EventDateTime": f"{moment:%Y-%m-%dT%H:%M:%S.%f}7Z",
            "AccountId": 1,
            id_field: buildium_id,
        }
        now = self.clock()
        [event] = parse_events(payload, sent=now, received_at=format_iso(now), correlation_id="event")
        return event

    def sync_of(self, kept: StoredEntity | EntityRef) -> SyncRecord:
        """Return an entity's sync record."""
        record = self.store.sync_record(kept.entity.ref if isinstance(kept, StoredEntity) else kept)
        assert record is not None
        return record

    def fields_of(self, kept: StoredEntity) -> dict[str, Any]:
        """Return an entity's current fields."""
        return self.records.read(kept.entity_type, kept.entity.ref.entity_id).entity.fields

    def calls(self, method: str, path: str = "/v1/") -> int:
        """Return the number of requests that Buildium received."""
        return sum(1 for x in self.buildium.requests() if x.method == method and x.path.startswith(path))

    def during(self, path: str, act: Callable[[], object], method: str = "") -> list[object]:
        """Run an action while Buildium handles the next request to a path, of one method or any.

        Returns a list that then holds its result or its exception.
        """
        outcome: list[object] = []

        def observer(exchange: Exchange) -> None:
            if exchange.path.startswith(path) and method in ("", exchange.method) and not outcome:
                outcome.append(None)
                try:
                    outcome[0] = act()
                except BuildiumSyncError as error:
                    outcome[0] = error

        self.buildium.observer = observer
        return outcome


def _time_left() -> float:
    return 100.0
