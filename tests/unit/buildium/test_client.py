import io
import json
import logging
import re
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from buildium_sync.buildium import responses
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter, Slot
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.buildium.responses import BuildiumResponse
from buildium_sync.buildium.transport import new_session
from buildium_sync.credentials import Credentials
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumTimeout,
    BuildiumUnavailable,
    CredentialsRejected,
    FieldError,
    OutcomeUnknown,
    RateLimited,
    Scope,
    WrongBaseUrl,
)
from buildium_sync.observability import logger
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.simulator import model
from tests.simulator.server import LoopbackServer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CREDENTIALS = Credentials("the-client-id", "the-api-key")
TIMEOUT = 0.4
INTERVAL = 0.1
WRITES = ("POST", "PUT")


class Server:
    """Sends scripted responses, repeating the last one, and records the requests."""

    def __init__(self) -> None:
        self.responses: list[model.Response] = [model.Response(200, {})]
        self.got: list[model.Request] = []

    def __call__(self, request: model.Request) -> model.Response:
        self.got.append(request)
        return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def base_url(server: Server) -> Iterator[str]:
    with LoopbackServer(("127.0.0.1", 0), server) as loopback:
        yield f"http://127.0.0.1:{loopback.server_port}/v1"


class NoLimit:
    """A rate limiter for tests that are not about slots."""

    def acquire(self, longest: float, lane: Priority) -> Slot:
        assert longest > 0
        return Slot(0, 10, 0, 0)

    def report_throttled(self, slot: Slot, seconds: float) -> None:
        raise AssertionError("nothing was throttled")


class AllClosed:
    """Circuit breakers for tests that are not about them."""

    def before_call(self, names: tuple[str, ...]) -> None:
        assert names

    def after_call(self, names: tuple[str, ...], error: BuildiumError | None) -> None:
        assert names


@pytest.fixture
def rate_limit(dynamodb: "DynamoDBClient", clock: VirtualClock) -> RateLimiter:
    return RateLimiter(dynamodb, CONTROL, rate=1 / INTERVAL, clock=clock, sleep=clock.sleep)


@pytest.fixture
def make() -> Callable[..., BuildiumClient]:
    def client(base_url: str, **changes: Any) -> BuildiumClient:
        session = new_session(1, MetricCounts())
        session.trust_env = False
        parts: dict[str, Any] = {
            "credentials": lambda: CREDENTIALS,
            "reload_credentials": lambda: CREDENTIALS,
            "rate_limit": NoLimit(),
            "circuits": AllClosed(),
            "timeout": TIMEOUT,
            "time_left": lambda: 100.0,
            **changes,
        }
        return BuildiumClient(session, base_url=base_url, **parts)

    return client


@pytest.fixture
def client(make: Callable[..., BuildiumClient], base_url: str) -> BuildiumClient:
    return make(base_url)


@pytest.fixture
def limited(make: Callable[..., BuildiumClient], base_url: str, rate_limit: RateLimiter) -> BuildiumClient:
    return make(base_url, rate_limit=rate_limit)


def call(client: BuildiumClient, method: str) -> BuildiumResponse:
    if method == "GET":
        return client.get("/rentals")
    return (client.post if method == "POST" else client.put)("/rentals", {"Name": "Sunset"})


def rejection(client: BuildiumClient, method: str) -> BuildiumError:
    with pytest.raises(BuildiumError) as caught:
        call(client, method)
    return caught.value


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _partial_response(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")


def _trickle(listening: socket.socket, ended: threading.Event, head: bytes) -> None:
    connection, _ = listening.accept()
    with connection, suppress(OSError):
        connection.recv(65_536)
        connection.sendall(head)
        while not ended.wait(TIMEOUT / 8):
            connection.sendall(b"a")


class RejectsToSlowDown:
    """A rate limiter whose table became unavailable after the slot was reserved."""

    def __init__(self, client: "DynamoDBClient", clock: VirtualClock) -> None:
        self._with_table = RateLimiter(client, CONTROL, rate=10, clock=clock, sleep=clock.sleep)
        self._without = RateLimiter(client, "no-such-table", rate=10, clock=clock, sleep=clock.sleep)

    def acquire(self, longest: float, lane: Priority) -> Slot:
        return self._with_table.acquire(longest, lane)

    def report_throttled(self, slot: Slot, seconds: float) -> None:
        self._without.report_throttled(slot, seconds)


class Recorded:
    """A rate limiter that records the reported waits."""

    def __init__(self) -> None:
        self.rejections: list[float] = []
        self.pauses: list[float] = []

    def acquire(self, longest: float, lane: Priority) -> Slot:
        return Slot(0, 10, 0, 0)

    def report_throttled(self, slot: Slot, seconds: float) -> None:
        self.rejections.append(seconds)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


DATE = "Sat, 28 Nov 2026 12:00:00 GMT"


class Pages:
    """A list of `total` rows with at most `cap` rows a page, with or without a total count."""

    def __init__(self, total: int, cap: int, headers: dict[str, str]) -> None:
        self._total, self._cap, self._headers = total, cap, headers
        self.queries: list[str] = []

    def __call__(self, request: model.Request) -> model.Response:
        self.queries.append(request.query)
        query = dict(part.split("=") for part in request.query.split("&"))
        assert (query["orderby"], query["location"]) == ("Id", "Main")
        first = int(query["offset"])
        last = min(first + min(self._cap, int(query["limit"])), self._total)
        return model.Response(200, [{"Id": place} for place in range(first, last)], self._headers)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that the product and its libraries log at DEBUG."""
    caplog.set_level(logging.DEBUG)
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    # moto's own calls go through botocore, which logs what the tests send to DynamoDB.
    return lambda: (
        stream.getvalue()
        + "\n".join(str(r.getMessage()) for r in caplog.records if not r.name.startswith(("boto", "moto")))
    )


class TestRequests:
    @pytest.mark.parametrize("method", ["GET", *WRITES])
    def test_every_call_sends_the_keys_and_accepts_json(
        self, client: BuildiumClient, server: Server, method: str
    ) -> None:
        call(client, method)

        headers = {name.lower(): value for name, value in server.got[0].headers.items()}
        assert headers["x-buildium-client-id"] == "the-client-id"
        assert headers["x-buildium-client-secret"] == "the-api-key"
        assert headers["accept"] == "application/json"

    def test_a_payload_is_sent_as_json_and_the_response_parsed(self, client: BuildiumClient, server: Server) -> None:
        server.responses = [model.Response(201, {"Id": 7}, {"Link": "</v1/rentals/units/1>"})]

        response = client.post("/rentals", {"Name": "Müller"})

        assert (response.content, response.headers["link"]) == ({"Id": 7}, "</v1/rentals/units/1>")
        assert json.loads(server.got[0].body) == {"Name": "Müller"}
        assert {k.lower(): v for k, v in server.got[0].headers.items()}["content-type"] == "application/json"


class TestApiKeys:
    def test_rotated_keys_are_used_for_the_next_call(
        self, make: Callable[..., BuildiumClient], base_url: str, server: Server
    ) -> None:
        keys = iter([Credentials("1", "old"), Credentials("1", "new")])
        client = make(base_url, credentials=lambda: next(keys))

        client.get("/rentals")
        client.get("/rentals")

        assert [request.headers["x-buildium-client-secret"] for request in server.got] == ["old", "new"]

    def test_a_key_rotated_while_cached_is_reloaded_after_401(
        self, make: Callable[..., BuildiumClient], base_url: str, server: Server
    ) -> None:
        server.responses = [model.Response(401, {}), model.Response(200, {"Id": 1})]
        client = make(base_url, reload_credentials=lambda: Credentials("1", "new"))

        assert client.post("/rentals", {}).content == {"Id": 1}
        assert [request.headers["x-buildium-client-secret"] for request in server.got] == ["the-api-key", "new"]

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_rejected_key_is_not_retried(self, client: BuildiumClient, server: Server, status: int) -> None:
        server.responses = [model.Response(status, {})]

        assert type(rejection(client, "POST")) is CredentialsRejected
        assert len(server.got) == 1

    def test_an_open_circuit_prevents_call_and_rate_limit_slot(
        self,
        make: Callable[..., BuildiumClient],
        base_url: str,
        server: Server,
        dynamodb: "DynamoDBClient",
        clock: VirtualClock,
    ) -> None:
        server.responses = [model.Response(401, {"UserMessage": "Unknown key."})]
        client = make(base_url, circuits=CircuitBreakers(dynamodb, CONTROL, clock=clock, probe=60.0))
        rejection(client, "GET")
        limit = RateLimiter(dynamodb, CONTROL, rate=10, clock=clock, sleep=clock.sleep)
        client = make(base_url, rate_limit=limit, circuits=CircuitBreakers(dynamodb, CONTROL, clock=clock, probe=60.0))

        error = rejection(client, "POST")

        assert type(error) is CredentialsRejected
        assert "Unknown key." in str(error)
        assert len(server.got) == 1
        assert "Item" not in dynamodb.get_item(TableName=CONTROL, Key={"pk": {"S": "rate#buildium"}})


class TestWriteOutcome:
    @pytest.mark.parametrize(
        ("status", "method", "kind", "outage"),
        [
            *[
                (status, method, BuildiumRejected, None)
                for status in (400, 409, 415, 422)
                for method in ("GET", "POST")
            ],
            *[(404, method, BuildiumNotFound, None) for method in ("GET", "PUT")],
            *[(status, method, CredentialsRejected, None) for status in (401, 403) for method in ("GET", "POST")],
            *[(status, "GET", BuildiumUnavailable, False) for status in (408, 500, 501)],
            *[(status, method, OutcomeUnknown, False) for status in (408, 500, 501) for method in WRITES],
            *[(status, "GET", BuildiumUnavailable, True) for status in (502, 503)],
            (504, "GET", BuildiumTimeout, True),
            *[(status, method, OutcomeUnknown, True) for status in (502, 503, 504) for method in WRITES],
        ],
    )
    def test_the_status_determines_whether_a_write_may_have_happened(
        self, client: BuildiumClient, server: Server, status: int, method: str, kind: type, outage: bool | None
    ) -> None:
        server.responses = [model.Response(status, {"UserMessage": "No."}, {"x-request-id": "their-id"})]

        error = rejection(client, method)

        assert type(error) is kind
        assert (error.status, error.request_id) == (status, "their-id")
        assert getattr(error, "is_outage", None) is outage
        assert len(server.got) == 1

    @pytest.mark.parametrize("method", ["GET", *WRITES])
    @pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
    def test_a_failed_connection_means_that_nothing_was_written(
        self, make: Callable[..., BuildiumClient], method: str, host: str
    ) -> None:
        error = rejection(make(f"http://{host}:{closed_port()}/v1"), method)

        assert type(error) is BuildiumUnavailable
        assert error.is_outage

    @pytest.mark.parametrize("method", ["GET", *WRITES])
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (model.Response(0, abort=True), BuildiumUnavailable),
            (model.Response(200, {}, delay=2 * TIMEOUT), BuildiumTimeout),
        ],
    )
    def test_a_lost_response_leaves_the_write_outcome_unknown(
        self, client: BuildiumClient, server: Server, method: str, fault: model.Response, kind: type
    ) -> None:
        server.responses = [fault]

        error = rejection(client, method)

        assert type(error) is (kind if method == "GET" else OutcomeUnknown)
        assert getattr(error, "is_outage", None) is True
        assert len(server.got) == 1

    @pytest.mark.parametrize("method", ["GET", *WRITES])
    @pytest.mark.parametrize("raw", [b"", b"<html>", b"{", b"\xff\xfe\xfd"])
    def test_a_non_json_response_leaves_the_write_outcome_unknown(
        self, client: BuildiumClient, server: Server, method: str, raw: bytes
    ) -> None:
        server.responses = [model.Response(201, raw=raw)]

        error = rejection(client, method)

        assert type(error) is (BuildiumUnavailable if method == "GET" else OutcomeUnknown)

    def test_a_truncated_response_leaves_the_write_outcome_unknown(self, make: Callable[..., BuildiumClient]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            client = make(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
            sender = threading.Thread(target=_partial_response, args=(listening,))
            sender.start()
            error = rejection(client, "POST")
            sender.join()

        assert type(error) is OutcomeUnknown


class TestTimeouts:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize(
        "head",
        [
            b"HTTP/1.1 200 OK\r\nX-Slow: ",
            b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
        ],
    )
    def test_a_trickling_response_ends_with_the_call_timeout(
        self, make: Callable[..., BuildiumClient], method: str, head: bytes
    ) -> None:
        ended = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            client = make(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
            sender = threading.Thread(target=_trickle, args=(listening, ended, head))
            sender.start()
            guard = threading.Timer(20 * TIMEOUT, ended.set)
            guard.start()
            error = rejection(client, method)
            in_time = not ended.is_set()
            ended.set()
            guard.cancel()
            sender.join()

        assert in_time
        assert type(error) is (BuildiumTimeout if method == "GET" else OutcomeUnknown)
        assert error.is_outage

    def test_an_oversized_response_is_not_read_completely(
        self, client: BuildiumClient, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(responses, "_MAX_BODY_BYTES", 1000)
        server.responses = [model.Response(200, raw=b"[" + b" " * 2000 + b"]")]

        assert type(rejection(client, "GET")) is BuildiumUnavailable
        assert type(rejection(client, "POST")) is OutcomeUnknown

    def test_connect_and_read_timeouts_add_up_to_the_timeout(
        self, make: Callable[..., BuildiumClient], base_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        used: list[tuple[float, float]] = []
        send = requests.Session.request

        def request(session: requests.Session, *args: Any, **options: Any) -> requests.Response:
            used.append(options["timeout"])
            return send(session, *args, **options)

        monkeypatch.setattr(requests.Session, "request", request)
        for timeout in (0.5, 30.0):
            make(base_url, timeout=timeout).get("/rentals")

        assert [sum(pair) for pair in used] == [0.5, 30.0]


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("method", ["GET", *WRITES])
    def test_no_redirect_is_followed(
        self, client: BuildiumClient, server: Server, base_url: str, status: int, method: str
    ) -> None:
        server.responses = [model.Response(status, {}, {"Location": f"{base_url}/elsewhere"}), model.Response(200, {})]

        assert rejection(client, method).scope is Scope.SYSTEM
        assert [request.path for request in server.got] == ["/v1/rentals"]

    @pytest.mark.parametrize("status", [301, 308])
    @pytest.mark.parametrize("method", ["GET", *WRITES])
    @pytest.mark.parametrize(
        ("location", "named"),
        [
            ("https://user:pri" + "vate@api.buildium.example/v1?key=pri" + "vate", "the host api.buildium.example"),
            ("/v2/rentals", "another path"),
            ("https://[", "another path"),
            (None, "another path"),
        ],
    )
    def test_a_permanent_redirect_means_a_wrong_base_url(
        self, client: BuildiumClient, server: Server, status: int, method: str, location: str | None, named: str
    ) -> None:
        server.responses = [model.Response(status, {}, {"Location": location} if location else {})]

        error = rejection(client, method)

        assert type(error) is WrongBaseUrl
        assert error.status == status
        assert str(error).startswith("BUILDIUM_BASE_URL is not")
        assert named in str(error)
        assert "private" not in str(error)

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(300, OutcomeUnknown), (302, OutcomeUnknown), (303, OutcomeUnknown), (307, BuildiumUnavailable)],
    )
    def test_a_temporary_redirect_is_an_outage(
        self, client: BuildiumClient, server: Server, status: int, kind: type
    ) -> None:
        server.responses = [model.Response(status, {}, {"Location": "https://maintenance.example/"})]

        for method in ("GET", *WRITES):
            error = rejection(client, method)
            assert type(error) is (BuildiumUnavailable if method == "GET" else kind)
            assert error.scope is Scope.SYSTEM


class TestThrottling:
    @pytest.mark.parametrize("method", ["GET", *WRITES])
    def test_a_throttled_call_is_retried_with_a_new_slot(
        self, limited: BuildiumClient, server: Server, method: str, clock: VirtualClock
    ) -> None:
        began = clock()
        server.responses = [model.Response(429, {}), model.Response(429, {}), model.Response(200, {"Id": 1})]

        assert call(limited, method).content == {"Id": 1}
        # 0.2 s after the first, 0.4 s after the second.
        assert clock() - began == pytest.approx(0.6, abs=0.01)
        assert len(server.got) == 3

    def test_a_repeatedly_throttled_call_raises_rate_limited(self, limited: BuildiumClient, server: Server) -> None:
        server.responses = [model.Response(429, {"UserMessage": "Slow down."})]

        error = rejection(limited, "POST")

        assert type(error) is RateLimited
        assert error.status == 429
        assert len(server.got) == 4

    @pytest.mark.parametrize(("left", "calls"), [(TIMEOUT + 1.9, 0), (0.0, 0), (-5.0, 0), (TIMEOUT + 2.1, 1)])
    def test_no_call_starts_that_could_outlive_the_function(
        self,
        make: Callable[..., BuildiumClient],
        base_url: str,
        server: Server,
        rate_limit: RateLimiter,
        left: float,
        calls: int,
    ) -> None:
        client = make(base_url, rate_limit=rate_limit, time_left=lambda: left)

        if calls:
            client.get("/rentals")
        else:
            assert type(rejection(client, "GET")) is RateLimited

        assert len(server.got) == calls

    def test_no_call_is_retried_that_could_outlive_the_function(
        self,
        make: Callable[..., BuildiumClient],
        base_url: str,
        server: Server,
        rate_limit: RateLimiter,
        clock: VirtualClock,
    ) -> None:
        end = clock() + TIMEOUT + 2.1
        server.responses = [model.Response(429, {})]
        client = make(base_url, rate_limit=rate_limit, time_left=lambda: end - clock())

        assert type(rejection(client, "POST")) is RateLimited
        assert len(server.got) == 1

    def test_a_throttled_create_raises_rate_limited_without_the_limiter_table(
        self,
        make: Callable[..., BuildiumClient],
        base_url: str,
        server: Server,
        dynamodb: "DynamoDBClient",
        clock: VirtualClock,
    ) -> None:
        server.responses = [model.Response(429, {})]

        error = rejection(make(base_url, rate_limit=RejectsToSlowDown(dynamodb, clock)), "POST")

        assert type(error) is RateLimited

    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("7", 7.0),
            (" 7 ", 7.0),
            ("1.5", 1.5),
            ("60", 60.0),
            ("61", 60.0),
            ("9" * 400, 60.0),
            ("Sat, 28 Nov 2026 12:00:09 GMT", 9.0),
            ("Saturday, 28-Nov-26 12:00:09 GMT", 9.0),
            ("Sat, 28 Nov 2026 12:00:09", 9.0),
            ("Sun, 29 Nov 2026 12:00:00 GMT", 60.0),
            ("Sat, 28 Nov 2026 11:59:00 GMT", 0.0),
            ("0", 0.0),
            ("", None),
            ("-5", None),
            ("soon", None),
            ("nan", None),
            ("inf", None),
            ("1e3", None),
            ("7 seconds", None),
            ("Sat, 99 Nov 2026 12:00:00 GMT", None),
        ],
    )
    def test_retry_after_is_limited_to_one_minute(self, status: int, text: str, seconds: float | None) -> None:
        response = requests.Response()
        response.status_code = status
        response.headers.update({"Retry-After": text, "Date": DATE})

        with pytest.raises(BuildiumError) as caught:
            responses.read("GET", response, b"")

        assert caught.value.retry_after == seconds

    def test_a_retry_after_date_without_date_header_uses_the_clock(self) -> None:
        response = requests.Response()
        response.status_code = 503
        response.headers["Retry-After"] = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

        with pytest.raises(BuildiumError) as caught:
            responses.read("GET", response, b"")

        assert 20 < (caught.value.retry_after or 0) <= 30

    @pytest.mark.parametrize(
        ("text", "rejections", "pauses"),
        [("7", [7.0], [7.0]), ("0.1", [0.2], [0.1]), ("0", [0.2], []), ("soon", [0.2], [])],
    )
    def test_all_calls_wait_for_the_retry_after_time(
        self,
        make: Callable[..., BuildiumClient],
        base_url: str,
        server: Server,
        text: str,
        rejections: list[float],
        pauses: list[float],
    ) -> None:
        limit = Recorded()
        headers = {"Retry-After": text}
        server.responses = [model.Response(429, {}, headers), model.Response(503, {}, headers)]

        rejection(make(base_url, rate_limit=limit), "POST")

        assert (limit.rejections, limit.pauses) == (rejections, pauses)

    @pytest.mark.parametrize("status", [400, 422, 500])
    def test_retry_after_is_ignored_for_entity_errors(
        self, client: BuildiumClient, server: Server, status: int
    ) -> None:
        server.responses = [model.Response(status, {}, {"Retry-After": "7"})]

        assert rejection(client, "POST").retry_after is None

    @pytest.mark.parametrize("status", [429, 503])
    def test_no_process_calls_before_the_retry_after_time(
        self,
        make: Callable[..., BuildiumClient],
        base_url: str,
        server: Server,
        dynamodb: "DynamoDBClient",
        clock: VirtualClock,
        status: int,
    ) -> None:
        processes = [
            make(base_url, rate_limit=RateLimiter(dynamodb, CONTROL, rate=10, clock=clock, sleep=clock.sleep))
            for _ in range(2)
        ]
        server.responses = [model.Response(status, {}, {"Retry-After": "7"}), model.Response(200, {})]
        began = clock()
        if status == 503:
            rejection(processes[0], "GET")
        else:
            call(processes[0], "GET")

        call(processes[1], "POST")

        assert clock() - began >= 7


class TestErrors:
    def test_an_error_contains_the_details_of_its_body(self, client: BuildiumClient, server: Server) -> None:
        pairs = [{"Key": "Name", "Value": "is empty"}]
        server.responses = [model.Response(422, {"UserMessage": "Bad.", "ErrorCode": 1, "Errors": pairs})]

        error = rejection(client, "POST")

        assert type(error) is BuildiumRejected
        assert str(error) == "Buildium returned 422: Bad. (Name: is empty)"
        assert error.errors == (FieldError("Name", "is empty"),)

    @pytest.mark.parametrize("raw", [b"", b"<html>", b"{}", b"null", b"7", b" \r\n"])
    def test_an_error_without_a_message_names_its_status(
        self, client: BuildiumClient, server: Server, raw: bytes
    ) -> None:
        server.responses = [model.Response(400, raw=raw)]

        assert str(rejection(client, "POST")) == "Buildium returned 400: Bad Request"

    @pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
    def test_an_error_has_200_characters_at_most(
        self, make: Callable[..., BuildiumClient], base_url: str, server: Server, status: int
    ) -> None:
        server.responses = [model.Response(status, raw=b"long " * 1000)]
        client = make(base_url, rate_limit=Recorded())

        assert len(str(rejection(client, "POST"))) == 200

    def test_each_failed_call_is_recorded_with_its_request(
        self, make: Callable[..., BuildiumClient], base_url: str, server: Server
    ) -> None:
        failed: list[FailedCall] = []
        client = make(base_url, on_failed_call=failed.append)
        server.responses = [model.Response(200, {}), model.Response(422, {"UserMessage": "taken"})]

        client.post("/rentals", {"Name": "Elm"})
        rejection(client, "POST")

        [call] = failed
        assert (call.status, call.request_body, call.response_body) == (
            422,
            '{"Name":"Sunset"}',
            '{"UserMessage":"taken"}',
        )

    def test_a_call_without_a_response_is_recorded(self, make: Callable[..., BuildiumClient]) -> None:
        failed: list[FailedCall] = []
        client = make(f"http://127.0.0.1:{closed_port()}/v1", on_failed_call=failed.append)

        rejection(client, "PUT")

        assert [(call.status, call.error_code) for call in failed] == [(None, "outage")]

    def test_a_missing_entity_is_not_recorded_as_a_failed_call(
        self, make: Callable[..., BuildiumClient], base_url: str, server: Server
    ) -> None:
        failed: list[FailedCall] = []
        server.responses = [model.Response(404, {})]

        with pytest.raises(BuildiumNotFound):
            make(base_url, on_failed_call=failed.append).read("/rentals/7")

        assert failed == []

    @pytest.mark.parametrize("status", [400, 403, 500])
    def test_secrets_that_a_server_repeats_are_masked_in_errors(
        self, client: BuildiumClient, server: Server, status: int
    ) -> None:
        secrets = ("123-45-" + "6789", "0011" + "2233", CREDENTIALS.api_key)
        message = {"TaxInformation": {"TaxPayerId": secrets[0]}, "Lines": [{"AccountNumber": secrets[1]}]}
        server.responses = [
            model.Response(
                status, {"UserMessage": f"Bad: {', '.join(secrets)}", "Errors": [{"Key": "x", "Value": secrets[0]}]}
            )
        ]

        with pytest.raises(BuildiumError) as caught:
            client.post("/rentals", message)

        shown = f"{caught.value} {caught.value.errors}"
        assert "Bad" in shown
        assert not [secret for secret in secrets if secret in shown]

    @pytest.mark.parametrize(
        ("headers", "request_id"),
        [
            ({"x-amzn-RequestId": "amazon"}, "amazon"),
            ({"X-Amzn-Requestid": "amazon", "x-request-id": "other"}, "amazon"),
            ({"X-Request-Id": "other"}, "other"),
        ],
    )
    def test_a_call_is_logged_with_buildiums_request_id(
        self, client: BuildiumClient, server: Server, log: Callable[[], str], headers: dict[str, str], request_id: str
    ) -> None:
        server.responses = [model.Response(200, {}, headers), model.Response(422, {}, headers)]

        client.get("/rentals")

        assert rejection(client, "POST").request_id == request_id
        assert log().count(f'"requestId":"{request_id}"') == 2

    def test_no_key_body_or_query_is_logged(
        self, make: Callable[..., BuildiumClient], base_url: str, server: Server, log: Callable[[], str]
    ) -> None:
        client = make(base_url)
        server.responses = [
            model.Response(200, [{"Name": "private-answer"}]),
            model.Response(422, {"UserMessage": "private-refusal"}),
            model.Response(0, abort=True),
        ]

        client.get("/rentals", {"location": "private-query"})
        for attempt in ("refused", "lost"):
            with pytest.raises(BuildiumError):
                client.post("/rentals", {"Name": f"private-{attempt}"})

        assert log().count('"path":"/rentals"') == 3
        for secret in ("private", CREDENTIALS.api_key):
            assert secret not in log()

    def test_an_earlier_secret_that_a_server_repeats_is_masked(self, client: BuildiumClient, server: Server) -> None:
        read, sent = "987-65-" + "4321", "123-45-" + "6789"
        server.responses = [
            model.Response(200, {"TaxId": read, "DateOfBirth": "1971-03-17"}),
            model.Response(422, {"UserMessage": f"{read}, 03/17/1971 and {sent} are in use"}),
        ]
        client.read("/leases/tenants/1")

        with pytest.raises(BuildiumRejected, match="are in use") as rejected:
            client.put("/leases/tenants/1", {"TaxId": sent})

        assert not [each for each in (read, sent, "1971") if each in str(rejected.value)]

    def test_a_network_errors_traceback_does_not_quote_the_query(self, make: Callable[..., BuildiumClient]) -> None:
        client = make(f"http://127.0.0.1:{closed_port()}/v1")
        query = {"location": "pri" + "vate"}

        with pytest.raises(BuildiumUnavailable) as caught:
            client.get("/rentals", query)

        assert query["location"] not in "".join(traceback.format_exception(caught.value))

    def test_a_key_invalid_in_a_header_is_not_quoted(self, make: Callable[..., BuildiumClient], base_url: str) -> None:
        client = make(base_url, credentials=lambda: Credentials("id", "private\nkey"))

        error = rejection(client, "GET")

        assert "private" not in "".join(traceback.format_exception(error))


class TestLists:
    @pytest.mark.parametrize(
        ("total", "cap", "headers", "calls"),
        [
            (0, 1000, {"X-Total-Count": "0"}, 1),
            (2, 1000, {"X-Total-Count": "2"}, 1),
            (1000, 1000, {"X-Total-Count": "1000"}, 1),
            (1001, 1000, {"X-Total-Count": "1001"}, 2),
            (250, 100, {"x-total-count": "250"}, 3),
            (250, 100, {}, 4),
            (250, 100, {"X-Total-Count": "many"}, 4),
            (0, 100, {"X-Total-Count": "5"}, 1),
        ],
    )
    def test_a_list_is_read_completely_with_any_page_length(
        self, make: Callable[..., BuildiumClient], total: int, cap: int, headers: dict[str, str], calls: int
    ) -> None:
        listing = Pages(total, cap, headers)
        with LoopbackServer(("127.0.0.1", 0), listing) as loopback:
            client = make(f"http://127.0.0.1:{loopback.server_port}/v1")
            pages = list(client.pages("/rentals", {"location": "Main"}))

        assert [row["Id"] for page in pages for row in page] == list(range(total))
        assert len(listing.queries) == calls

    @pytest.mark.parametrize("too_late", [504, None])
    def test_a_list_with_slow_pages_is_read_in_shorter_pages(
        self, make: Callable[..., BuildiumClient], too_late: int | None
    ) -> None:
        listing, limits = Pages(250, 1000, {"X-Total-Count": "250"}), []
        ended = threading.Event()

        def slow(request: model.Request) -> model.Response:
            limits.append(re.findall(r"limit=([0-9]+)", request.query)[0])
            if limits[-1] == "1000":
                if too_late is not None:
                    return model.Response(too_late, {})
                ended.wait(20 * TIMEOUT)
            return listing(request)

        with LoopbackServer(("127.0.0.1", 0), slow) as loopback:
            client = make(f"http://127.0.0.1:{loopback.server_port}/v1")
            rows = [row["Id"] for page in client.pages("/rentals", {"location": "Main"}) for row in page]
            ended.set()

        assert rows == list(range(250))
        assert limits == ["1000", "100", "200"]

    def test_a_list_that_always_times_out_is_abandoned(self, client: BuildiumClient, server: Server) -> None:
        server.responses = [model.Response(504, {})]

        with pytest.raises(BuildiumTimeout):
            list(client.pages("/rentals", {}))
        assert len(server.got) == 3

    def test_a_non_list_response_is_not_an_empty_list(self, client: BuildiumClient, server: Server) -> None:
        server.responses = [model.Response(200, {"unexpected": 1})]

        with pytest.raises(BuildiumUnavailable):
            list(client.pages("/rentals", {}))

    def test_a_failing_page_raises_instead_of_ending_the_list(self, client: BuildiumClient, server: Server) -> None:
        server.responses = [model.Response(200, [{"Id": 1}], {"X-Total-Count": "2"}), model.Response(500, {})]

        with pytest.raises(BuildiumUnavailable):
            list(client.pages("/rentals", {}))
