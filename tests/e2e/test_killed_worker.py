"""A killed function loses no acknowledged create."""

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import Api
from tests.e2e.buildium import owners_named
from tests.e2e.killed_batch import OWNERS, KilledBatch
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

pytestmark = [pytest.mark.e2e, pytest.mark.concludes(1)]

LEASE_AND_SWEEP_SECONDS = 240.0
"""A lease lasts for the function's timeout of 100 s and 5 s more; then a sweep queues the entity."""


def test_a_function_killed_in_a_batch_loses_and_duplicates_nothing(
    api: Api,
    simulator: RemoteSimulator,
    killed_batch: KilledBatch,
    lambda_client: "LambdaClient",
    resources: dict[str, str],
) -> None:
    def statuses() -> Counter[str]:
        # The sweep is invoked here, so that the test does not wait for the schedule too.
        swept = lambda_client.invoke(FunctionName=resources["ReconcileFunction"])
        assert "syncs" in json.loads(swept["Payload"].read())
        return Counter(api.sync_status("owner", owner_id)["syncStatus"] for owner_id in killed_batch.ids)

    eventually(statuses, lambda seen: seen["synced"] == OWNERS, LEASE_AND_SWEEP_SECONDS)
    owners = owners_named(simulator, killed_batch.last_name)
    buildium_ids = {api.sync_status("owner", owner_id)["buildiumId"] for owner_id in killed_batch.ids}
    assert sorted(owner["FirstName"] for owner in owners) == [f"Ada {number}" for number in range(OWNERS)]
    assert {owner["Id"] for owner in owners} == buildium_ids
