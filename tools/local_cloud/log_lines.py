"""Log records as one line each, without the records that only machines read.

A function writes a JSON object per record. Lambda adds records of its own (`platform.…`), and metrics are records with
the member `_aws`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_HEAD = frozenset({"level", "message", "timestamp", "service"})
_HIDDEN = frozenset({"location", "xray_trace_id", "function_request_id", "requestId", "AWSRequestId"})
_RUNTIME_LINES = ("START ", "END ", "REPORT ", "INIT_START", "INIT_REPORT", "XRAY ", "EXTENSION")
_FAILED_RUNS = frozenset({"timeout", "error", "failure"})


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record: its time in milliseconds since the epoch, its level, and its text without line ends."""

    at_ms: int
    level: str
    function: str
    text: str

    def is_at_least(self, level: str) -> bool:
        """Return whether the record has a level or a more severe one."""
        own = LEVELS.index(self.level) if self.level in LEVELS else LEVELS.index("INFO")
        return own >= LEVELS.index(level)

    def __str__(self) -> str:
        """Return the line as it is printed."""
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{at} {self.level:<8} {self.function:<15} {self.text}"


def log_line(message: str, function: str, at_ms: int) -> LogLine | None:
    """Return the line of a record, None for a metric and for a record of Lambda about a run that succeeded."""
    try:
        record = json.loads(message)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return _plain(message, function, at_ms)
    if "_aws" in record:
        return None
    if str(record.get("type", "")).startswith("platform."):
        return _platform(record, function, at_ms)
    members = [f"{name}={_value(value)}" for name, value in record.items() if name not in _HEAD | _HIDDEN]
    text = " ".join([_one_line(str(record.get("message", ""))), *members])
    return LogLine(at_ms, str(record.get("level", "INFO")), function, text)


def _plain(message: str, function: str, at_ms: int) -> LogLine | None:
    if not message.strip() or message.startswith(_RUNTIME_LINES):
        return None
    level = "ERROR" if "Task timed out" in message or message.startswith("[ERROR]") else "INFO"
    return LogLine(at_ms, level, function, _one_line(message))


def _platform(record: dict[str, Any], function: str, at_ms: int) -> LogLine | None:
    details = record.get("record", {})
    status = details.get("status") if isinstance(details, dict) else None
    if record["type"] != "platform.report" or status not in _FAILED_RUNS:
        return None
    return LogLine(at_ms, "ERROR", function, f"Run ended with status={status}")


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False) if not text or any(c.isspace() for c in text) else text


def _one_line(text: str) -> str:
    return " ".join(text.split())
