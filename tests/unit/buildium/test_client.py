import io
import json
import logging
import re
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests

from buildium_sync.buildium import answers
from buildium_sync.buildium.answers import Answer
from buildium_sync.buildium.calls import CallCount
from buildium_sync.buildium.circuits import Circuits
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.lanes import Lane
from buildium_sync.buildium.rate_limit import RateLimit, Slot
from buildium_sync.buildium.session import new_session
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumUnavailable,
    CredentialsRefused,
    FieldError,
    OutcomeUnknown,
    RateLimited,
    TimedOut,
)
from buildium_sync.observability import logger
from buildium_sync.settings import Credentials
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.simulator import model
from tests.simulator.server import LoopbackServer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CREDENTIALS = Credentials("the-client-id", "the-api-key", ())
TIMEOUT = 0.4
INTERVAL = 0.1
WRITES = ("POST", "PUT")


class Server:
    """Gives the answers that a test scripts, the last one again and again, and keeps what was asked."""

    def __init__(self) -> None:
        self.answers: list[model.Answer] = [model.Answer(200, {})]
        self.got: list[model.Request] = []

    def __call__(self, request: model.Request) -> model.Answer:
        self.got.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def base_url(server: Server) -> Iterator[str]:
    with LoopbackServer(("127.0.0.1", 0), server) as loopback:
        yield f"http://127.0.0.1:{loopback.server_port}/v1"


class NoLimit:
    """For calls whose slots are not what a test is about."""

    def wait(self, longest: float, lane: Lane) -> Slot:
        assert longest > 0
        return Slot(0, 10, 0, 0)

    def refused(self, slot: Slot, seconds: float) -> None:
        raise AssertionError("nothing was throttled")


class AllClosed:
    """For calls whose circuits are not what a test is about."""

    def check(self, names: tuple[str, ...]) -> None:
        assert names

    def note(self, names: tuple[str, ...], error: BuildiumError | None) -> None:
        assert names


@pytest.fixture
def rate_limit(dynamodb: "DynamoDBClient", clock: VirtualClock) -> RateLimit:
    return RateLimit(dynamodb, CONTROL, rate=1 / INTERVAL, clock=clock, sleep=clock.sleep)


@pytest.fixture
def make() -> Callable[..., BuildiumClient]:
    def client(base_url: str, **changes: Any) -> BuildiumClient:
        session = new_session(1, CallCount())
        session.trust_env = False
        parts: dict[str, Any] = {
            "credentials": lambda: CREDENTIALS,
            "fresh_credentials": lambda: CREDENTIALS,
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
def limited(make: Callable[..., BuildiumClient], base_url: str, rate_limit: RateLimit) -> BuildiumClient:
    return make(base_url, rate_limit=rate_limit)


def call(client: BuildiumClient, method: str) -> Answer:
    if method == "GET":
        return client.get("/rentals")
    return (client.post if method == "POST" else client.put)("/rentals", {"Name": "Sunset"})


def refusal(client: BuildiumClient, method: str) -> BuildiumError:
    with pytest.raises(BuildiumError) as caught:
        call(client, method)
    return caught.value


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_every_call_carries_the_keys_and_asks_for_json(client: BuildiumClient, server: Server, method: str) -> None:
    call(client, method)

    headers = {name.lower(): value for name, value in server.got[0].headers.items()}
    assert headers["x-buildium-client-id"] == "the-client-id"
    assert headers["x-buildium-client-secret"] == "the-api-key"
    assert headers["accept"] == "application/json"


def test_a_message_is_sent_as_json_and_the_answer_read(client: BuildiumClient, server: Server) -> None:
    server.answers = [model.Answer(201, {"Id": 7}, {"Link": "</v1/rentals/units/1>"})]

    answer = client.post("/rentals", {"Name": "Müller"})

    assert (answer.content, answer.headers["link"]) == ({"Id": 7}, "</v1/rentals/units/1>")
    assert json.loads(server.got[0].body) == {"Name": "Müller"}
    assert {k.lower(): v for k, v in server.got[0].headers.items()}["content-type"] == "application/json"


def test_keys_that_were_rotated_are_used_from_the_next_call_on(
    make: Callable[..., BuildiumClient], base_url: str, server: Server
) -> None:
    keys = iter([Credentials("1", "old", ()), Credentials("1", "new", ())])
    client = make(base_url, credentials=lambda: next(keys))

    client.get("/rentals")
    client.get("/rentals")

    assert [request.headers["x-buildium-client-secret"] for request in server.got] == ["old", "new"]


def test_a_key_that_was_rotated_while_it_was_kept_is_not_taken_for_refused(
    make: Callable[..., BuildiumClient], base_url: str, server: Server
) -> None:
    server.answers = [model.Answer(401, {}), model.Answer(200, {"Id": 1})]
    client = make(base_url, fresh_credentials=lambda: Credentials("1", "new", ()))

    assert client.post("/rentals", {}).content == {"Id": 1}
    assert [request.headers["x-buildium-client-secret"] for request in server.got] == ["the-api-key", "new"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_not_tried_again(client: BuildiumClient, server: Server, status: int) -> None:
    server.answers = [model.Answer(status, {})]

    assert type(refusal(client, "POST")) is CredentialsRefused
    assert len(server.got) == 1


def test_no_call_is_made_through_an_open_circuit_and_no_slot_taken(
    make: Callable[..., BuildiumClient],
    base_url: str,
    server: Server,
    dynamodb: "DynamoDBClient",
    clock: VirtualClock,
) -> None:
    server.answers = [model.Answer(401, {"UserMessage": "Unknown key."})]
    client = make(base_url, circuits=Circuits(dynamodb, CONTROL, clock=clock, probe=60.0))
    refusal(client, "GET")
    limit = RateLimit(dynamodb, CONTROL, rate=10, clock=clock, sleep=clock.sleep)
    client = make(base_url, rate_limit=limit, circuits=Circuits(dynamodb, CONTROL, clock=clock, probe=60.0))

    error = refusal(client, "POST")

    assert type(error) is CredentialsRefused
    assert "Unknown key." in str(error)
    assert len(server.got) == 1
    assert "Item" not in dynamodb.get_item(TableName=CONTROL, Key={"pk": {"S": "rate#buildium"}})


@pytest.mark.parametrize(
    ("status", "method", "kind", "outage"),
    [
        *[(status, method, BuildiumRejected, None) for status in (400, 409, 415, 422) for method in ("GET", "POST")],
        *[(404, method, BuildiumNotFound, None) for method in ("GET", "PUT")],
        *[(status, method, CredentialsRefused, None) for status in (401, 403) for method in ("GET", "POST")],
        *[(status, "GET", BuildiumUnavailable, False) for status in (408, 500, 501)],
        *[(status, method, OutcomeUnknown, False) for status in (408, 500, 501) for method in WRITES],
        *[(status, "GET", BuildiumUnavailable, True) for status in (502, 503)],
        (504, "GET", TimedOut, True),
        *[(status, method, OutcomeUnknown, True) for status in (502, 503, 504) for method in WRITES],
    ],
)
def test_a_status_says_whether_a_write_may_have_been_done(
    client: BuildiumClient, server: Server, status: int, method: str, kind: type, outage: bool | None
) -> None:
    server.answers = [model.Answer(status, {"UserMessage": "No."}, {"x-request-id": "their-id"})]

    error = refusal(client, method)

    assert type(error) is kind
    assert (error.status, error.request_id) == (status, "their-id")
    assert getattr(error, "outage", None) is outage
    assert len(server.got) == 1


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_call_that_never_left_is_certainly_not_done(
    make: Callable[..., BuildiumClient], method: str, host: str
) -> None:
    error = refusal(make(f"http://{host}:{closed_port()}/v1"), method)

    assert type(error) is BuildiumUnavailable
    assert error.outage


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [(model.Answer(0, abort=True), BuildiumUnavailable), (model.Answer(200, {}, delay=2 * TIMEOUT), TimedOut)],
)
def test_a_lost_answer_leaves_a_write_unknown(
    client: BuildiumClient, server: Server, method: str, fault: model.Answer, kind: type
) -> None:
    server.answers = [fault]

    error = refusal(client, method)

    assert type(error) is (kind if method == "GET" else OutcomeUnknown)
    assert getattr(error, "outage", None) is True
    assert len(server.got) == 1


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize("raw", [b"", b"<html>", b"{", b"\xff\xfe\xfd"])
def test_an_answer_that_is_not_json_leaves_a_write_unknown(
    client: BuildiumClient, server: Server, method: str, raw: bytes
) -> None:
    server.answers = [model.Answer(201, raw=raw)]

    error = refusal(client, method)

    assert type(error) is (BuildiumUnavailable if method == "GET" else OutcomeUnknown)


def test_an_answer_cut_off_in_the_middle_leaves_a_write_unknown(make: Callable[..., BuildiumClient]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = make(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
        sender = threading.Thread(target=_half_an_answer, args=(listening,))
        sender.start()
        error = refusal(client, "POST")
        sender.join()

    assert type(error) is OutcomeUnknown


def _half_an_answer(listening: socket.socket) -> None:
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


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_an_answer_that_trickles_ends_with_the_time_of_its_call(
    make: Callable[..., BuildiumClient], method: str, head: bytes
) -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = make(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
        sender = threading.Thread(target=_trickle, args=(listening, ended, head))
        sender.start()
        guard = threading.Timer(20 * TIMEOUT, ended.set)
        guard.start()
        error = refusal(client, method)
        in_time = not ended.is_set()
        ended.set()
        guard.cancel()
        sender.join()

    assert in_time
    assert type(error) is (TimedOut if method == "GET" else OutcomeUnknown)
    assert error.outage


def test_an_answer_that_is_too_long_is_not_read_to_its_end(
    client: BuildiumClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_LONGEST", 1000)
    server.answers = [model.Answer(200, raw=b"[" + b" " * 2000 + b"]")]

    assert type(refusal(client, "GET")) is BuildiumUnavailable
    assert type(refusal(client, "POST")) is OutcomeUnknown


def test_connecting_and_reading_together_take_no_longer_than_the_timeout(
    make: Callable[..., BuildiumClient], base_url: str, monkeypatch: pytest.MonkeyPatch
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


def test_a_redirect_is_not_followed(client: BuildiumClient, server: Server, base_url: str) -> None:
    server.answers = [model.Answer(302, {}, {"Location": f"{base_url}/elsewhere"}), model.Answer(200, {})]

    assert type(refusal(client, "GET")) is BuildiumRejected
    assert [request.path for request in server.got] == ["/v1/rentals"]


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_throttled_call_is_made_again_with_a_slot_of_its_own(
    limited: BuildiumClient, server: Server, method: str, clock: VirtualClock
) -> None:
    began = clock()
    server.answers = [model.Answer(429, {}), model.Answer(429, {}), model.Answer(200, {"Id": 1})]

    assert call(limited, method).content == {"Id": 1}
    # 0.2 s after the first, 0.4 s after the second.
    assert clock() - began == pytest.approx(0.6, abs=0.01)
    assert len(server.got) == 3


def test_a_call_that_stays_throttled_is_given_up_and_certainly_not_done(
    limited: BuildiumClient, server: Server
) -> None:
    server.answers = [model.Answer(429, {"UserMessage": "Slow down."})]

    error = refusal(limited, "POST")

    assert type(error) is RateLimited
    assert error.status == 429
    assert len(server.got) == 4


@pytest.mark.parametrize(("left", "calls"), [(TIMEOUT + 1.9, 0), (0.0, 0), (-5.0, 0), (TIMEOUT + 2.1, 1)])
def test_no_call_is_begun_that_could_outlive_the_function(
    make: Callable[..., BuildiumClient],
    base_url: str,
    server: Server,
    rate_limit: RateLimit,
    left: float,
    calls: int,
) -> None:
    client = make(base_url, rate_limit=rate_limit, time_left=lambda: left)

    if calls:
        client.get("/rentals")
    else:
        assert type(refusal(client, "GET")) is RateLimited

    assert len(server.got) == calls


def test_no_call_is_made_again_that_could_outlive_the_function(
    make: Callable[..., BuildiumClient], base_url: str, server: Server, rate_limit: RateLimit, clock: VirtualClock
) -> None:
    end = clock() + TIMEOUT + 2.1
    server.answers = [model.Answer(429, {})]
    client = make(base_url, rate_limit=rate_limit, time_left=lambda: end - clock())

    assert type(refusal(client, "POST")) is RateLimited
    assert len(server.got) == 1


class RefusesToSlowDown:
    """A rate limit whose table went away after the slot was taken."""

    def __init__(self, client: "DynamoDBClient", clock: VirtualClock) -> None:
        self._with_table = RateLimit(client, CONTROL, rate=10, clock=clock, sleep=clock.sleep)
        self._without = RateLimit(client, "no-such-table", rate=10, clock=clock, sleep=clock.sleep)

    def wait(self, longest: float, lane: Lane) -> Slot:
        return self._with_table.wait(longest, lane)

    def refused(self, slot: Slot, seconds: float) -> None:
        self._without.refused(slot, seconds)


def test_a_throttled_create_is_certainly_not_done_although_the_table_is_away(
    make: Callable[..., BuildiumClient],
    base_url: str,
    server: Server,
    dynamodb: "DynamoDBClient",
    clock: VirtualClock,
) -> None:
    server.answers = [model.Answer(429, {})]

    error = refusal(make(base_url, rate_limit=RefusesToSlowDown(dynamodb, clock)), "POST")

    assert type(error) is RateLimited


@pytest.mark.parametrize(
    ("body", "text", "errors"),
    [
        (
            {"UserMessage": "Bad.", "ErrorCode": 1, "Errors": [{"Key": "Name", "Value": "is empty"}]},
            "Buildium answered 422: Bad. (Name: is empty)",
            (FieldError("Name", "is empty"),),
        ),
        (
            {"UserMessage": "is empty", "Errors": [{"Key": "Name", "Value": "is empty"}]},
            "Buildium answered 422: Name: is empty",
            (FieldError("Name", "is empty"),),
        ),
        ({"UserMessage": "Bad.", "ErrorCode": None, "Errors": []}, "Buildium answered 422: Bad.", ()),
        ({"UserMessage": "Bad.", "ErrorCode": None, "Errors": None}, "Buildium answered 422: Bad.", ()),
        ({"UserMessage": None}, "Buildium answered 422: Unprocessable", ()),
        ({"UserMessage": "Bad.", "Errors": 5}, "Buildium answered 422: Bad.", ()),
        ({"UserMessage": "Bad.", "Errors": "text"}, "Buildium answered 422: Bad.", ()),
        ({"UserMessage": "Bad.", "Errors": [None, "x", {}]}, "Buildium answered 422: Bad.", (FieldError("", ""),)),
        (["not", "an", "object"], "Buildium answered 422: Unprocessable", ()),
    ],
)
def test_a_refusal_says_what_buildium_says_whatever_its_form(
    client: BuildiumClient, server: Server, body: Any, text: str, errors: tuple[FieldError, ...]
) -> None:
    server.answers = [model.Answer(422, body)]

    error = refusal(client, "POST")

    assert type(error) is BuildiumRejected
    assert str(error).startswith(text)
    assert error.errors == errors


def test_a_refusal_that_is_not_json_is_told_by_its_status(client: BuildiumClient, server: Server) -> None:
    server.answers = [model.Answer(400, raw=b"<html>")]

    assert str(refusal(client, "POST")) == "Buildium answered 400: Bad Request"


class Pages:
    """A list of `total` rows that gives at most `cap` in a page, and tells its length or not."""

    def __init__(self, total: int, cap: int, told: dict[str, str]) -> None:
        self._total, self._cap, self._told = total, cap, told
        self.queries: list[str] = []

    def __call__(self, request: model.Request) -> model.Answer:
        self.queries.append(request.query)
        query = dict(part.split("=") for part in request.query.split("&"))
        assert (query["orderby"], query["location"]) == ("Id", "Main")
        first = int(query["offset"])
        last = min(first + min(self._cap, int(query["limit"])), self._total)
        return model.Answer(200, [{"Id": place} for place in range(first, last)], self._told)


@pytest.mark.parametrize(
    ("total", "cap", "told", "calls"),
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
def test_a_list_is_read_to_its_end_whatever_the_length_of_its_pages(
    make: Callable[..., BuildiumClient], total: int, cap: int, told: dict[str, str], calls: int
) -> None:
    listing = Pages(total, cap, told)
    with LoopbackServer(("127.0.0.1", 0), listing) as loopback:
        client = make(f"http://127.0.0.1:{loopback.server_port}/v1")
        pages = list(client.pages("/rentals", {"location": "Main"}))

    assert [row["Id"] for page in pages for row in page] == list(range(total))
    assert len(listing.queries) == calls


@pytest.mark.parametrize("too_late", [504, None])
def test_a_list_whose_long_pages_come_too_late_is_read_in_shorter_ones(
    make: Callable[..., BuildiumClient], too_late: int | None
) -> None:
    listing, limits = Pages(250, 1000, {"X-Total-Count": "250"}), []
    ended = threading.Event()

    def slow(request: model.Request) -> model.Answer:
        limits.append(re.findall(r"limit=([0-9]+)", request.query)[0])
        if limits[-1] == "1000":
            if too_late is not None:
                return model.Answer(too_late, {})
            ended.wait(20 * TIMEOUT)
        return listing(request)

    with LoopbackServer(("127.0.0.1", 0), slow) as loopback:
        client = make(f"http://127.0.0.1:{loopback.server_port}/v1")
        rows = [row["Id"] for page in client.pages("/rentals", {"location": "Main"}) for row in page]
        ended.set()

    assert rows == list(range(250))
    assert limits == ["1000", "100", "200"]


def test_a_list_that_never_comes_in_time_is_not_asked_for_without_end(client: BuildiumClient, server: Server) -> None:
    server.answers = [model.Answer(504, {})]

    with pytest.raises(TimedOut):
        list(client.pages("/rentals", {}))
    assert len(server.got) == 3


def test_a_list_that_is_none_is_no_empty_list(client: BuildiumClient, server: Server) -> None:
    server.answers = [model.Answer(200, {"unexpected": 1})]

    with pytest.raises(BuildiumUnavailable):
        list(client.pages("/rentals", {}))


def test_a_failing_page_does_not_end_a_list(client: BuildiumClient, server: Server) -> None:
    server.answers = [model.Answer(200, [{"Id": 1}], {"X-Total-Count": "2"}), model.Answer(500, {})]

    with pytest.raises(BuildiumUnavailable):
        list(client.pages("/rentals", {}))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that is logged, by us and by the libraries, which a root logger at DEBUG lets through."""
    caplog.set_level(logging.DEBUG)
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    # moto's own calls go through botocore, whose lines hold what the tests send to DynamoDB.
    return lambda: (
        stream.getvalue()
        + "\n".join(str(r.getMessage()) for r in caplog.records if not r.name.startswith(("boto", "moto")))
    )


def test_no_key_body_or_query_is_logged(
    make: Callable[..., BuildiumClient], base_url: str, server: Server, log: Callable[[], str]
) -> None:
    client = make(base_url)
    server.answers = [
        model.Answer(200, [{"Name": "private-answer"}]),
        model.Answer(422, {"UserMessage": "private-refusal"}),
        model.Answer(0, abort=True),
    ]

    client.get("/rentals", {"location": "private-query"})
    for attempt in ("refused", "lost"):
        with pytest.raises(BuildiumError):
            client.post("/rentals", {"Name": f"private-{attempt}"})

    assert log().count('"path":"/rentals"') == 3
    for secret in ("private", CREDENTIALS.api_key):
        assert secret not in log()


def test_a_network_errors_traceback_does_not_quote_the_query(make: Callable[..., BuildiumClient]) -> None:
    client = make(f"http://127.0.0.1:{closed_port()}/v1")
    query = {"location": "pri" + "vate"}

    with pytest.raises(BuildiumUnavailable) as caught:
        client.get("/rentals", query)

    assert query["location"] not in "".join(traceback.format_exception(caught.value))


def test_a_key_that_no_header_takes_is_not_quoted(make: Callable[..., BuildiumClient], base_url: str) -> None:
    client = make(base_url, credentials=lambda: Credentials("id", "private\nkey", ()))

    error = refusal(client, "GET")

    assert "private" not in "".join(traceback.format_exception(error))
