"""The bodies that the documents show are such as the API takes, or are shown to be refused."""

import json
import re
from typing import Any

import pytest

from tests.openapi.assertions import body_faults, route_of
from tools.local_cloud.paths import ROOT

# The call's options, path and body, and what is shown as its answer.
CALL = re.compile(
    r"""(?:^api|^curl)(?P<before>[^\n]*?)"\$API_URL(?P<path>/api/[\w/-]+)"(?P<after>(?:[^'\n]|\\\n|'[^'\n]*' )*?)"""
    r"""-d\ '(?P<body>\{[^']*\})'.*?\n```\n```\n(?P<answer>.*?)\n```""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


def shown() -> list[Any]:
    found = [
        (f"{file.name} {call['path']}", call)
        for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for call in CALL.finditer(file.read_text())
        if "…" not in call["body"]
    ]
    return [pytest.param(call, id=name) for name, call in found]


@pytest.mark.parametrize("call", shown())
def test_a_body_that_is_shown_is_taken_unless_it_is_shown_to_be_refused(call: re.Match[str]) -> None:
    method = "PUT" if "-X PUT" in call["before"] else "POST"
    assert route_of(method, call["path"])
    faults = body_faults(method, call["path"], json.loads(call["body"]))
    assert bool(faults) == ('"status": 422' in call["answer"]), faults


def test_the_documents_show_bodies() -> None:
    assert {call.values[0]["path"] for call in shown()} >= {"/api/properties", "/api/owners"}
