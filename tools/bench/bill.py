"""A month's bill, from what the bench counted: `python -m tools.bench.bill`. Prices are stated here, in US dollars.

They are those of us-east-1, on demand, without the free tier, as of November 2026; look them up before you rely
on them.
"""

from dataclasses import dataclass

from tools.local_cloud.template import load_template

MILLION = 1_000_000
READ_UNIT = 0.125 / MILLION
WRITE_UNIT = 0.625 / MILLION
STORED_GB = 0.25 + 0.20
"""With point-in-time recovery."""
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
API_REQUEST = 3.50 / MILLION
BUS_EVENT = 1.00 / MILLION
QUEUE_REQUEST = 0.40 / MILLION
LOG_GB = 0.50
TRACE = 5.00 / MILLION
"""Taken for every invocation, which is the most: X-Ray takes one a second and a part of the rest."""
SECRET = 0.40
ALARM = 0.10
METRIC = 0.30

MEMORY_GB = 0.5
METRICS = 12
ALARMS = sum(resource["Type"] == "AWS::CloudWatch::Alarm" for resource in load_template()["Resources"].values())
MINUTES = 30 * 24 * 60
LOG_BYTES = 1_000
"""A line of JSON."""


@dataclass(frozen=True)
class Change:
    """One kind of change: units and calls as `docs/benchmarks.md` has them, and the functions that work on it.

    Units are rounded up, to leave something for larger entities. `seconds` are billed ones over all functions; a client
    that waits is billed for the wait.
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
        """Return what one costs."""
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


CREATE = Change(writes=34, reads=20, invocations=3, seconds=1.5, lines=6, api=1)
UPDATE = Change(writes=20, reads=21, invocations=3, seconds=1.7, lines=7, api=1)
WEBHOOK = Change(writes=18, reads=4, invocations=4, seconds=0.6, lines=5, api=1, events=1, queued=1)
ECHO = Change(writes=9, reads=3, invocations=2, seconds=0.3, lines=3, api=1, events=1, queued=1)
READ = Change(writes=0, reads=2, invocations=1, seconds=0.05, lines=0, api=1)
SCHEDULE = Change(writes=7, reads=24, invocations=1, seconds=0.6, lines=2)
ENTITY_KB = 6
"""Kilobytes of an entity with its sync record, link, indexes and a year's history."""


@dataclass(frozen=True)
class Month:
    """What happens in a month."""

    entities: int
    created: float = 0.02
    updated: float = 0.3
    edited_there: float = 0.3
    read: float = 5.0
    """Parts of the entities, or times for each of them."""

    def parts(self) -> dict[str, float]:
        """Return what each part costs."""
        n = self.entities
        return {
            "fixed: secret, alarms, metrics": SECRET + ALARMS * ALARM + METRICS * METRIC,
            "schedule, every minute": MINUTES * SCHEDULE.dollars,
            "creates, with their echoes": n * self.created * (CREATE.dollars + ECHO.dollars),
            "updates, with their echoes": n * self.updated * (UPDATE.dollars + ECHO.dollars),
            "edits in Buildium": n * self.edited_there * WEBHOOK.dollars,
            "reads": n * self.read * READ.dollars,
            "storage": n * ENTITY_KB / 1e6 * STORED_GB,
        }

    @property
    def calls(self) -> float:
        """Return Buildium calls a second, on the average."""
        made = self.entities * (self.created + 2 * self.updated + self.edited_there) + MINUTES * 9 / 5
        return made / (MINUTES * 60)


def main() -> None:
    """Print the table of `docs/costs.md`."""
    months = [Month(100), Month(10_000), Month(1_000_000)]
    print("| | " + " | ".join(f"{month.entities:,} entities" for month in months) + " |")
    print("| --- |" + " --- |" * len(months))
    for part in months[0].parts():
        print(f"| {part} | " + " | ".join(f"${month.parts()[part]:,.2f}" for month in months) + " |")
    print("| **a month** | " + " | ".join(f"**${sum(month.parts().values()):,.2f}**" for month in months) + " |")
    print("| Buildium calls a second, average | " + " | ".join(f"{month.calls:.2f}" for month in months) + " |")


if __name__ == "__main__":
    main()
