"""The monthly bill, from the units and calls that the bench counts. `make docs` writes its tables to docs/costs.md.

Prices are in US dollars: the list prices of us-east-1, on demand, without the free tier, in November 2026.
"""

from dataclasses import dataclass

from buildium_sync.entity_types.registry import LISTED_TYPES
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
DASHBOARD = 3.00

MEMORY_GB = 0.5
METRICS = 19
IDLE_METRICS = 10
"""Metrics that have values without clients."""
ALARMS: int = sum(resource["Type"] == "AWS::CloudWatch::Alarm" for resource in load_template()["Resources"].values())
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


CREATE = Change(writes=48, reads=21, invocations=3, seconds=1.5, lines=6, api=1, events=3)
UPDATE = Change(writes=31, reads=22, invocations=3, seconds=1.7, lines=7, api=1, events=2)
WEBHOOK = Change(writes=29, reads=5, invocations=4, seconds=0.6, lines=5, api=1, events=3, queued=1)
ECHO = Change(writes=9, reads=3, invocations=2, seconds=0.3, lines=3, api=1, events=1, queued=1)
READ = Change(writes=0, reads=2, invocations=1, seconds=0.05, lines=0, api=1)
SCHEDULE = Change(writes=7, reads=24, invocations=1, seconds=0.6, lines=2)
ENTITY_KB = 6
"""An entity with its sync record, link, indexes and the change history of a year."""


@dataclass(frozen=True)
class IdleItem:
    """One item of the bill of a stack without entities and clients. `price` is in dollars per unit of `quantity`."""

    name: str
    quantity: float
    price: float

    @property
    def dollars(self) -> float:
        """The monthly cost."""
        return self.quantity * self.price


_IDLE_QUEUES = 3
_QUEUE_READERS = 5
_QUEUE_WAIT_SECONDS = 20
_QUEUE_POLLS = _IDLE_QUEUES * _QUEUE_READERS * MINUTES * 60 / _QUEUE_WAIT_SECONDS
_IDLE_READS = 40
"""The maximum of read units per run of the schedule."""
_POLLED_TYPES = len(LISTED_TYPES)
_WRITES_PER_POLL = 3
_POLL_MINUTES = 5
_RUN_SECONDS = 0.5
_RUN_LOG_BYTES = 2_000
IDLE = (
    IdleItem("alarms", ALARMS, ALARM),
    IdleItem("dashboard", 1, DASHBOARD),
    IdleItem("metrics that always have values", IDLE_METRICS, METRIC),
    IdleItem("secret", 1, SECRET),
    IdleItem("10,000 reads of the secret, one per 5 minutes", MINUTES / _POLL_MINUTES / 1e4, SECRET_READ * 1e4),
    IdleItem(
        "million SQS requests: 3 idle queues, 5 readers each, 20 s per poll",
        _QUEUE_POLLS / MILLION,
        QUEUE_REQUEST * MILLION,
    ),
    IdleItem("million invocations, one per minute", MINUTES / MILLION, LAMBDA_REQUEST * MILLION),
    IdleItem(
        "thousand GB-seconds on arm64, 0.5 s of 512 MB per run, assumed",
        MINUTES * _RUN_SECONDS * MEMORY_GB / 1e3,
        LAMBDA_GB_SECOND * 1e3,
    ),
    IdleItem("million DynamoDB read units, at most 40 per run", MINUTES * _IDLE_READS / MILLION, READ_UNIT * MILLION),
    IdleItem(
        f"million DynamoDB write units, 3 per poll of each of {_POLLED_TYPES} types",
        MINUTES / _POLL_MINUTES * _POLLED_TYPES * _WRITES_PER_POLL / MILLION,
        WRITE_UNIT * MILLION,
    ),
    IdleItem("million traces, one per minute", MINUTES / MILLION, TRACE * MILLION),
    IdleItem("GB of logs, 2 KB per run", MINUTES * _RUN_LOG_BYTES / 1e9, LOG_GB),
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

    @property
    def fixed(self) -> float:
        """The cost of a month without any change."""
        queues = _QUEUE_POLLS * QUEUE_REQUEST
        return SECRET + ALARMS * ALARM + METRICS * METRIC + DASHBOARD + queues

    @property
    def schedule(self) -> float:
        """The cost of the schedule's runs."""
        return MINUTES * SCHEDULE.dollars

    def parts(self) -> dict[str, float]:
        """Return the cost of each part, in dollars."""
        n = self.entities
        return {
            "fixed: alarms, metrics, dashboard, secret, queue polls": self.fixed,
            "schedule, every minute": self.schedule,
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
