"""The recorder finds what breaks the document, and exempts what a scripted fault answered."""

from typing import Any

import pytest

from tests.contract.document import document
from tests.contract.location import MISSING, find_document
from tests.contract.recorder import Recorder, assert_valid_exchange
from tests.simulator import Exchange, Simulator
from tests.simulator.messages import rental

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)


def exchange(**changes: Any) -> Exchange:
    """A property that could not be created, for the reason that Buildium gives."""
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


def test_a_good_exchange_passes() -> None:
    assert_valid_exchange(exchange())


@pytest.mark.parametrize(
    "changes", [{"body": rental(Adress={})}, {"response": "<html>"}, {"status": 201}, {"path": "/v1/rental"}]
)
def test_a_bad_exchange_is_found(changes: dict[str, Any]) -> None:
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
def test_what_a_fault_answered_is_exempt_and_its_request_is_not(changes: dict[str, Any]) -> None:
    assert_valid_exchange(exchange(**changes))
    with pytest.raises(AssertionError, match="Adress"):
        assert_valid_exchange(exchange(**changes, body=rental(Adress={})))


def test_requests_that_are_wrong_on_purpose_can_be_left_out() -> None:
    recorder = Recorder(document())
    recorder.observe(exchange(body=rental(Adress={})))
    assert recorder.take(with_requests=False) == []
    assert recorder.take() == []


def test_every_simulator_of_the_run_is_heard(recorder: Recorder) -> None:
    with Simulator() as buildium:
        assert recorder.observe in buildium.shared_observers
