"""Each Buildium account has its own stack, and its calls wait for no other account's."""

from typing import TYPE_CHECKING

from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from tests.aws import CONTROL
from tests.clocks import VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OTHER_STACK_S = "OtherControlTable"


def test_a_backlog_in_one_account_delays_no_other_account(dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
    dynamodb.create_table(
        TableName=OTHER_STACK_S,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    busy, idle = (
        RateLimiter(dynamodb, table, rate=10, clock=clock, sleep=lambda _seconds: None)
        for table in (CONTROL, OTHER_STACK_S)
    )
    began = clock()
    backlog = [busy.acquire(60).at for _ in range(50)]

    assert backlog[-1] > began * 1000 + 4000, "the busy account's own calls have to wait"
    assert idle.acquire(0).at <= began * 1000, "the other account's do not"
