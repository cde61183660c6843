"""The list of the decisions, from their titles and states."""

import re

from tools.docs.markdown import table
from tools.local_cloud.paths import ROOT

_PAGE = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)\n\n- Status: (?P<status>.+)\n- Date: (?P<date>.+)\n")


def decisions_table() -> str:
    """Return one row per decision. Raises ValueError for a page without title, status and date."""
    rows = []
    for path in sorted((ROOT / "docs/decisions").glob("0*.md")):
        found = _PAGE.match(path.read_text())
        if not found:
            raise ValueError(f"{path.name}: expected a numbered title, a status and a date")
        rows.append([found["number"], f"[{found['title']}]({path.name})", found["status"], found["date"]])
    return table(["", "decision", "status", "date"], rows)
