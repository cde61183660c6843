"""Decision pages have one layout and stay short. Their list is generated."""

import re
from pathlib import Path

import pytest

from tools.local_cloud.paths import ROOT

_FOLDER = ROOT / "docs/decisions"
_PAGES = sorted(_FOLDER.glob("[0-9]*.md"))
_HEADINGS = ["Context", "Decision", "Consequences", "Alternatives considered"]
_STATUS = re.compile(r"^- Status: (accepted|superseded by \d+)\n- Date: \d{4}-\d{2}-\d{2}", re.MULTILINE)
_MAX_WORDS = 220


def title(page: Path) -> str:
    """Return the heading of a page, without its marks."""
    return page.read_text().splitlines()[0].removeprefix("# ")


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
class TestDecisionPage:
    def test_has_status_date_and_the_four_headings(self, page: Path) -> None:
        text = page.read_text()
        assert _STATUS.search(text)
        assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == _HEADINGS

    def test_is_short(self, page: Path) -> None:
        assert len(page.read_text().split()) <= _MAX_WORDS

    def test_file_name_follows_the_title(self, page: Path) -> None:
        number, name = title(page).split(". ", 1)
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        assert page.stem == f"{int(number):04}-{slug}"
