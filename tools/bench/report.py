"""The results: tables in Markdown, and the same as JSON."""

import json
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.local_cloud.paths import ROOT

JSON_FILE = ROOT / ".local/bench.json"
PAGE = ROOT / "docs/benchmarks.md"
_BLOCK = re.compile(r"(?<=<!-- generated: bench -->\n).*?(?=<!-- end -->)", re.DOTALL)
_BENCH_PYTHON = ROOT / ".venv-bench/bin/python"
_SHOWN = (
    "boto3",
    "aws-lambda-powertools",
    "pydantic",
    "requests",
    "fastapi",
    "mangum",
    "flask",
    "apig-wsgi",
    "chalice",
)


@dataclass(frozen=True)
class Table:
    """One benchmark: a description and its rows."""

    title: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    figures: dict[str, Any] = field(default_factory=dict)

    def markdown(self) -> str:
        """Return it as a section."""
        lines = [f"## {self.title}", "", self.about, "", _row(self.columns), _row(["---"] * len(self.columns))]
        return "\n".join([*lines, *map(_row, self.rows), ""])


def write_json(tables: Sequence[Table]) -> None:
    """Write the figures as JSON."""
    JSON_FILE.parent.mkdir(exist_ok=True)
    content = {
        "versions": versions(),
        "tables": [{"title": t.title, "columns": t.columns, "rows": t.rows, "figures": t.figures} for t in tables],
    }
    JSON_FILE.write_text(json.dumps(content, indent=1, default=str) + "\n")


def write_page(tables: Sequence[Table], minutes: float) -> None:
    """Replace the page's generated block."""
    named = ", ".join(f"{name} {version}" for name, version in versions().items())
    about = f"`make bench` took {minutes:.0f} minutes on {platform.system()} {platform.machine()}: {named}.\n"
    block = f"\n{about}\n" + "\n".join(table.markdown() for table in tables) + "\n"
    PAGE.write_text(_BLOCK.sub(lambda _: block, PAGE.read_text()))


def versions() -> dict[str, str]:
    """Return the versions of the interpreter and of the compared packages."""
    version = subprocess.run([str(_BENCH_PYTHON), "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements/bench.txt").read_text(), re.MULTILINE))
    return {"Python": version} | {name: pinned[name] for name in _SHOWN}


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def file_mb(path: Path) -> float:
    """Return a file's size in MB (a million bytes)."""
    return path.stat().st_size / 1e6
