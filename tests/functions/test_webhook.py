import base64
import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.runtime import runtime
from buildium_sync.composition.webhook import WebhookComposition

import boto3
import pytest

from buildium_sync.credentials import WebhookSecrets
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.http_headers import DATA_HEADERS
from buildium_sync.observability import logger, metrics
from buildium_sync.store.account_ids import AccountIdStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.webhook_rejections import RejectionStore
from buildium_sync.webhooks.account_check import AccountCheck
from buildium_sync.webhooks.publisher import EventPublisher
from buildium_sync.webhooks.receiver import WebhookReceiver
from buildium_sync.webhooks.rejection_monitor import RejectionCounter
from tests.aws import CONTROL, EVENTS, REGION
from tests.environment import environment
from tests.moto_atomicity import make_atomic
from tests.simulator.webhooks import signed_headers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]
APP = ROOT / "functions" / "webhook" / "app.py"
# It signed the requests in events/.
SIGNING_KEY = "a-webhook-secret-for-tests"
SENT = 1_795_356_000
BUS = "bus"


class Cloud:
    """What the webhook receiver uses: a table, a bus with a listening queue, a secret and a clock."""

    def __init__(self, dynamodb: "DynamoDBClient") -> None:
        self.secrets: tuple[str, ...] = (SIGNING_KEY,)
        self.now: float = SENT + 1
        self.table = EVENTS
        self.bus = BUS
        self.control = CONTROL
        self.account_id: int | None = None
        self.counted_rejections = 0
        self.rejections = RejectionCounter(lambda: RejectionStore(dynamodb, self.control), lambda: self.now)
        self._dynamodb = dynamodb
        self._events = boto3.client("events", region_name=REGION)
        self._sqs = boto3.client("sqs", region_name=REGION)
        self._queue = self._listen()

    def reception(self) -> WebhookReceiver:
        return WebhookReceiver(
            EventStore(self._dynamodb, self.table, clock=lambda: self.now),
            EventPublisher(self._events, self.bus),
            lambda: WebhookSecrets(self.secrets),
            AccountCheck(self.account_id, lambda: AccountIdStore(self._dynamodb, self.control)),
            self.rejections,
            tolerance_seconds=7200,
            clock=lambda: self.now,
        )

    def rejected(self) -> int:
        """The stored rejection streak."""
        return RejectionStore(self._dynamodb, CONTROL).read().count

    def stored(self, status: EventStatus = EventStatus.RECEIVED) -> list[dict[str, Any]]:
        items, _ = EventStore(self._dynamodb, EVENTS).by_status(status, limit=1000)
        return items

    def published(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while found := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            messages += [json.loads(message["Body"]) for message in found]
        return messages

    def _listen(self) -> str:
        queue: str = self._sqs.create_queue(QueueName="listener")["QueueUrl"]
        self._events.create_event_bus(Name=BUS)
        pattern = json.dumps({"source": ["buildium-sync.webhook"]})
        self._events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
        arn = f"arn:aws:sqs:{REGION}:123456789012:listener"
        self._events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
        return queue


Handler = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def cloud(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Cloud:
    make_atomic(dynamodb, monkeypatch)
    metrics.clear_metrics()
    return Cloud(dynamodb)


@pytest.fixture
def handle(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Handler:
    app = load()

    class Parts:
        @property
        def webhook_receiver(self) -> WebhookReceiver:
            return cloud.reception()

        def count_rejection(self) -> None:
            cloud.counted_rejections += 1

    monkeypatch.setitem(runtime.compositions, WebhookComposition, Parts())
    return lambda event: dict(app.lambda_handler(event, None))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    return stream


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("webhook_app", APP)
    assert spec is not None
    assert spec.loader is not None
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    return app


def request(case: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "events" / f"webhook-{case}.json").read_text()))


def body_of(response: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(response["body"]))


def metrics_in(text: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for line in filter(None, text.splitlines()):
        document = json.loads(line)
        for group in document["_aws"]["CloudWatchMetrics"]:
            found |= {metric["Name"]: document[metric["Name"]] for metric in group["Metrics"]}
    return found


def rejected_requests() -> Iterator[tuple[str, dict[str, Any]]]:
    for missing in ("buildium-webhook-signature", "buildium-webhook-timestamp"):
        event = request("single")
        del event["headers"][missing]
        yield missing, event
    yield "no headers", {**request("single"), "headers": None}
    yield "no body", {**request("single"), "body": None}


def signed_request(body: bytes) -> dict[str, Any]:
    """A request of API Gateway with exactly the bytes that Buildium signed."""
    event = request("single")
    event["headers"] |= signed_headers(SIGNING_KEY, body, SENT)
    return {**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}


SHAPES = [
    pytest.param(b"", "The body is empty", id="empty"),
    pytest.param(b" \r\n", "The body is empty", id="white space"),
    pytest.param(b"[]", "a JSON array", id="array"),
    pytest.param(b'[{"EventName":"Rental.Updated","PropertyId":7}]', "a JSON array", id="array of events"),
    pytest.param(b"null", "a JSON null", id="null"),
    pytest.param(b"17", "a JSON number", id="integer"),
    pytest.param(b"1.5", "a JSON number", id="float"),
    pytest.param(b"false", "a JSON boolean", id="boolean"),
    pytest.param(b'"Rental.Updated"', "a JSON string", id="string"),
    pytest.param(b'{"Events":null}', "Events is not a list", id="null batch"),
    pytest.param(b'{"Events":{"EventType":"PropertyUpdated"}}', "Events is not a list", id="object batch"),
    pytest.param(b'{"Events":"all"}', "Events is not a list", id="string batch"),
    pytest.param(b'{"Events":7}', "Events is not a list", id="number batch"),
    pytest.param(b'{"Events":[]}', "Events is empty", id="empty batch"),
    pytest.param(b'\xef\xbb\xbf{"EventName":"Rental.Updated","PropertyId":7}', "byte order mark", id="BOM"),
    pytest.param('{"EventName":"Rental.Updated"}'.encode("utf-16"), "not valid UTF-8", id="UTF-16"),
    pytest.param(b'{"EventName":"\xff"}', "not valid UTF-8", id="bad UTF-8"),
    pytest.param(b'{"EventName":"\xed\xa0\x80"}', "not valid UTF-8", id="surrogate in UTF-8"),
    pytest.param(b'{"EventName":"\\ud800"}', "cannot be stored", id="half a pair"),
    pytest.param(b'{"PropertyId":1e999}', "cannot be stored", id="beyond a float"),
    pytest.param(b'{"PropertyId":' + b"9" * 5000 + b"}", "cannot be stored", id="too many digits"),
    pytest.param(b'{"PropertyId":NaN}', "not JSON", id="NaN"),
    pytest.param(b'{"EventName":"Rental.Updated",', "not JSON", id="cut off"),
    pytest.param(b"EventName=Rental.Updated&PropertyId=7", "not JSON", id="form"),
    pytest.param(b"<xml/>", "not JSON", id="XML"),
    pytest.param(b'{"a":' * 30 + b"1" + b"}" * 30, "nested", id="nested"),
    pytest.param(b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "nested", id="nested beyond reading"),
    pytest.param(b'{"Data":"' + b"x" * 300_000 + b'"}', "exceeds 262144 bytes", id="too long"),
    pytest.param(b"\xff" * 300_000, "exceeds 262144 bytes", id="too long and no text"),
]


def modules_imported_for(case: str, names: Sequence[str]) -> list[str]:
    """Return which of these modules a new process has imported after one request."""
    code = (
        "import importlib.util, json, sys\n"
        f"spec = importlib.util.spec_from_file_location('app', {str(APP)!r})\n"
        "app = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(app)\n"
        f"app.lambda_handler({request(case)!r}, None)\n"
        "import buildium_sync.store.secrets\n"
        f"print(json.dumps([name for name in {list(names)!r} if name in sys.modules]))\n"
    )
    env = {**os.environ, **environment(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)  # noqa: S603
    return list(json.loads(run.stdout.splitlines()[-1]))


class TestAcceptedEvents:
    @pytest.mark.parametrize("case", ["single", "pretty-printed", "base64", "unknown-event"])
    def test_a_signed_event_is_stored_published_and_acknowledged(
        self, cloud: Cloud, handle: Handler, case: str
    ) -> None:
        response = handle(request(case))

        assert response["statusCode"] == 200
        assert response["headers"] == {"Content-Type": "application/json", **DATA_HEADERS}
        assert body_of(response) == {"received": 1, "new": 1}
        assert cloud.counted_rejections == 0
        assert [event["correlationId"] for event in cloud.stored()] == [f"request-{case}"]
        assert [message["detail"]["correlationId"] for message in cloud.published()] == [f"request-{case}"]

    def test_a_published_event_names_the_changed_entity(self, cloud: Cloud, handle: Handler) -> None:
        handle(request("single"))

        (message,) = cloud.published()
        (stored,) = cloud.stored()
        assert (message["source"], message["detail-type"]) == ("buildium-sync.webhook", "Rental.Updated")
        assert message["detail"].pop("schemaVersion") == 1
        assert message["detail"] == {name: stored[name] for name in message["detail"]}
        assert (message["detail"]["subject"], message["detail"]["entityId"]) == ("Rental", 23)
        assert message["detail"]["receivedAt"] == "2026-11-22T14:00:01.000Z"

    def test_each_event_of_a_batch_is_stored_and_published_once(self, cloud: Cloud, handle: Handler) -> None:
        response = handle(request("batch"))

        assert body_of(response) == {"received": 3, "new": 2}
        assert sorted(event["eventName"] for event in cloud.stored()) == ["OwnerUpdated", "PropertyCreated"]
        assert len(cloud.published()) == 2


class TestRepeatedEvents:
    def test_an_event_sent_again_is_acknowledged_and_not_published_again(self, cloud: Cloud, handle: Handler) -> None:
        handle(request("single"))

        response = handle(request("pretty-printed"))

        assert (response["statusCode"], body_of(response)) == (200, {"received": 1, "new": 0})
        assert len(cloud.published()) == 1

    def test_the_same_request_fifty_times_at_once_is_published_once(self, cloud: Cloud) -> None:
        event = request("single")
        reception = cloud.reception()
        arguments = (event["headers"], event["body"].encode(), "request-1")

        with ThreadPoolExecutor(50) as threads:
            responses = list(threads.map(lambda _: reception.receive(*arguments), range(50)))

        assert {response.status for response in responses} == {200}
        assert sum(response.body["new"] for response in responses) == 1
        assert len(cloud.published()) == 1


class TestRejections:
    def test_a_wrong_signature_is_rejected_without_a_hint(
        self, cloud: Cloud, handle: Handler, log: io.StringIO, capsys: pytest.CaptureFixture[str]
    ) -> None:
        response = handle(request("bad-signature"))

        assert response["statusCode"] == 401
        assert response["headers"] == {"Content-Type": "application/problem+json", **DATA_HEADERS}
        assert body_of(response) == {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "The webhook signature is invalid.",
        }
        assert (cloud.stored(), cloud.counted_rejections) == ([], 1)
        (line,) = map(json.loads, log.getvalue().splitlines())
        assert (line["reason"], line["correlation_id"]) == ("signature_mismatch", "request-bad-signature")
        assert metrics_in(capsys.readouterr().out) == {"WebhookRejected": [1.0]}

    @pytest.mark.parametrize("event", [pytest.param(event, id=name) for name, event in rejected_requests()])
    def test_every_rejection_has_the_same_response(self, handle: Handler, event: dict[str, Any]) -> None:
        assert handle(event) == handle(request("bad-signature"))

    def test_an_old_recorded_request_is_rejected(self, cloud: Cloud, handle: Handler) -> None:
        cloud.now = SENT + 7201

        assert handle(request("single"))["statusCode"] == 401


class TestSecrets:
    @pytest.mark.parametrize("secrets", [(), ("rotated away",)])
    def test_a_request_is_rejected_without_its_signing_secret(
        self, cloud: Cloud, handle: Handler, secrets: tuple[str, ...]
    ) -> None:
        cloud.secrets = secrets

        assert handle(request("single"))["statusCode"] == 401

    def test_a_request_signed_with_the_previous_secret_is_accepted(self, cloud: Cloud, handle: Handler) -> None:
        cloud.secrets = ("new", SIGNING_KEY)

        assert handle(request("single"))["statusCode"] == 200

    def test_a_request_is_not_acknowledged_without_a_readable_secret(
        self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unavailable() -> WebhookSecrets:
            raise TimeoutError

        reception = cloud.reception()
        monkeypatch.setattr(reception, "_secrets", unavailable)

        signed = signed_headers(SIGNING_KEY, b"{}", SENT)
        assert reception.receive(signed, b"{}", "request-1").status == 503
        assert reception.receive({}, b"{}", "request-2").status == 401


class TestBodiesWithoutAnEvent:
    @pytest.mark.parametrize(("body", "reason"), SHAPES)
    def test_a_signed_body_without_an_event_is_stored_as_ignored(
        self, cloud: Cloud, handle: Handler, body: bytes, reason: str
    ) -> None:
        handle(request("bad-signature"))

        response = handle(signed_request(body))

        assert (response["statusCode"], body_of(response)) == (200, {"received": 1, "new": 1})
        [ignored] = cloud.stored(EventStatus.IGNORED)
        assert reason in ignored["error"]
        assert (cloud.stored(), cloud.published(), cloud.rejected()) == ([], [], 0)

    def test_a_body_without_an_event_is_stored_once(self, cloud: Cloud, handle: Handler) -> None:
        responses = [body_of(handle(signed_request(body))) for body in (b"[]", b"[]", b"null")]

        assert [response["new"] for response in responses] == [1, 0, 1]
        assert len(cloud.stored(EventStatus.IGNORED)) == 2

    @pytest.mark.parametrize(
        "body",
        [
            b"{}",
            b'{"EventName":null,"PropertyId":{}}',
            b'{"EventName":"Rental.Updated","EventName":"Rental.Created","PropertyId":1,"PropertyId":2}',
            b'{"EventName":"Rental.Updated","PropertyId":' + b"9" * 4000 + b"}",
            b'{"Events":[null,7,"text",[],{"EventType":"PropertyUpdated","EntityId":5}]}',
            '{{"EventName":"Rental.Updated","Data":[{}],"Note":"{}"}}'.format(
                "1," * 60_000 + "1", "é" * 60_000
            ).encode(),
            '{{"EventName":"Rental.Updated","Note":"{}"}}'.format("\U0001f3e0" * 65_000).encode(),
            b'{"EventName":"Rental.Updated","Data":"\\u0000\\u001f\\ud83c\\udfe0"}',
        ],
        ids=["empty", "no values", "names twice", "many digits", "any items", "long", "long in bytes", "escapes"],
    )
    def test_any_other_signed_object_is_stored_and_published(self, cloud: Cloud, handle: Handler, body: bytes) -> None:
        response = handle(signed_request(body))

        assert response["statusCode"] == 200
        assert len(cloud.stored()) == len(cloud.published()) == body_of(response)["new"] > 0


class TestOtherAccounts:
    def test_an_event_of_another_account_is_ignored_with_the_reason(self, cloud: Cloud, handle: Handler) -> None:
        cloud.account_id = 1

        response = handle(signed_request(b'{"EventName":"Rental.Updated","AccountId":2,"PropertyId":3}'))

        assert body_of(response) == {"received": 1, "new": 1}
        [stored] = cloud.stored(EventStatus.IGNORED)
        assert stored["error"] == "The event is of the Buildium account 2, and this stack syncs the account 1."
        assert cloud.published() == []

    def test_the_first_account_is_the_one_of_the_stack(self, cloud: Cloud, handle: Handler) -> None:
        for account in (1, 2, 1):
            body = {"EventName": "Rental.Updated", "AccountId": account, "PropertyId": 3, "EventDateTime": str(account)}
            handle(signed_request(json.dumps(body).encode()))

        assert [each["accountId"] for each in cloud.stored()] == [1]
        assert [each["accountId"] for each in cloud.stored(EventStatus.IGNORED)] == [2]

    def test_a_batch_is_divided_by_account(self, cloud: Cloud, handle: Handler) -> None:
        cloud.account_id = 1
        items = [{"EventType": "OwnerUpdated", "EntityId": 3, "AccountId": account} for account in (2, 1, 2)]

        handle(signed_request(json.dumps({"Events": items}).encode()))

        assert [each["detail"]["accountId"] for each in cloud.published()] == [1]

    def test_an_event_without_an_account_is_processed(self, cloud: Cloud, handle: Handler) -> None:
        cloud.account_id = 1

        handle(signed_request(b'{"EventName":"Rental.Updated","PropertyId":3}'))

        assert len(cloud.published()) == 1

    def test_an_event_is_processed_if_the_account_cannot_be_read(self, cloud: Cloud, handle: Handler) -> None:
        cloud.control = "no-such-table"

        handle(signed_request(b'{"EventName":"Rental.Updated","AccountId":2,"PropertyId":3}'))

        assert len(cloud.published()) == 1

    def test_a_process_reads_the_account_once(self, handle: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
        reads: list[int] = []

        def first_seen(_store: AccountIdStore, account_id: int) -> int:
            reads.append(account_id)
            return account_id

        monkeypatch.setattr(AccountIdStore, "first_seen", first_seen)
        items = [{"EventType": "OwnerUpdated", "EntityId": number, "AccountId": 2} for number in (3, 4)]
        handle(signed_request(json.dumps({"Events": items}).encode()))

        assert reads == [2]


class TestStorageAndPublishing:
    def test_an_event_that_cannot_be_stored_is_not_acknowledged(
        self, cloud: Cloud, handle: Handler, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cloud.table = "no-such-table"

        response = handle(request("single"))

        assert response["statusCode"] == 503
        assert "no-such-table" not in response["body"]
        assert cloud.published() == []
        assert metrics_in(capsys.readouterr().out) == {"WebhookStoreFailed": [1.0]}

    def test_an_event_is_acknowledged_even_if_publishing_fails(
        self, cloud: Cloud, handle: Handler, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # EventBridge rejects the call: the name is longer than allowed.
        cloud.bus = "x" * 2000

        response = handle(request("single"))

        assert (response["statusCode"], body_of(response)) == (200, {"received": 1, "new": 1})
        assert [event["status"] for event in cloud.stored()] == ["received"]
        assert metrics_in(capsys.readouterr().out)["EventPublishFailed"] == [1.0]


def test_an_address_with_query_parameters_is_rejected(cloud: Cloud, handle: Handler) -> None:
    response = handle({**request("single"), "queryStringParameters": {"b": "1", "a": "2"}})

    assert response["statusCode"] == 400
    assert [each["field"] for each in body_of(response)["errors"]] == ["a", "b"]
    assert (cloud.stored(), cloud.rejected()) == ([], 0)


class TestRejectionCount:
    @pytest.mark.parametrize("case", ["bad-signature", "overlong", "not stored"])
    def test_every_rejection_is_counted(self, cloud: Cloud, handle: Handler, case: str) -> None:
        requests = {"overlong": {**request("single"), "body": "x" * (256 * 1024 + 1)}, "not stored": request("single")}
        if case == "not stored":
            cloud.table = "no-such-table"

        for _ in range(2):
            assert handle(requests.get(case) or request(case))["statusCode"] == (503 if case == "not stored" else 401)
            cloud.now += 1

        assert cloud.rejected() == 2

    def test_an_accepted_event_ends_the_rejection_streak(self, cloud: Cloud, handle: Handler) -> None:
        handle(request("bad-signature"))

        handle(request("single"))
        assert cloud.rejected() == 0
        handle(request("bad-signature"))
        assert cloud.rejected() == 1

    def test_a_process_without_rejections_writes_no_streak(self, cloud: Cloud, handle: Handler) -> None:
        cloud.control = "no-such-table"
        cloud.rejections = RejectionCounter(lambda: pytest.fail("the table was asked for"), lambda: cloud.now)

        assert handle(request("single"))["statusCode"] == 200

    def test_the_response_does_not_depend_on_the_count(self, cloud: Cloud, handle: Handler) -> None:
        cloud.control = "no-such-table"

        assert [handle(request(case))["statusCode"] for case in ("bad-signature", "malformed", "single")] == [
            401,
            200,
            200,
        ]


class TestLogsAndImports:
    def test_nothing_secret_and_no_body_is_logged(self, cloud: Cloud, handle: Handler, log: io.StringIO) -> None:
        cases = ("single", "batch", "bad-signature", "malformed", "unknown-event")

        for case in cases:
            handle(request(case))
        cloud.table = "no-such-table"
        handle(request("single"))

        lines = log.getvalue()
        signatures = [request(case)["headers"]["buildium-webhook-signature"] for case in cases]
        assert len(lines.splitlines()) == 6
        assert not [text for text in (SIGNING_KEY, "Müller", "PropertyId", *signatures) if text in lines]

    def test_the_function_imports_no_slow_library(self) -> None:
        slow = ("pydantic", "requests", "aws_lambda_powertools.event_handler", "aws_xray_sdk", "jsonschema")

        own = "buildium_sync.webhooks.receiver"
        assert modules_imported_for("bad-signature", (*slow, own)) == [own]
