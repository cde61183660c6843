"""Names and values with control characters for bidirectional text do not reorder what surrounds them."""

import pytest
from playwright.sync_api import expect

from tests.e2e.account import create_rejected
from tests.e2e.api import Api, property_body, unique
from tests.e2e.browser import Console
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

OVERRIDE = "\u202e"
"""RIGHT-TO-LEFT OVERRIDE: the rest of a paragraph is shown backwards."""
SCRIPT = """(mark) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = { isolated: 0, others: [] };
    while (walker.nextNode()) {
        const { data, parentElement: element } = walker.currentNode;
        if (!data.includes(mark)) continue;
        const isIsolated = getComputedStyle(element).unicodeBidi === 'isolate' && element.childNodes.length === 1;
        if (isIsolated) found.isolated += 1;
        else found.others.push(element.outerHTML);
    }
    return found;
}"""
"""Counts the texts with a mark whose element isolates them and has no other content."""


@pytest.fixture(scope="module")
def entity_id(api: Api, simulator: RemoteSimulator) -> str:
    """A failed property whose name has the override."""
    name = unique("Elm")
    return create_rejected(api, simulator, "property", property_body(f"{name} {OVERRIDE}mlE"), name)


def assert_isolated(console: Console, at_least: int) -> None:
    found = console.page.evaluate(SCRIPT, OVERRIDE)
    assert (found["others"], found["isolated"] >= at_least) == ([], True)


def test_an_override_in_a_name_reorders_no_other_text(console: Console, entity_id: str) -> None:
    page = console.page
    console.open("syncs")
    expect(page.get_by_role("link", name=OVERRIDE).first).to_be_visible()
    assert_isolated(console, 1)
    console.show_entity("property", entity_id)
    expect(page.get_by_role("heading", level=2).first).to_contain_text(OVERRIDE)
    assert_isolated(console, 2)


def test_an_override_in_a_question_reorders_no_other_text(console: Console, entity_id: str) -> None:
    console.open()
    console.wait_for_view("overview")
    console.show_entity("property", entity_id)
    console.page.get_by_role("button", name="Erase personal data").click()
    expect(console.page.get_by_role("dialog")).to_contain_text(OVERRIDE)
    assert_isolated(console, 3)
