"""Each button of the console is only for those who may use its route."""

import re
from pathlib import Path

import pytest

from buildium_sync.domain.operator import READ_METHODS, is_operator_action
from tests.openapi.assertions import document

SOURCES = Path(__file__).parents[2] / "functions/console/static/console"
BUTTON = re.compile(r"""(?<![\w.])(?:button\(|h\("button",)""")
NEEDS = re.compile(r'"data-needs": "(\w+)"')
LABEL = re.compile(r'"[^"]*"|`[^`]*`|\w+')
CLOSING = {"(": ")", "{": "}", "[": "]"}
SYNC, REPAIR = "/api/buildium/sync", "/api/buildium/drift/repair"
ROUTES = {
    ("app-webhook.js", "Send test event"): ("POST", "/api/webhooks/test"),
    ("control.js", "Resume"): ("POST", "/api/buildium/resume"),
    ("control.js", "Pause …"): ("POST", "/api/buildium/pause"),
    ("drift.js", "Check for drift"): ("POST", "/api/buildium/drift"),
    ("drift.js", "Repair selected"): ("POST", REPAIR),
    ("drift.js", "${DIRECTIONS[direction]} (${formatNumber(total)})"): ("POST", REPAIR),
    ("edit-form.js", "Save and sync"): ("PUT", "/api/<collection>/<entity_id>"),
    ("entity.js", "Retry"): ("POST", SYNC),
    ("entity.js", "Compare with Buildium"): ("POST", "/api/buildium/drift/<entity_type>/<entity_id>"),
    ("entity.js", "Repair this entity"): ("POST", REPAIR),
    ("erasure.js", "Erase personal data …"): ("POST", "/api/<collection>/<entity_id>/erasure"),
    ("events.js", "Process again"): ("POST", "/api/buildium/events/<event_id>/retry"),
    ("fix.js", "label"): ("PUT", "/api/<collection>/<entity_id>"),
    ("imports.js", "Start import"): ("POST", "/api/buildium/import"),
    ("imports.js", "Import again"): ("POST", "/api/buildium/import"),
    ("leftover-dead-letters.js", "Remove leftover dead letters"): ("POST", SYNC),
    ("review-decisions.js", "Undo"): ("POST", "/api/buildium/review/undo"),
    ("reviews.js", "Link to ${id}"): ("POST", "/api/buildium/review"),
    ("reviews.js", "Create new"): ("POST", "/api/buildium/review"),
    ("sync-groups.js", "label"): ("POST", SYNC),
    ("syncs.js", "Retry selected"): ("POST", SYNC),
    ("syncs.js", "retryAllLabel"): ("POST", SYNC),
    ("syncs.js", "Retry"): ("POST", SYNC),
}
"""The route of each button that changes something, by file and label. A label may be code."""
WITHOUT_ROUTE = {
    ("app.js", "Sign in"),
    ("app.js", "Try again"),
    ("connection.js", "Check again"),
    ("copyable-id.js", "Copy"),
    ("dom.js", "label"),
    ("dom.js", "Cancel"),
    ("drift-entries.js", "Show more"),
    ("edit-form.js", "Show all fields"),
    ("edit-form.js", "Cancel"),
    ("entity.js", "Show"),
    ("lease-ledger.js", "Show all ${formatNumber(rows.length)} entries"),
    ("paged-list.js", "Show more"),
}
"""Buttons that only read, or that close a dialog or a form."""


def buttons() -> dict[tuple[str, str], str | None]:
    """Return what each button needs, by file and label."""
    found = {}
    for file in sorted(SOURCES.glob("*.js")):
        text = file.read_text()
        for match in BUTTON.finditer(text):
            if text[: match.start()].endswith("function "):
                continue
            call = arguments(text, match.end() - 1 if match.group().endswith("(") else match.start() + 1)
            labels = LABEL.findall(call)
            label = labels[-1] if match.group().startswith("h") else labels[0]
            needs = NEEDS.search(call)
            found[file.name, label.strip('"`')] = needs[1] if needs else None
    return found


def arguments(text: str, start: int) -> str:
    """Return the arguments of a call, whose bracket is at a position."""
    depth = 0
    for end in range(start, len(text)):
        depth += (text[end] in CLOSING) - (text[end] in CLOSING.values())
        if not depth:
            return text[start + 1 : end]
    raise AssertionError("the call has no end")


def role(method: str, path: str) -> str | None:
    """Return what a key needs to send a request."""
    if method in READ_METHODS:
        return None
    return "operate" if is_operator_action(method, path) else "write"


def test_every_button_is_in_one_of_the_tables() -> None:
    assert sorted(buttons()) == sorted([*ROUTES, *WITHOUT_ROUTE])


@pytest.mark.parametrize(("button", "route"), ROUTES.items(), ids=" ".join)
def test_a_button_needs_the_role_of_its_route(button: tuple[str, str], route: tuple[str, str]) -> None:
    method, path = route
    documented = path.replace("<collection>", "owners").translate({ord("<"): "{", ord(">"): "}"})
    assert method.lower() in document()["paths"][documented]
    assert buttons()[button] == role(method, path)


@pytest.mark.parametrize("button", sorted(WITHOUT_ROUTE), ids=" ".join)
def test_a_button_without_a_route_needs_no_role(button: tuple[str, str]) -> None:
    assert buttons()[button] is None
