"""The report of the bench is a generated block of its page."""

from pathlib import Path

import pytest

from tools.bench import report


def test_a_report_replaces_only_the_generated_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("before\n<!-- generated: bench -->\nold\n<!-- end -->\nafter\n")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "versions", lambda: {"Python": "3.13.0"})
    report.write_page([report.Table("1. Cold", "Medians.", ["program", "ms"], [["api", 198.0]])], minutes=8)
    text = page.read_text()
    assert text.startswith("before\n<!-- generated: bench -->\n\n`make bench` took 8 minutes")
    assert text.endswith("| api | 198.00 |\n\n<!-- end -->\nafter\n")
