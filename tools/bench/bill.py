"""The monthly bill, from the units and calls that the bench counts. `make docs` writes its tables to docs/costs.md.

Prices are in US dollars: the list prices of us-east-1, on demand, without the free tier, in November 2026.
"""

from dataclasses import dataclass

from buildium_sync.entity_types.registry import listed_types
from tools.local_cloud.template import load_template

MILLION = 1_000_000
READ_UNIT = 0.125 / MILLION
WRITE_UNIT = 0.625 / MILLION
STORED_GB = 0.25 + 0.20
"""Includes point-in-time recovery."""
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
API_REQUEST = 3.50 / MILLION
BUS_EVENT = 1.00 / MILLION
QUEUE_REQUEST = 0.40 / MILLION
LOG_GB = 0.50
TRACE = 5.00 / MILLION
"""For every invocation, which is the maximum: X-Ray samples one per second and a part of the others."""
SECRET = 0.40
SECRET_READ = 0.05 / 10_000
ALARM = 0.10
METRIC = 0.30
KMS_REQUEST = 0.03 / 10_000
DASHBOARD = 3.00

MEMORY_GB = 0.5
METRICS = 19
IDLE_METRICS = 10
"""Metrics that have values without clients."""
_RESOURCES = load_template()["Resources"].values()
ALARMS: int = sum(resource["Type"] == "AWS::CloudWatch::Alarm" for resource in _RESOURCES)
SECRETS: int = sum(resource["Type"] == "AWS::SecretsManager::Secret" for resource in _RESOURCES)
TABLES: int = sum(resource["Type"] == "AWS::DynamoDB::Table" for resource in _RESOURCES)
POLLED_QUEUES = [
    event
    for resource in _RESOURCES
    if "Condition" not in resource
    for event in resource.get("Properties", {}).get("Events", {}).values()
    if event["Type"] == "SQS" and event["Properties"].get("Enabled", True) is True
]
"""The queues that Lambda polls without an app webhook."""
MINUTES = 30 * 24 * 60
LOG_BYTES = 1_000
"""One line of JSON."""


@dataclass(frozen=True)
class Change:
    """The units and calls of one kind of change, according to `docs/benchmarks.md`.

    Units are rounded up for larger entities. `seconds` are the billed seconds of all functions. The wait of a waiting
    client is billed too.
    """

    writes: float
    reads: float
    invocations: int
    seconds: float
    lines: int
    api: int = 0
    events: int = 0
    queued: int = 0

    @property
    def dollars(self) -> float:
        """The cost of one change."""
        return (
            self.writes * WRITE_UNIT
            + self.reads * READ_UNIT
            + self.invocations * (LAMBDA_REQUEST + TRACE)
            + self.seconds * MEMORY_GB * LAMBDA_GB_SECOND
            + self.lines * LOG_BYTES / 1e9 * LOG_GB
            + self.api * API_REQUEST
            + self.events * BUS_EVENT
            + self.queued * 3 * QUEUE_REQUEST
        )


CREATE = Change(writes=56, reads=21, invocations=3, seconds=1.5, lines=6, api=1, events=3)
UPDATE = Change(writes=37, reads=22, invocations=3, seconds=1.7, lines=7, api=1, events=2)
WEBHOOK = Change(writes=37, reads=5, invocations=4, seconds=0.6, lines=5, api=1, events=3, queued=1)
ECHO = Change(writes=9, reads=3, invocations=2, seconds=0.3, lines=3, api=1, events=1, queued=1)
READ = Change(writes=0, reads=2, invocations=1, seconds=0.05, lines=0, api=1)
SCHEDULE = Change(writes=7, reads=24, invocations=1, seconds=0.6, lines=2)
ENTITY_KB = 6
"""An entity with its sync record, link, indexes and the change history of a year."""


@dataclass(frozen=True)
class FixedItem:
    """One item of the bill that a stack without entities and clients has too, and why the product has it."""

    name: str
    quantity: float
    price: float
    reason: str

    @property
    def dollars(self) -> float:
        """The monthly cost."""
        return self.quantity * self.price


_QUEUE_READERS = 5
_QUEUE_WAIT_SECONDS = 20
_QUEUE_POLLS = len(POLLED_QUEUES) * _QUEUE_READERS * MINUTES * 60 / _QUEUE_WAIT_SECONDS
_CACHE_MINUTES = 5
"""Functions cache the secret, and DynamoDB caches the key of a table, for five minutes."""
_POLLED_TYPES = len(listed_types())
_POLL_MINUTES = 5
FIXED = (
    FixedItem(f"{ALARMS} alarms", ALARMS, ALARM, "each state that needs a person has one"),
    FixedItem("dashboard", 1, DASHBOARD, "the first three of an AWS account are free"),
    FixedItem(f"{IDLE_METRICS} metrics", IDLE_METRICS, METRIC, "alarms on lasting states need values without traffic"),
    FixedItem(f"{SECRETS} secrets", SECRETS, SECRET, "the webhook cannot read the API key"),
    FixedItem("reads of secrets", MINUTES / _CACHE_MINUTES, SECRET_READ, "a rotated secret is used within 5 minutes"),
    FixedItem(
        f"KMS requests for {TABLES} tables and the secrets",
        MINUTES / _CACHE_MINUTES * (TABLES + 1),
        KMS_REQUEST,
        "encryption at rest with AWS's own keys",
    ),
    FixedItem(
        f"polls of {len(POLLED_QUEUES)} empty queues",
        _QUEUE_POLLS,
        QUEUE_REQUEST,
        "retries and events start in seconds",
    ),
    FixedItem("runs of the schedule", MINUTES, SCHEDULE.dollars, "lost messages are found within a minute"),
)


@dataclass(frozen=True)
class Month:
    """The changes of a month: fractions of the entities that are created, updated by clients and edited in Buildium.

    `read` is the number of reads per entity.
    """

    entities: int
    created: float = 0.02
    updated: float = 0.3
    edited_in_buildium: float = 0.3
    read: float = 5.0

    def parts(self) -> dict[str, float]:
        """Return the cost of each part that depends on the entities, in dollars."""
        n = self.entities
        return {
            "further metrics": (METRICS - IDLE_METRICS) * METRIC if n else 0.0,
            "creates, with their echoes": n * self.created * (CREATE.dollars + ECHO.dollars),
            "updates, with their echoes": n * self.updated * (UPDATE.dollars + ECHO.dollars),
            "edits in Buildium": n * self.edited_in_buildium * WEBHOOK.dollars,
            "reads": n * self.read * READ.dollars,
            "storage": n * ENTITY_KB / 1e6 * STORED_GB,
        }

    @property
    def calls(self) -> float:
        """The average Buildium calls per second."""
        per_entity = self.created + 2 * self.updated + self.edited_in_buildium
        polls = MINUTES / _POLL_MINUTES * _POLLED_TYPES
        return (self.entities * per_entity + polls) / (MINUTES * 60)
