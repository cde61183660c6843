"""The whole system in one process: real flows and stores, moto's DynamoDB, a simulated Buildium, a virtual clock.

Queues and the stream are lists, which a test processes in AWS's order.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from buildium_sync.api.entity_service import EntityService, StoredEntity
from buildium_sync.buildium.call_counter import CallCounter
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.buildium.transport import new_session
from buildium_sync.clock import format_iso
from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.entity import ChangeSource, EntityRef
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.entity_types.registry import ENTITY_TYPES, by_name
from buildium_sync.errors import BuildiumSyncError
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.outbound.account_defaults import AccountDefaults, AccountDefaultsCache
from buildium_sync.outbound.adoption import Adoption
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.outbound.buildium_writer import BuildiumWriter
from buildium_sync.outbound.outbound_sync import OutboundSync
from buildium_sync.outbound.retry import SyncRetrier
from buildium_sync.reconcile.imports.state import types_being_imported
from buildium_sync.settings import Credentials, SyncSettings
from buildium_sync.store.cached_defaults import AccountDefaultStore
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.highest_ids import HighestIds
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import DeadLetter, SyncMessage
from buildium_sync.webhooks.event_parser import Event, parse_events
from tests.aws import CONTROL, ENTITIES
from tests.clocks import VirtualClock
from tests.environment import environment
from tests.simulator import Exchange, Simulator

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
SETTLING = 60.0
RETRIES = 3


@dataclass
class QueueInMemory:
    """The retry queue and its dead letters, with delays by the virtual clock."""

    clock: VirtualClock
    waiting: list[tuple[float, SyncMessage]] = field(default_factory=list)
    dead_lettered: list[SyncMessage] = field(default_factory=list)

    def send(self, message: SyncMessage, delay: int = 0) -> None:
        assert 0 <= delay <= 900
        self.waiting.append((self.clock() + delay, message))

    def send_all(self, messages: Iterable[SyncMessage]) -> None:
        for message in messages:
            self.send(message)

    def send_to_dlq(self, message: SyncMessage, reason: str) -> None:
        text = message.to_json(redrive=True, reason=reason)
        letter = SyncMessage.from_json(text)
        assert letter is not None
        self.dead_lettered.append(letter)

    def receive_dead_letters(self, most: int, *, wait: int = 1, hidden: int = 10) -> Iterator[DeadLetter]:
        for letter in list(self.dead_lettered)[:most]:
            yield DeadLetter(letter, letter.to_json(redrive=True))

    def delete(self, letter: DeadLetter) -> None:
        self.dead_lettered = [other for other in self.dead_lettered if other.to_json(redrive=True) != letter.receipt]

    def take(self) -> SyncMessage | None:
        """Return the next message, after advancing the clock to its due time; None if there is none."""
        if not self.waiting:
            return None
        self.waiting.sort(key=lambda entry: entry[0])
        due, message = self.waiting.pop(0)
        self.clock.now = max(self.clock.now, due)
        return message


class System:
    """The local side in one process: `create`, `work`, and what tests inspect."""

    def __init__(self, dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, **settings: Any) -> None:
        self.buildium = buildium
        self.clock = clock
        self.store = EntityStore(dynamodb, ENTITIES)
        self.queue = QueueInMemory(clock)
        self.records = EntityService(self.store, clock, clock.sleep)
        self.retry = SyncRetrier(self.store, self.queue, clock, lambda: 10.0)  # type: ignore[arg-type]
        self.settings = SyncSettings(environment(BUILDIUM_BASE_URL=buildium.base_url, **settings))
        self.dynamodb = dynamodb
        self.highest_ids = HighestIds(dynamodb, CONTROL)
        self.writer = self._writer()
        self.auto_created = AutoCreated(self.store, self.writer._client, visibility_delay=SETTLING, clock=clock)
        self.jobs = JobStore(dynamodb, CONTROL)
        self.outbound = self._outbound()
        self.inbound = self._inbound(ChangeSource.WEBHOOK)

    def _inbound(self, via: ChangeSource) -> InboundSync:
        return InboundSync(
            self.store,
            self.writer._client,
            self._conflict_policy(),
            self.clock,
            via,
            auto_created=self.auto_created,
            highest_ids=self.highest_ids,
            importing=lambda: types_being_imported(self.jobs),
        )

    def _writer(self) -> BuildiumWriter:
        session = new_session(1, CallCounter())
        session.trust_env = False
        client = BuildiumClient(
            session,
            base_url=self.settings.base_url,
            credentials=lambda: Credentials(self.buildium.client_id, self.buildium.api_key, ()),
            reload_credentials=lambda: Credentials(self.buildium.client_id, self.buildium.api_key, ()),
            rate_limit=RateLimiter(self.dynamodb, CONTROL, rate=9.97, clock=self.clock, sleep=self.clock.sleep),
            circuits=CircuitBreakers(self.dynamodb, CONTROL, clock=self.clock, probe=60.0),
            timeout=3.0,
            time_left=lambda: 100.0,
        )
        account = AccountDefaults(
            client, self.settings, AccountDefaultsCache(AccountDefaultStore(self.dynamodb, CONTROL), self.clock)
        )
        return BuildiumWriter(client, self.store, account, self._conflict_policy(), self.clock)

    def _conflict_policy(self) -> ConflictPolicy:
        return ConflictPolicy.from_text(self.settings.conflict_policy, [each.name for each in ENTITY_TYPES])

    def _outbound(self) -> OutboundSync:
        policy = RetryPolicy(RETRIES, 1.0, jitter=lambda _low, high: high)
        return OutboundSync(
            self.store,
            self.writer,
            Adoption(self.writer._client, self.store, self.highest_ids, self.clock),
            self.auto_created,
            self.queue,  # type: ignore[arg-type]
            AttemptRecorder(self.store, self.queue, policy, visibility_delay=SETTLING, clock=self.clock),  # type: ignore[arg-type]
            self.jobs,
            followers=lambda *changed: self._inbound(ChangeSource.SYNC).refresh_followers(*changed),
            visibility_delay=SETTLING,
            enabled=self.settings.sync_enabled,
            clock=self.clock,
            time_left=lambda: 100.0,
        )

    def create(self, entity_type: str, body: dict[str, Any]) -> StoredEntity:
        """Store an entity as a client does, with its stream record."""
        kept = self.records.create(by_name(entity_type), body, "correlation")
        self.queue.send(SyncMessage.of(kept.sync))
        return kept

    def update(self, kept: StoredEntity, body: dict[str, Any]) -> StoredEntity:
        """Change an entity as a client does, with its stream record."""
        changed = self.records.update(kept.entity_type, kept.entity.ref.entity_id, body, "correlation")
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
