"""What the documents say of the code holds, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from buildium_sync.entity_types.registry import ENTITY_TYPES
from tools.local_cloud.environment import setting_names
from tools.local_cloud.paths import ROOT
from tools.local_cloud.template import load_template

_DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_DEPLOY = (ROOT / "docs/deploy.md").read_text()
_README_LINES = 80


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_section(document: Path) -> None:
    for path, anchor in _LINK.findall(document.read_text()):
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), path
        assert not anchor or anchor in anchors(file), f"{path}#{anchor}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= _README_LINES


def test_the_settings_page_names_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|([^|]*)\|", (ROOT / "docs/settings.md").read_text(), flags=re.MULTILINE)
    told = {
        name: default.strip("` ")
        for names, defaults in rows
        for name, default in zip(names.split(", "), defaults.split(", "), strict=True)
    }
    definitions = load_template()["Parameters"]
    expected = {f"`{name}`": str(definitions[parameter]["Default"]) for name, parameter in setting_names().items()}
    assert told == expected


def test_the_costs_at_rest_are_quantities_times_prices() -> None:
    rows = re.findall(r"^\| ([^|*]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", _DEPLOY, flags=re.MULTILINE)
    assert rows
    for what, quantity, price, cost in rows:
        assert float(cost) == pytest.approx(float(quantity) * float(price), abs=0.0051), what
    [together] = re.findall(r"^\| \*\*together\*\* \| \| \| \*\*([\d.]+)\*\* \|$", _DEPLOY, flags=re.MULTILINE)
    assert float(together) == pytest.approx(sum(float(cost) for *_, cost in rows))
    alarms = [r for r in load_template()["Resources"].values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert ("alarms", str(len(alarms))) in [(what, quantity) for what, quantity, *_ in rows]


def test_the_webhook_is_registered_for_the_events_of_every_type_that_has_any() -> None:
    rows = dict(re.findall(r"^ *\| ([a-z ]+) \| (`[\w.]+\.\*`.*) \|$", _DEPLOY, flags=re.MULTILINE))
    named = {name.replace(" ", "-"): set(re.findall(r"`([\w.]+)\.\*`", row)) for name, row in rows.items()}
    for entity_type in ENTITY_TYPES:
        related = set(entity_type.related_events)
        subjects = named.pop(entity_type.name, set())
        assert subjects <= entity_type.event_subjects | related
        assert subjects >= related
        assert (subjects - related) or entity_type.name == "owner"
    assert not named
