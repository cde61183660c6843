"""The charts of the console's overview."""

import os
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import SCREENS, Console, OpenConsole
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

BEGIN = "2026-11-21T14:15:00.000Z"
NOTHING = [0] * 96
NEVER = [None] * 96


def last(*values: int) -> list[int]:
    """Return the numbers of a day that ends with these."""
    return [*NOTHING[len(values) :], *values]


def metrics(**changes: Any) -> Json:
    """Return the body of the metrics, with zeros for what is not given."""
    syncs = dict.fromkeys(("synced", "failed", "blocked", "needs_review", "deferred"), NOTHING)
    return {
        "metrics": {
            "begin": BEGIN,
            "bucketSeconds": 900,
            "limit": 1.0,
            "calls": NOTHING,
            "syncs": syncs | changes.pop("syncs", {}),
            "webhookEvents": {"processed": NOTHING, "ignored": NOTHING, "failed": NOTHING} | changes.pop("events", {}),
            "rejectedRequests": NOTHING,
            "buildiumLatency": {"p50Ms": NEVER, "p95Ms": NEVER},
            **changes,
        }
    }


def show(console: Console, body: Json) -> None:
    """Open the overview with these metrics."""
    console.page.route("**/api/buildium/metrics", lambda route: route.fulfill(json=body))
    console.open()
    console.wait_for_view("overview")


def card(console: Console, heading: str) -> Locator:
    return console.page.locator("section", has=console.page.get_by_role("heading", name=heading))


def axis(of: Locator, name: str) -> list[str]:
    return [text.replace("\u202f", " ") for text in of.locator(f".{name}-axis span").all_text_contents()]


def test_the_axes_show_numbers_and_local_times(open_console: OpenConsole) -> None:
    console = open_console(timezone_id="America/New_York")
    show(console, metrics(calls=last(300, 290)))
    calls = card(console, "Buildium rate limit")
    assert axis(calls, "y") == ["1,000", "750", "500", "250", "0"]
    assert axis(calls, "x") == ["9:15 AM", "3:15 PM", "9:15 PM", "3:15 AM", "9:15 AM"]
    expect(calls.locator("figcaption")).to_contain_text(re.compile("times in E[SD]T"))


def test_the_limit_is_a_line_within_the_axis(console: Console) -> None:
    show(console, metrics(calls=last(450)))
    calls = card(console, "Buildium rate limit")
    # 900 of 1,000 on an axis with a height of 160.
    assert float(calls.locator(".limit-line").get_attribute("y1") or 0) == pytest.approx(16)
    expect(calls.locator(".legend")).to_have_text("Limit: 900 calls in 15 minutes")
    expect(calls.locator("figcaption")).to_contain_text("450 calls. Peak: 450 calls in 15 minutes, 50% of the limit.")


@pytest.mark.parametrize("busiest", [0, 90])
def test_a_limit_above_the_scale_is_drawn_above_it(console: Console, busiest: int) -> None:
    show(console, metrics(calls=last(busiest)))
    calls = card(console, "Buildium rate limit")
    line, plot = calls.locator(".limit-line").bounding_box(), calls.locator("svg").bounding_box()
    assert line
    assert plot
    assert line["y"] < plot["y"]
    assert (line["x"], line["width"]) == (plot["x"], plot["width"])
    assert axis(calls, "y")[:2] == ["900", "⋮"]
    expect(calls).to_contain_text("The limit is above the scale.")
    expect(calls.locator(".legend")).to_have_text("Limit: 900 calls in 15 minutes")


def test_results_of_syncs_are_stacked_in_their_proportion(console: Console) -> None:
    show(console, metrics(syncs={"synced": last(30), "failed": last(10)}))
    syncs = card(console, "Sync attempts")
    heights = {
        name: float(syncs.locator(f".series.{name}").get_attribute("height") or 0) for name in ("synced", "failed")
    }
    assert heights == {"synced": 120, "failed": 40}
    expect(syncs.locator("figcaption")).to_contain_text("Failed: 10, Synced: 30.")
    expect(syncs.locator(".legend")).to_have_text("FailedBlockedNeeds reviewDeferredSynced")


def test_one_failure_among_many_is_visible(console: Console) -> None:
    show(console, metrics(syncs={"synced": last(10_000), "failed": last(1)}))
    failed = card(console, "Sync attempts").locator(".series.failed")
    assert float(failed.get_attribute("height") or 0) == 2


def test_rejected_webhook_requests_are_shown_apart(console: Console) -> None:
    show(console, metrics(events={"processed": last(4, 0)}, rejectedRequests=last(0, 3)))
    webhooks = card(console, "Webhook events")
    expect(webhooks.locator("figcaption")).to_contain_text("Rejected requests: 3, Processed: 4.")
    expect(webhooks.locator(".series")).to_have_count(2)


def test_response_times_show_both_percentiles(console: Console) -> None:
    latency = {"p50Ms": [*NEVER[:94], 100, None], "p95Ms": [*NEVER[:94], 400, None]}
    show(console, metrics(buildiumLatency=latency))
    times = card(console, "Buildium response times")
    assert axis(times, "y") == ["400 ms", "300 ms", "200 ms", "100 ms", "0 ms"]
    assert [each.get_attribute("height") for each in times.locator(".series").all()] == ["160", "40"]
    expect(times.locator("figcaption")).to_contain_text("Highest p95: 400 ms.")
    times.locator("summary").click()
    rows = times.get_by_role("table").get_by_role("row")
    expect(rows.last.get_by_role("cell")).to_have_text(["100 ms", "400 ms"])
    expect(rows.nth(1).get_by_role("cell")).to_have_text(["\N{EN DASH}", "\N{EN DASH}"])


def test_a_day_without_syncs_is_not_called_healthy(console: Console) -> None:
    show(console, metrics())
    expect(card(console, "Sync attempts").locator("figcaption")).to_contain_text("No sync was attempted.")
    expect(card(console, "Webhook events").locator("figcaption")).to_contain_text("No webhook event was processed.")
    expect(card(console, "Buildium response times").locator("figcaption")).to_contain_text("No call was made.")
    expect(console.page.locator(".series")).to_have_count(0)


def test_an_interval_has_a_tooltip_with_utc(open_console: OpenConsole) -> None:
    console = open_console(timezone_id="America/New_York")
    show(console, metrics(syncs={"synced": last(30)}))
    title = card(console, "Sync attempts").locator("svg title").last.text_content() or ""
    clock, *numbers = title.replace("\u202f", " ").split("\n")
    assert clock == "9:00 AM EST (2026-11-22 14:00:00.000 UTC)"
    assert numbers == ["Failed: 0", "Blocked: 0", "Needs review: 0", "Deferred: 0", "Synced: 30"]


def test_real_activity_appears_in_the_charts(console: Console, api: Api) -> None:
    before = api.get("/api/buildium/metrics")["metrics"]
    api.create_property(unique("Charted"))

    def has_grown(now: Json) -> bool:
        numbers = now["metrics"]
        return bool(
            sum(numbers["syncs"]["synced"]) > sum(before["syncs"]["synced"])
            and sum(numbers["calls"]) > sum(before["calls"])
            and sum(numbers["webhookEvents"]["processed"]) > sum(before["webhookEvents"]["processed"])
        )

    body = eventually(lambda: api.get("/api/buildium/metrics"), has_grown)["metrics"]
    assert [each for each in body["buildiumLatency"]["p95Ms"] if each is not None]
    console.open()
    console.wait_for_view("overview")
    expect(card(console, "Sync attempts").locator(".series.synced").first).to_be_attached()
    expect(card(console, "Webhook events").locator(".series.processed").first).to_be_attached()


@pytest.mark.parametrize(("name", "size", "scheme"), SCREENS)
def test_the_charts_are_accessible_and_fit_every_screen(
    open_console: OpenConsole, tmp_path: Path, name: str, size: dict[str, int], scheme: str
) -> None:
    console = open_console(size, scheme)
    numbers = [index % 17 for index in range(96)]
    latency = {"p50Ms": [90 + each for each in numbers], "p95Ms": [300 + 9 * each for each in numbers]}
    syncs = {"synced": numbers, "failed": [each % 3 for each in numbers]}
    show(console, metrics(calls=numbers, syncs=syncs, buildiumLatency=latency))
    assert (console.overflow(), console.violations()) == (0, [])
    named = console.page.get_by_role("img", name=re.compile("^Calls in the last 24 hours. [0-9,]+ calls"))
    expect(named).to_be_visible()
    for chart in console.page.locator(".x-axis").all():
        labels = [each.bounding_box() for each in chart.locator("span").all() if each.is_visible()]
        edges = [(box["x"], box["x"] + box["width"]) for box in labels if box]
        assert all(end < start for (_, end), (start, _) in pairwise(edges))
    folder = Path(os.environ.get("CONSOLE_PICTURES", tmp_path))
    console.page.screenshot(path=folder / f"charts-{name}.png", full_page=True)
