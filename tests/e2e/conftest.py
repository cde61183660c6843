"""The local cloud for the end-to-end tests: `make test` starts one, `make up` keeps one running."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from playwright.sync_api import Browser

from buildium_sync.domain.operator import Role
from tests.e2e.account import create_account
from tests.e2e.api import Api, unique
from tests.e2e.browser import DESKTOP, Console, OpenConsole, chromium
from tests.e2e.erased_owner import ErasedOwner, request_erasure
from tests.e2e.killed_batch import KilledBatch, kill_in_a_batch
from tests.e2e.reviews import OpenReview, create_review, decide
from tests.e2e.waiting import status_becomes
from tests.harness.receiver import ReceiverServer, receiver
from tests.simulator.client import RemoteSimulator
from tools.local_cloud.aws import session
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.run_e2e import APP_WEBHOOK_SECRET, RECEIVER_VARIABLE, STATE_VARIABLE
from tools.local_cloud.servers import CLOUD
from tools.local_cloud.state import Stack, State
from tools.operators.keys import OperatorKeys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient

CONCLUDES = "concludes"
NOW = 1_795_356_000.0
AddOperator = Callable[[Role], tuple[str, Api]]
"""Adds an operator, and returns the name and a client with the key."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{CONCLUDES}(place): runs after the tests without it, in the order of places")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of the whole run, and those that wait long, last."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    marker = item.get_closest_marker(CONCLUDES)
    return int(marker.args[0]) if marker else 0


@pytest.fixture(scope="session")
def state() -> State:
    """Where the local cloud is recorded."""
    promised = os.environ.get(STATE_VARIABLE)
    return State(Path(promised) if promised else None)


@pytest.fixture(scope="session")
def stack(state: State) -> Stack:
    """The deployed stack. Without one the tests are skipped, unless the run requires a local cloud."""
    try:
        return state.read_stack()
    except LocalCloudError as error:
        if STATE_VARIABLE in os.environ:
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def api_url(stack: Stack) -> str:
    """The API's address without a trailing slash."""
    return stack.api_url


@pytest.fixture(scope="session")
def api_key(stack: Stack) -> str:
    """The value for the header x-api-key."""
    return stack.api_key


@pytest.fixture(scope="session")
def webhook_secret(stack: Stack) -> str:
    """The signing secret of webhooks."""
    return stack.webhook_secret


@pytest.fixture(scope="session")
def resources(stack: Stack) -> dict[str, str]:
    """Names of tables and functions and URLs of queues, by logical id in the template."""
    return stack.resources


@pytest.fixture(scope="session")
def simulator_url(stack: Stack) -> str:
    """The simulator's address, without /v1 and /_control. Skips if another Buildium is configured."""
    if stack.simulator_url is None:
        pytest.skip("This local cloud uses another Buildium than the simulator.")
    return stack.simulator_url


@pytest.fixture(scope="session")
def simulator(simulator_url: str) -> RemoteSimulator:
    """The simulator's control API."""
    return RemoteSimulator(simulator_url)


@pytest.fixture
def without_webhooks(simulator: RemoteSimulator) -> Iterator[None]:
    """Buildium sends no events until the end of the test."""
    simulator.configure_webhooks(enabled=False)
    yield
    simulator.configure_webhooks(enabled=True)


@pytest.fixture(scope="session")
def aws(aws_environment: None) -> boto3.Session:
    """A session with the local cloud's credentials; its clients need the stack's `endpoint`."""
    return session()


@pytest.fixture(scope="session")
def dynamodb_client(aws: boto3.Session, stack: Stack) -> "DynamoDBClient":
    return aws.client("dynamodb", endpoint_url=stack.endpoint)


@pytest.fixture(scope="session")
def sqs_client(aws: boto3.Session, stack: Stack) -> "SQSClient":
    return aws.client("sqs", endpoint_url=stack.endpoint)


@pytest.fixture(scope="session")
def events_client(aws: boto3.Session, stack: Stack) -> "EventBridgeClient":
    return aws.client("events", endpoint_url=stack.endpoint)


@pytest.fixture(scope="session")
def lambda_client(aws: boto3.Session, stack: Stack) -> "LambdaClient":
    return aws.client("lambda", endpoint_url=stack.endpoint)


@pytest.fixture(scope="session")
def logs_client(aws: boto3.Session, stack: Stack) -> "CloudWatchLogsClient":
    return aws.client("logs", endpoint_url=stack.endpoint)


@pytest.fixture(scope="session")
def api(api_url: str, api_key: str) -> Api:
    """A client of the API."""
    return Api(api_url, api_key)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_console(browser: Browser, api_url: str, api_key: str) -> Iterator[OpenConsole]:
    """Return a function that opens a tab. No tab may have a script error at the end."""
    consoles: list[Console] = []

    def open_tab(size: dict[str, int] = DESKTOP, scheme: str = "light", **options: Any) -> Console:
        options |= {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}
        context = browser.new_context(**options)
        consoles.append(Console(context, api_url, api_key))
        return consoles[-1]

    yield open_tab
    faults = [fault for console in consoles for fault in console.faults]
    for console in consoles:
        # A response that a test replaces may still be under way.
        console.page.unroute_all(behavior="ignoreErrors")
        console.page.context.close()
    assert not faults


@pytest.fixture
def console(open_console: OpenConsole) -> Console:
    return open_console()


@pytest.fixture(scope="session", autouse=True)
def application() -> Iterator[ReceiverServer | None]:
    """The application that receives change events during the whole run; None where no port is set for it."""
    port = os.environ.get(RECEIVER_VARIABLE)
    if port is None:
        yield None
        return
    with receiver(APP_WEBHOOK_SECRET, int(port)) as server:
        yield server


@pytest.fixture(scope="session")
def killed_batch(api: Api, simulator: RemoteSimulator, state: State, resources: dict[str, str]) -> KilledBatch:
    """Owners whose function was killed during their sync."""
    emulator = state.service(CLOUD)
    assert emulator is not None
    return kill_in_a_batch(api, simulator, emulator.process, resources["SyncFunction"])


@pytest.fixture(scope="session")
def erased_owner(api: Api, dynamodb_client: "DynamoDBClient", resources: dict[str, str]) -> ErasedOwner:
    """An owner whose erasure is requested."""
    return request_erasure(api, dynamodb_client, resources)


@pytest.fixture(scope="session", autouse=True)
def slowest_first(request: pytest.FixtureRequest) -> None:
    """Begin what lasts minutes before the first test. The tests that check its end run last."""
    needed = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in ("killed_batch", "erased_owner"):
        if name in needed:
            request.getfixturevalue(name)


@pytest.fixture
def keys(aws: boto3.Session, stack: Stack, resources: dict[str, str]) -> OperatorKeys:
    api_gateway = aws.client("apigateway", endpoint_url=stack.endpoint)
    dynamodb = aws.client("dynamodb", endpoint_url=stack.endpoint)
    plan, table = resources["OperatorUsagePlan"], resources["ControlTable"]
    return OperatorKeys(api_gateway, dynamodb, plan, table, lambda: NOW)


@pytest.fixture
def add_operator(keys: OperatorKeys, api_url: str) -> Iterator[AddOperator]:
    """Return a function that adds an operator, and returns the name and a client with the key."""
    names: list[str] = []

    def add(role: Role) -> tuple[str, Api]:
        names.append(unique("Ann"))
        return names[-1], Api(api_url, keys.add(names[-1], role))

    yield add
    for name in names:
        keys.delete(name)


@pytest.fixture(scope="module")
def account(api: Api) -> dict[str, str]:
    """One entity of every type, in Buildium: their local ids."""
    made = create_account(api)
    for entity_type, entity_id in made.items():
        status_becomes(api, entity_type, entity_id, "synced")
    return made


@pytest.fixture
def open_review(api: Api, simulator: RemoteSimulator) -> Iterator[OpenReview]:
    """A property with two candidates in Buildium."""
    review = create_review(api, simulator, unique("Twice"))
    yield review
    if api.sync_status("property", review.entity_id)["syncStatus"] == "needs_review":
        decide(api, review.entity_id, review.candidates[0])
        status_becomes(api, "property", review.entity_id, "synced")
