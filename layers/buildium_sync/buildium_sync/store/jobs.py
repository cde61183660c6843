"""Jobs and polls in the control table: their states, leases and chunks.

    pk               what
    job#poll-owner   the poll of a type: `state`, and its lease `leaseOwner`, `leaseUntil`
    job#import       the import: the same. It expires two weeks after its end
    job-chunk#…      one chunk of a job's data; it expires
    webhooks         `rewindTo` (ISO 8601): the polls are to list all changes since then again; `rewoundAt` (epoch
                     seconds): when they last did. The rest is described in `webhook_rejections`

A state is written only under the job's lease, so two runs cannot mix their states.
"""

import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from buildium_sync.domain.control_keys import WEBHOOKS_PK, job_pk
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TTL_SECONDS = 14 * 86_400


class Job(NamedTuple):
    """A job whose lease the caller holds. `state` is None if the job never ran."""

    name: str
    owner: str
    state: dict[str, Any] | None


class JobStore:
    """The jobs in one control table. Times are in epoch seconds."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def states(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the states of those jobs that have one."""
        items = self._batch(job_pk(name) for name in names)
        return {item["pk"].removeprefix(job_pk("")): item["state"] for item in items if "state" in item}

    def acquire(self, name: str, *, now: float, until: float) -> Job | None:
        """Acquire a job's lease until `until`; None while another run has it."""
        owner = uuid.uuid4().hex
        values = {":owner": owner, ":until": until, ":now": now}
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": job_pk(name)}),
                UpdateExpression="SET leaseOwner = :owner, leaseUntil = :until",
                ConditionExpression="attribute_not_exists(leaseUntil) OR leaseUntil < :now",
                ExpressionAttributeValues=to_attributes(values),
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return Job(name, owner, from_attributes(response["Attributes"]).get("state"))

    def save(self, job: Job, state: Mapping[str, Any]) -> None:
        """Store a job's state and keep its lease. Raises ConcurrentWrite when the lease was lost."""
        self._write(job, "SET #state = :state", state)

    def release(self, job: Job, state: Mapping[str, Any]) -> None:
        """Store a job's state and release its lease. Raises ConcurrentWrite when the lease was lost."""
        self._write(job, "SET #state = :state REMOVE leaseOwner, leaseUntil", state)

    def finish(self, job: Job, state: Mapping[str, Any], now: float) -> None:
        """Release a job that ends at `now`. Its state, which may quote entities, expires. Raises as `release`."""
        expires = int(now) + _TTL_SECONDS
        update = "SET #state = :state, expiresAt = :expires REMOVE leaseOwner, leaseUntil"
        self._write(job, update, state, {":expires": expires})

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """Store the first state of a job, and return True. Returns False while the job is `running`."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": job_pk(name)}),
                UpdateExpression="SET #state = :state REMOVE expiresAt",
                ConditionExpression="attribute_not_exists(#state) OR #state.#status <> :running",
                ExpressionAttributeNames={"#state": "state", "#status": "status"},
                ExpressionAttributeValues=to_attributes({":state": state, ":running": "running"}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def put_chunk(self, name: str, number: int, value: list[Any], now: float) -> None:
        """Store a chunk of a job's data at `now`. The same number again replaces it."""
        item = {"pk": _chunk_pk(name, number), "value": value, "expiresAt": int(now) + _TTL_SECONDS}
        self._client.put_item(TableName=self._table, Item=to_attributes(item))

    def chunks(self, name: str, numbers: Iterable[int]) -> list[Any]:
        """Return the data of these chunks, in their order."""
        keys = [_chunk_pk(name, number) for number in numbers]
        items = {item["pk"]: item["value"] for item in self._batch(keys)}
        return [value for key in keys for value in items.get(key, ())]

    def request_rewind(self, since: str) -> None:
        """Request that the polls list all changes since a time (ISO 8601) again."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": WEBHOOKS_PK}),
                UpdateExpression="SET rewindTo = :since",
                ConditionExpression="attribute_not_exists(rewindTo) OR rewindTo > :since",
                ExpressionAttributeValues=to_attributes({":since": since}),
            )

    def requested_rewind(self, finished_before: float) -> str | None:
        """Return the time (ISO 8601) that was given to `request_rewind`, None without a request.

        A request waits while the last rewind was not finished before `finished_before`.
        """
        item = next(iter(self._batch([WEBHOOKS_PK])), {})
        return item.get("rewindTo") if item.get("rewoundAt", 0.0) < finished_before else None

    def finish_rewind(self, since: str, now: float) -> None:
        """Remove a request at `now`, unless another one has replaced it."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": WEBHOOKS_PK}),
                UpdateExpression="SET rewoundAt = :now REMOVE rewindTo",
                ConditionExpression="rewindTo = :since",
                ExpressionAttributeValues=to_attributes({":since": since, ":now": now}),
            )

    def _write(
        self, job: Job, update: str, state: Mapping[str, Any], values: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": job_pk(job.name)}),
                UpdateExpression=update,
                ConditionExpression="leaseOwner = :owner",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=to_attributes({":state": state, ":owner": job.owner, **values}),
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ConcurrentWrite(f"Lease of the job {job.name} lost") from error

    def _batch(self, pks: Iterable[str]) -> list[Item]:
        return batch_get(self._client, self._table, ((pk,) for pk in pks))


def _chunk_pk(name: str, number: int) -> str:
    return f"job-chunk#{name}#{number}"
