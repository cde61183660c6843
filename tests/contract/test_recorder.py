"""The recorder reports violations of the document, and exempts responses of scripted faults."""

from typing import Any

import pytest

from tests.contract.document import document
from tests.contract.location import MISSING, find_document
from tests.contract.recorder import Recorder, assert_valid_exchange
from tests.simulator import Exchange, Simulator
from tests.simulator.payloads import rental

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)


def exchange(**changes: Any) -> Exchange:
    """A rejected create of a property, with Buildium's reason."""
    fields = {
        "method": "POST",
        "path": "/v1/rentals",
        "query": "",
        "headers": {},
        "body": rental(),
        "at": 0.0,
        "status": 422,
        "response": {"UserMessage": "No.", "ErrorCode": None, "Errors": []},
        "fault": None,
        "violations": (),
    }
    return Exchange(**{**fields, **changes})


def test_a_valid_exchange_passes() -> None:
    assert_valid_exchange(exchange())


@pytest.mark.parametrize(
    "changes", [{"body": rental(Adress={})}, {"response": "<html>"}, {"status": 201}, {"path": "/v1/rental"}]
)
def test_an_invalid_exchange_is_reported(changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        assert_valid_exchange(exchange(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"fault": "garbage_after", "status": 201, "response": "<html>"},
        {"fault": "status", "status": 500, "response": "down"},
        {"fault": "reset_after", "status": 0, "response": None},
    ],
)
def test_only_the_response_of_a_scripted_fault_is_exempt(changes: dict[str, Any]) -> None:
    assert_valid_exchange(exchange(**changes))
    with pytest.raises(AssertionError, match="Adress"):
        assert_valid_exchange(exchange(**changes, body=rental(Adress={})))


def test_deliberately_invalid_requests_can_be_excluded() -> None:
    recorder = Recorder(document())
    recorder.observe(exchange(body=rental(Adress={})))
    assert recorder.take(with_requests=False) == []
    assert recorder.take() == []


def test_the_recorder_observes_every_simulator(recorder: Recorder) -> None:
    with Simulator() as buildium:
        assert recorder.observe in buildium.shared_observers
