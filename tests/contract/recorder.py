"""A pytest plugin: validates every exchange of the test run against Buildium's document.

It observes every `Simulator` of this process; validate a simulator process with
`assert_valid_exchanges(remote.requests())`. Mark a test that sends invalid requests with
`@pytest.mark.sends_invalid_requests`: its responses are still validated. Mark one that reads undocumented values with
`@pytest.mark.reads_unlisted_values`. Without the document nothing is validated, and the header of the run reports it.
"""

import threading
from collections.abc import Iterable, Iterator

import pytest

from tests.contract.document import Document, document
from tests.contract.location import MISSING, find_document
from tests.simulator import Exchange, Simulator

MARKER = "sends_invalid_requests"
UNLISTED = "reads_unlisted_values"
UNANSWERED = 0


class Recorder:
    """Validates the observed exchanges against the document and collects the faults."""

    def __init__(self, judge: Document) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._requests: list[str] = []
        self._responses: list[str] = []

    def observe(self, exchange: Exchange) -> None:
        """Validate one exchange; the response of a scripted fault is exempt."""
        where = f"{exchange.method} {exchange.path}"
        wrong_request = self._judge.request_errors(exchange.method, exchange.path, exchange.query, exchange.body)
        wrong_response = [] if _is_exempt(exchange) else self._response_errors(exchange)
        with self._lock:
            self._requests += [f"request {where}: {error}" for error in wrong_request]
            self._responses += [f"answer {exchange.status} to {where}: {error}" for error in wrong_response]

    def _response_errors(self, exchange: Exchange) -> list[str]:
        return self._judge.response_errors(exchange.method, exchange.path, exchange.status, exchange.response)

    def take(self, with_requests: bool = True, with_responses: bool = True) -> list[str]:
        """The faults since the last call."""
        with self._lock:
            found = [*(self._requests if with_requests else []), *(self._responses if with_responses else [])]
            self._requests.clear()
            self._responses.clear()
            return found


def _is_exempt(exchange: Exchange) -> bool:
    distorted = exchange.fault in ("status", "error_after", "garbage_after")
    return distorted or exchange.status == UNANSWERED


def assert_valid_exchange(exchange: Exchange) -> None:
    """Assert that the document allows a request and its response."""
    assert_valid_exchanges([exchange])


def assert_valid_exchanges(exchanges: Iterable[Exchange]) -> None:
    """Assert that the document allows these requests and responses.

    Raises: AssertionError: naming each violation. FileNotFoundError: the document is missing.
    """
    recorder = Recorder(document())
    for exchange in exchanges:
        recorder.observe(exchange)
    _assert_none(recorder.take())


def _assert_none(found: list[str]) -> None:
    if found:
        raise AssertionError("\n  ".join(["Buildium's document does not allow:", *found]))


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line("markers", f"{MARKER}: its requests are wrong on purpose")
    config.addinivalue_line("markers", f"{UNLISTED}: Buildium shows values that its document does not list")


def pytest_report_header() -> str:
    """Report whether exchanges are validated in this run."""
    path = find_document()
    return f"contract: every message against {path}" if path else f"contract: not judged. {MISSING}"


@pytest.fixture(scope="session", autouse=True)
def recorder() -> Iterator[Recorder | None]:
    """Observes every exchange of the process, from before the first simulator starts."""
    if find_document() is None:
        yield None
        return
    listener = Recorder(document())
    Simulator.shared_observers.append(listener.observe)
    yield listener
    Simulator.shared_observers.remove(listener.observe)
    _assert_none(listener.take())


@pytest.fixture(autouse=True)
def judged(recorder: Recorder | None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test during which a payload violated the document."""
    yield
    if recorder is not None:
        is_marked = {name: request.node.get_closest_marker(name) is not None for name in (MARKER, UNLISTED)}
        _assert_none(recorder.take(with_requests=not any(is_marked.values()), with_responses=not is_marked[UNLISTED]))
