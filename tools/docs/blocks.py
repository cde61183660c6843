"""The generated blocks of the documentation.

A block is the text between `<!-- generated: NAME -->` and `<!-- end -->` in a page under docs/.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.docs import alarms, costs, decisions, imports, routes, settings
from tools.local_cloud.paths import ROOT

BLOCKS: Mapping[str, Callable[[], str]] = {
    "routes": routes.routes_table,
    "settings": settings.settings_table,
    "alarms": alarms.alarm_table,
    "cost": costs.cost_table,
    "unsigned": costs.unsigned_table,
    "decisions": decisions.decisions_table,
    "imports": imports.import_order,
}
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
#: `make bench` writes this one.
_BENCH = "bench"


def pages() -> list[Path]:
    """Return the pages that have at least one block of `BLOCKS`."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in found if set(block_names(page.read_text())) & BLOCKS.keys()]


def block_names(text: str) -> list[str]:
    """Return the names of a page's blocks, in order."""
    return [name for _, name, _ in _BLOCK.findall(text)]


def updated(text: str) -> str:
    """Return a page with current blocks. Raises KeyError for an unknown block."""
    return _BLOCK.sub(lambda block: _current(block[0], block[1], block[2], block[3]), text)


def without_blocks(text: str) -> str:
    """Return a page without its generated blocks."""
    return _BLOCK.sub("", text)


def _current(block: str, start: str, name: str, end: str) -> str:
    return block if name == _BENCH else f"{start}\n{BLOCKS[name]()}\n\n{end}"
