"""`make logs` shows one line per record."""

import json
from typing import Any

import pytest

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.log_lines import log_line
from tools.local_cloud.logs import FunctionLogs, main, since

AT_MS = 1_795_962_015_441
RECORD = {
    "level": "WARNING",
    "location": "run:7",
    "message": "Sync attempt failed",
    "timestamp": "2026-11-29T14:20:15.441Z",
    "service": "sync",
    "entity": "property#7",
    "exception": "Traceback\n  line 1\n  line 2",
    "requestId": None,
}


def shown(record: Any) -> str:
    return str(log_line(record if isinstance(record, str) else json.dumps(record), "Sync", AT_MS))


class Logs:
    """Fake of CloudWatch Logs with records by group."""

    def __init__(self, **messages: list[tuple[int, Any]]) -> None:
        self._messages = messages

    def get_paginator(self, _operation: str) -> "Logs":
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> list[dict[str, Any]]:  # noqa: N803 -- boto3's names
        found = [(at, record) for at, record in self._messages[logGroupName] if at >= startTime]
        return [{"events": [{"timestamp": at, "message": json.dumps(record)} for at, record in found]}]


def test_a_record_is_one_line_with_its_members() -> None:
    line = shown(RECORD)

    assert line.startswith("2026-11-29T14:20:15.441Z WARNING  Sync            Sync attempt failed entity=property#7")
    assert "\n" not in line
    assert "location" not in line


@pytest.mark.parametrize(
    "record",
    [
        {"_aws": {"Timestamp": 1}, "SyncRequeued": [0.0]},
        {"time": "…", "type": "platform.start", "record": {}},
        {"time": "…", "type": "platform.report", "record": {"status": "success"}},
        "START RequestId: 1 Version: $LATEST",
        "\n",
    ],
)
def test_metrics_and_runtime_records_are_not_shown(record: Any) -> None:
    assert shown(record) == "None"


@pytest.mark.parametrize(
    "record", [{"type": "platform.report", "record": {"status": "timeout"}}, "2026 Task timed out after 60.00 seconds"]
)
def test_a_timeout_is_an_error(record: Any) -> None:
    assert " ERROR " in shown(record)


def test_a_level_hides_less_severe_records() -> None:
    line = log_line(json.dumps(RECORD), "Sync", AT_MS)

    assert line is not None
    assert [line.is_at_least(level) for level in ("INFO", "WARNING", "ERROR")] == [True, True, False]


def test_records_of_all_functions_are_in_order_of_time() -> None:
    first, second, third = ({**RECORD, "message": name} for name in ("first", "second", "third"))
    logs = FunctionLogs(Logs(a=[(1, first), (3, third)], b=[(2, second)]), {"A": "a", "B": "b"})  # type: ignore[arg-type]

    assert [line.at_ms for line in logs.read(0)] == [1, 2, 3]


def test_a_record_is_shown_once_while_following() -> None:
    logs = FunctionLogs(Logs(a=[(1, RECORD)]), {"A": "a"})  # type: ignore[arg-type]

    assert len(logs.read(0)) == 1
    assert logs.read(0) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 910_000), ("10m", 400_000), ("", 400_000), ("1970-01-01T00:00:05Z", 5000), ("1970-01-01T00:00:05", 5000)],
)
def test_since_is_a_duration_or_a_time(text: str, expected: int) -> None:
    assert since(text, 1000.0) == expected


def test_another_since_is_rejected() -> None:
    with pytest.raises(LocalCloudError, match="SINCE"):
        since("yesterday", 1000.0)


def test_an_unknown_level_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--level", "loud"]) == 1
    assert "LEVEL must be one of" in capsys.readouterr().err
