"""The jobs of the schedule in the control table: how far each has got, and who is at it.

    pk               what
    job#poll-owner   the poll of a type: `state`, and its lease `leaseOwner`, `leaseUntil`
    job#import       the import: the same
    job-chunk#…      one part of what a job has put aside; it expires
    webhooks         the webhook's own notes; `gapSince` (ISO 8601): events may be missing from then on; `gapClosedAt`
                     (seconds since the epoch): when the last such gap was handed to the polls

A job's state is written under its lease only, so that two runs of the schedule cannot mix theirs.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PART_SECONDS = 14 * 86_400
_WEBHOOKS = "webhooks"


@dataclass(frozen=True, slots=True)
class Job:
    """A job whose lease we hold; `state` is as it was when the lease was taken, None for a job that never ran."""

    name: str
    owner: str
    state: dict[str, Any] | None


class JobStore:
    """The jobs in one control table. Times are in seconds since the epoch."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def states(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the states of those jobs that have one."""
        items = self._batch(_job_pk(name) for name in names)
        return {item["pk"].removeprefix(_job_pk("")): item["state"] for item in items if "state" in item}

    def acquire(self, name: str, *, now: float, until: float) -> Job | None:
        """Take a job's lease until `until`, or return None while it is another's."""
        owner = uuid.uuid4().hex
        values = {":owner": owner, ":until": until, ":now": now}
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": _job_pk(name)}),
                UpdateExpression="SET leaseOwner = :owner, leaseUntil = :until",
                ConditionExpression="attribute_not_exists(leaseUntil) OR leaseUntil < :now",
                ExpressionAttributeValues=to_attributes(values),
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return Job(name, owner, from_attributes(answer["Attributes"]).get("state"))

    def save(self, job: Job, state: Mapping[str, Any]) -> None:
        """Write a job's state and keep its lease. Raises ConcurrentWrite when the lease has passed on."""
        self._write(job, "SET #state = :state", state)

    def release(self, job: Job, state: Mapping[str, Any]) -> None:
        """Write a job's state and give its lease back. Raises ConcurrentWrite when the lease has passed on."""
        self._write(job, "SET #state = :state REMOVE leaseOwner, leaseUntil", state)

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """Give a job its first state, unless one is `running`; tell whether it was given."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": _job_pk(name)}),
                UpdateExpression="SET #state = :state",
                ConditionExpression="attribute_not_exists(#state) OR #state.#status <> :running",
                ExpressionAttributeNames={"#state": "state", "#status": "status"},
                ExpressionAttributeValues=to_attributes({":state": state, ":running": "running"}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def put_chunk(self, name: str, number: int, value: list[Any], now: float) -> None:
        """Keep a part of what a job puts aside. The same number again replaces it."""
        item = {"pk": _part_pk(name, number), "value": value, "expiresAt": int(now) + _PART_SECONDS}
        self._client.put_item(TableName=self._table, Item=to_attributes(item))

    def chunks(self, name: str, numbers: Iterable[int]) -> list[Any]:
        """Return all that a job has put aside in these parts, in their order."""
        keys = [_part_pk(name, number) for number in numbers]
        items = {item["pk"]: item["value"] for item in self._batch(keys)}
        return [value for key in keys for value in items.get(key, ())]

    def gap(self, closed_before: float) -> str | None:
        """Return since when (ISO 8601) webhook events are missing, None when none are.

        A gap waits while the last one was not closed before `closed_before`: the requests that note gaps are not
        proven to be Buildium's.
        """
        item = next(iter(self._batch([_WEBHOOKS])), {})
        return item.get("gapSince") if item.get("gapClosedAt", 0.0) < closed_before else None

    def note_gap(self, since: str) -> None:
        """Have the polls look again at everything that has changed since a time (ISO 8601)."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": _WEBHOOKS}),
                UpdateExpression="SET gapSince = :since",
                ConditionExpression="attribute_not_exists(gapSince) OR gapSince > :since",
                ExpressionAttributeValues=to_attributes({":since": since}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def close_gap(self, since: str, now: float) -> None:
        """Forget a gap at `now`, unless it is another one by then."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": _WEBHOOKS}),
                UpdateExpression="SET gapClosedAt = :now REMOVE gapSince",
                ConditionExpression="gapSince = :since",
                ExpressionAttributeValues=to_attributes({":since": since, ":now": now}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def _write(self, job: Job, update: str, state: Mapping[str, Any]) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": _job_pk(job.name)}),
                UpdateExpression=update,
                ConditionExpression="leaseOwner = :owner",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=to_attributes({":state": state, ":owner": job.owner}),
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ConcurrentWrite(f"Lease of the job {job.name} lost") from error

    def _batch(self, pks: Iterable[str]) -> list[Item]:
        return batch_get(self._client, self._table, ((pk,) for pk in pks))


def _job_pk(name: str) -> str:
    return f"job#{name}"


def _part_pk(name: str, number: int) -> str:
    return f"job-chunk#{name}#{number}"
