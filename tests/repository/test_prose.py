"""The documentation is short, and so are its sentences."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.docs.blocks import without_blocks
from tools.local_cloud.paths import ROOT

_MAX_WORDS = 16_000
_MAX_WORDS_PER_SENTENCE = 30
#: `make faults` writes this one.
_GENERATED = ROOT / "docs/fault-report.md"
_PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {_GENERATED})
#: Pages that are no documentation of the product: the changelog grows with each release.
_UNCOUNTED = {ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md"}
_CODE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_ITEM = re.compile(r"([-*]|\d+\.|#+) ")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\[(])")


def prose(page: Path) -> str:
    """A page without generated blocks, code, and the targets of links."""
    text = _CODE.sub("\n", without_blocks(page.read_text()))
    return re.sub(r"\]\([^)]*\)", "]", text)


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs, headings, list items and table cells of a text."""
    lines: list[str] = []
    for line in [*map(str.strip, text.splitlines()), ""]:
        if line.startswith("|"):
            yield from line.strip("|").split("|")
            continue
        if not line or _ITEM.match(line):
            yield " ".join(lines)
            lines = []
        if line:
            lines.append(_ITEM.sub("", line, count=1))
    yield " ".join(lines)


def words(text: str) -> list[str]:
    return [word for word in text.split() if re.search(r"\w", word)]


def test_the_documentation_has_at_most_16000_words() -> None:
    pages = [page for page in _PAGES if page not in _UNCOUNTED]
    assert sum(len(words(prose(page))) for page in pages) <= _MAX_WORDS


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_sentence_has_at_most_30_words(page: Path) -> None:
    sentences = [each for paragraph in paragraphs(prose(page)) for each in _SENTENCE_END.split(paragraph)]
    assert [each for each in sentences if len(words(each)) > _MAX_WORDS_PER_SENTENCE] == []


def test_a_long_sentence_is_found_in_a_table() -> None:
    cells = list(paragraphs(f"| a | {'word ' * 31}|\n\ntext\n- item\n"))
    assert max(len(words(cell)) for cell in cells) == 31
    assert {"text", "item"} <= set(cells)
