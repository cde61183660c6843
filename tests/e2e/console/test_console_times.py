"""Times in the console: the zone, and UTC in the tooltip."""

import pytest

from tests.e2e.browser import OpenConsole

pytestmark = pytest.mark.e2e

AT = "2026-11-22T14:13:54.007Z"
SCRIPT = """async ([at, full]) => {
    const element = (await import("./console/format.js")).time(at, { full });
    return [element.textContent, element.title, element.dateTime];
}"""


@pytest.mark.parametrize(
    ("zone", "text"),
    [("America/New_York", "Nov 22, 2026, 9:13:54 AM EST"), ("UTC", "Nov 22, 2026, 2:13:54 PM UTC")],
)
def test_a_full_time_names_its_zone(open_console: OpenConsole, zone: str, text: str) -> None:
    console = open_console(timezone_id=zone)
    console.page.goto(console.url)
    assert console.page.evaluate(SCRIPT, [AT, True])[0].replace("\u202f", " ") == text


@pytest.mark.parametrize("full", [True, False])
def test_a_tooltip_shows_utc_with_milliseconds(open_console: OpenConsole, full: bool) -> None:
    console = open_console(timezone_id="America/New_York")
    console.page.goto(console.url)
    assert console.page.evaluate(SCRIPT, [AT, full])[1:] == ["2026-11-22 14:13:54.007 UTC", AT]
