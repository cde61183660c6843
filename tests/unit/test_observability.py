import io
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from buildium_sync.errors import InvocationFailed
from buildium_sync.observability import (
    correlation_scope,
    increment,
    instrumented,
    logger,
    metrics,
    record_metric,
    redacted,
)

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def _no_metrics_of_other_tests() -> None:
    metrics.clear_metrics()


@pytest.mark.parametrize(
    "name",
    [
        "BUILDIUM_API_KEY",
        "BUILDIUM_WEBHOOK_SECRET",
        "x-buildium-client-secret",
        "buildium-webhook-signature",
        "Authorization",
        "body",
        "payload",
        "multiValueHeaders",
        "taxId",
        "TaxInformation",
        "TaxPayerId",
        "AccountNumberUnmasked",
        "routingNumber",
        "X-Amz-Security-Token",
    ],
)
def test_values_under_sensitive_names_are_not_logged(lines: Lines, name: str) -> None:
    logger.info("line", extra={"outer": [{"inner": {name: {"any": "private"}}}], name: "private"})
    logger.info({name: "private"})
    logger.info(json.dumps({name: "private"}))

    assert "private" not in json.dumps(lines())
    assert len(lines()) == 3


@pytest.mark.parametrize(
    "name",
    [
        "entityId",
        "processName",
        "accountId",
        "leaseToken",
        "nextToken",
        "everybody",
        "status",
        "path",
        "reason",
    ],
)
def test_values_under_ordinary_names_are_logged(name: str) -> None:
    assert redacted({name: "shown"}) == {name: "shown"}


def test_an_inner_correlation_scope_restores_the_outer_one(lines: Lines) -> None:
    with correlation_scope("outer"):
        with correlation_scope("inner"):
            logger.info("one")
        logger.info("two")
    logger.info("three")

    assert [line.get("correlation_id") for line in lines()] == ["inner", "outer", None]


def test_a_correlation_scope_ends_with_an_error(lines: Lines) -> None:
    with pytest.raises(ValueError, match="broken"), correlation_scope("a"):
        raise ValueError("broken")
    logger.info("after")

    assert "correlation_id" not in lines()[0]


def test_threads_have_separate_correlation_scopes(lines: Lines) -> None:
    together = Barrier(4)

    def work(name: str) -> None:
        with correlation_scope(name):
            together.wait(timeout=10)
            logger.info(name)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, "abcd"))

    assert sorted((line["message"], line["correlation_id"]) for line in lines()) == [(name, name) for name in "abcd"]


@pytest.fixture
def _eager_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_eager_threads")
def test_counts_of_many_threads_are_all_written(capsys: pytest.CaptureFixture[str]) -> None:
    def work(_event: dict[str, Any], _context: Any) -> None:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: increment("BuildiumCalls"), range(1000)))
        record_metric("OldestPendingSyncAge", 1.5, MetricUnit.Seconds)

    instrumented(work)({}, None)

    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(sum(line.get("BuildiumCalls", [])) for line in written) == 1000
    assert written[-1]["OldestPendingSyncAge"] == [1.5]


def test_metrics_are_written_when_the_handler_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_event: dict[str, Any], _context: Any) -> None:
        increment("SyncFailed", 2)
        raise ValueError("broken")

    with pytest.raises(InvocationFailed):
        instrumented(fail)({}, None)

    assert json.loads(capsys.readouterr().out)["SyncFailed"] == [2.0]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(ValueError("Jane Roe"), "ValueError", id="of Python"),
        pytest.param(
            ClientError({"Error": {"Code": "Throttled", "Message": "Jane Roe"}}, "GetItem"),
            "ClientError Throttled",
            id="of AWS",
        ),
    ],
)
def test_a_failed_invocation_does_not_repeat_the_text(error: Exception, expected: str, lines: Lines) -> None:
    def fail(_event: dict[str, Any], _context: Any) -> None:
        raise error

    with pytest.raises(InvocationFailed) as failed:
        instrumented(fail)({}, None)

    shown = "".join(traceback.format_exception(failed.value))
    [line] = lines()
    assert str(failed.value) == expected
    assert expected in line["exception"]
    assert "Jane Roe" not in shown + json.dumps(line)


def test_a_handler_without_metrics_writes_none(
    capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    instrumented(lambda _event, _context: None)({}, None)

    assert capsys.readouterr().out == ""
    assert not recwarn.list


def test_every_log_line_of_a_handler_has_its_request_id(lines: Lines) -> None:
    def work(_event: dict[str, Any], _context: Any) -> None:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(logger.info, "in a thread").result()

    instrumented(work)({}, SimpleNamespace(aws_request_id="request-1"))

    assert lines()[0]["function_request_id"] == "request-1"


def test_error_messages_and_their_causes_are_not_logged(lines: Lines) -> None:
    text = "private: 123-45-6789"
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise KeyError(text) from error
    except KeyError:
        logger.exception("line")

    [line] = lines()
    assert "private" not in json.dumps(line)
    assert "ValueError" in line["exception"]
    assert "KeyError" in line["exception"]
    assert "test_observability.py" in line["exception"]


def test_the_code_of_an_aws_error_is_logged(lines: Lines) -> None:
    response: Any = {"Error": {"Code": "AccessDeniedException", "Message": "private"}}
    try:
        raise ClientError(response, "PutItem")
    except ClientError:
        logger.exception("line")

    [line] = lines()
    assert "AccessDeniedException" in line["exception"]
    assert "private" not in json.dumps(line)
