"""The API accepts the request bodies in the documentation, or the documentation shows the rejection."""

import json
import re
from typing import Any

import pytest

from tests.openapi.assertions import body_faults, route_of
from tools.local_cloud.paths import ROOT

# A call's options, path and body, and the response below it.
CALL = re.compile(
    r"""(?:^api|^curl)(?P<before>[^\n]*?)"\$API_URL(?P<path>/api/[\w/-]+)"(?P<after>(?:[^'\n]|\\\n|'[^'\n]*' )*?)"""
    r"""-d\ '(?P<body>\{[^']*\})'.*?\n```\n```\n(?P<response>.*?)\n```""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


def calls() -> list[Any]:
    found = [
        (f"{file.name} {call['path']}", call)
        for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for call in CALL.finditer(file.read_text())
        if "…" not in call["body"]
    ]
    return [pytest.param(call, id=name) for name, call in found]


@pytest.mark.parametrize("call", calls())
def test_documented_bodies_match_the_schemas(call: re.Match[str]) -> None:
    method = "PUT" if "-X PUT" in call["before"] else "POST"
    assert route_of(method, call["path"])
    faults = body_faults(method, call["path"], json.loads(call["body"]))
    assert bool(faults) == ('"status": 422' in call["response"]), faults


def test_documentation_has_bodies() -> None:
    assert {call.values[0]["path"] for call in calls()} >= {"/api/properties", "/api/owners"}
