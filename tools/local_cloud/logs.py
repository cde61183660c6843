"""`make logs`: shows the logs of the functions, one line per record, from the local cloud or a stack on AWS."""

import argparse
import re
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_cloud import aws
from tools.local_cloud.deploy_local import STACK_NAME
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.invoke import known
from tools.local_cloud.log_lines import LEVELS, LogLine, log_line
from tools.local_cloud.state import State
from tools.local_cloud.template import logical_name

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_logs import CloudWatchLogsClient

_DEFAULT_SINCE = "10m"
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_POLL_SECONDS = 2.0
_OVERLAP_MS = 60_000
"""Records appear late: each poll reads the last minute again."""
_GROUP = "LogGroup"


class FunctionLogs:
    """The log groups of a stack's functions. `shown` has the ids of the records that were returned."""

    def __init__(self, client: "CloudWatchLogsClient", groups: dict[str, str]) -> None:
        self._client = client
        self._groups = groups
        self._shown: set[tuple[str, str]] = set()

    def read(self, since_ms: int) -> list[LogLine]:
        """Return the new records since a time in milliseconds since the epoch, in order of time."""
        lines = [
            line for function, group in self._groups.items() for line in self._read_group(function, group, since_ms)
        ]
        return sorted(lines, key=lambda line: line.at_ms)

    def _read_group(self, function: str, group: str, since_ms: int) -> Iterator[LogLine]:
        pages = self._client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since_ms)
        for event in (event for page in pages for event in page["events"]):
            key = (group, event.get("eventId") or f"{event['timestamp']} {event['message']}")
            if key in self._shown:
                continue
            self._shown.add(key)
            line = log_line(event["message"], function, event["timestamp"])
            if line is not None:
                yield line


def main(arguments: Sequence[str]) -> int:
    """Print the records. Return 1 for a wrong argument, or without a stack."""
    options = _options(arguments)
    try:
        level, since_ms = _level(options.level), since(options.since, time.time())
        logs = _logs(options.stack, options.function)
        _show(logs, level, since_ms, follow=options.follow)
    except (LocalCloudError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def since(text: str, now: float) -> int:
    """Return the milliseconds since the epoch for `90s`, `10m`, `2h`, `1d` before `now`, or for a time in ISO 8601.

    Raises LocalCloudError for anything else.
    """
    if found := re.fullmatch(r"(\d+)([smhd])", text or _DEFAULT_SINCE):
        return int((now - int(found[1]) * _UNIT_SECONDS[found[2]]) * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LocalCloudError(f"SINCE must be like 90s, 10m, 2h, 1d or 2026-11-29T12:00Z, got {text!r}.") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make logs")
    parser.add_argument("function", nargs="?", default="")
    parser.add_argument("--level", default="")
    parser.add_argument("--since", default="")
    parser.add_argument("--stack", default="")
    parser.add_argument("--follow", action="store_true")
    return parser.parse_args(arguments)


def _level(text: str) -> str:
    level = text.upper() or LEVELS[0]
    if level not in LEVELS:
        raise LocalCloudError(f"LEVEL must be one of {', '.join(LEVELS)}, got {text!r}.")
    return level


def _show(logs: FunctionLogs, level: str, since_ms: int, *, follow: bool) -> None:
    while True:
        for line in logs.read(since_ms):
            if line.is_at_least(level):
                print(line, flush=True)
        if not follow:
            return
        since_ms = max(since_ms, int(time.time() * 1000) - _OVERLAP_MS)
        time.sleep(_POLL_SECONDS)


def _logs(stack: str, function: str) -> FunctionLogs:
    """Return the logs of a stack on AWS, or of the local cloud without a name. Raises LocalCloudError."""
    session: Any = boto3.Session() if stack else aws.session()
    options = {} if stack else {"endpoint_url": State().read_stack().endpoint}
    groups = log_groups(session.client("cloudformation", **options), stack or STACK_NAME)
    if function:
        wanted = logical_name(known(function)).removesuffix("Function")
        groups = {name: group for name, group in groups.items() if name == wanted}
    return FunctionLogs(session.client("logs", **options), groups)


def log_groups(client: "CloudFormationClient", stack: str) -> dict[str, str]:
    """Return the log groups of a stack by the names of their functions."""
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        resource["LogicalResourceId"].removesuffix(_GROUP): resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Logs::LogGroup"
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
