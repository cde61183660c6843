"""Examples of bodies: those of the event files, which the functions are tried with."""

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from tools.local_cloud.paths import ROOT

Examples = dict[str, dict[str, Any]]


def examples(method: str, path: str) -> Examples:
    """Return the bodies that the event files send to a path, each once, under the plainest of its files' names."""
    pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
    found: Examples = {}
    for name, event in _events():
        body = _body(event)
        is_sent_there = event["httpMethod"] == method and pattern.fullmatch(event["path"])
        if is_sent_there and body is not None and {"value": body} not in found.values():
            found[name.partition("-")[2]] = {"value": body}
    return found


@cache
def _events() -> list[tuple[str, dict[str, Any]]]:
    files: Iterable[Any] = sorted((ROOT / "events").glob("*.json"), key=lambda file: (len(file.name), file.name))
    read = ((file.stem, json.loads(file.read_text())) for file in files)
    return [(name, event) for name, event in read if "httpMethod" in event]


def _body(event: dict[str, Any]) -> Any:
    try:
        return json.loads(event["body"] or "")
    except ValueError:
        return None
