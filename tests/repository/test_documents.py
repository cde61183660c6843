"""The documentation is current, its links work, and it keeps to its limits."""

import re
from pathlib import Path

import pytest

from buildium_sync.entity_types.registry import all_types
from tools.docs.blocks import BLOCKS, block_names, pages, updated
from tools.docs.markdown import heading_anchor
from tools.local_cloud.environment import setting_names
from tools.local_cloud.paths import ROOT
from tools.local_cloud.template import load_template

_DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_DEPLOY = (ROOT / "docs/operations/going-live.md").read_text()
_ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
_LAYER = ROOT / "layers/buildium_sync/buildium_sync"
_MAX_CODE_MAP_ROWS = 15
_README_LINES = 80


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings."""
    return {heading_anchor(heading) for heading in re.findall(r"^#+ (.+)$", document.read_text(), flags=re.MULTILINE)}


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_link_points_to_an_existing_file_and_section(document: Path) -> None:
    for path, anchor in _LINK.findall(document.read_text()):
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), path
        assert not anchor or anchor in anchors(file), f"{path}#{anchor}"


def test_the_outputs_that_pages_name_exist() -> None:
    text = "".join(document.read_text() for document in _DOCUMENTS)
    named = {*re.findall(r"\(out (\w+)\)", text), *re.findall(r"output `(\w+)`", text)}
    assert named
    assert named <= load_template()["Outputs"].keys()


def test_the_code_map_names_existing_files() -> None:
    rows = _ARCHITECTURE.partition("## Code map")[2].partition("`make lint`")[0]
    paths = [path for path in re.findall(r"`([\w./<>-]+)`", rows) if "/" in path and "<" not in path]
    assert [path for path in paths if not any((folder / path).exists() for folder in (ROOT, _LAYER))] == []
    assert len(re.findall(r"^\| ", rows, flags=re.MULTILINE)) <= _MAX_CODE_MAP_ROWS + 1


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= _README_LINES


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_generated_tables_are_current(page: Path) -> None:
    text = page.read_text()
    assert updated(text) == text, "run `make docs`"


def test_every_generated_table_is_shown_once() -> None:
    shown = [name for page in pages() for name in block_names(page.read_text())]
    assert sorted(shown) == sorted(BLOCKS)


def test_the_settings_page_lists_every_setting() -> None:
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", BLOCKS["settings"](), flags=re.MULTILINE)) == sorted(
        setting_names()
    )


def test_the_deployment_page_counts_the_resources_of_the_template() -> None:
    found = [resource["Type"] for resource in load_template()["Resources"].values()]
    sources = [
        event["Type"]
        for resource in load_template()["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
    ]
    rules = found.count("AWS::Events::Rule") + sources.count("Schedule")
    kinds = {
        "REST API, usage plans, key": ("Serverless::Api", "ApiGateway::UsagePlan", "ApiGateway::ApiKey"),
        "Lambda functions, layers": ("Serverless::Function", "Serverless::LayerVersion"),
        "DynamoDB tables, on demand": ("DynamoDB::Table",),
        "SQS queues": ("SQS::Queue",),
        "Secrets Manager secrets": ("SecretsManager::Secret",),
    }
    counts = {name: [found.count(f"AWS::{kind}") for kind in each] for name, each in kinds.items()}
    counts["EventBridge bus, rules"] = [found.count("AWS::Events::EventBus"), rules]
    rows = dict(re.findall(r"^\| ([\w, ]+) \| ([\d, ]+) \| .* \|$", _DEPLOY, flags=re.MULTILINE))
    assert rows == {name: ", ".join(map(str, each)) for name, each in counts.items()}


def test_a_changed_table_is_replaced() -> None:
    table = BLOCKS["cost"]()
    page = "a\n<!-- generated: cost -->\nold\n<!-- end -->\nb"
    assert updated(page) == f"a\n<!-- generated: cost -->\n\n{table}\n\n<!-- end -->\nb"


def test_an_unknown_block_is_an_error() -> None:
    with pytest.raises(KeyError):
        updated("<!-- generated: nothing -->\n<!-- end -->")


def test_the_webhook_subscribes_to_events_of_every_type() -> None:
    rows = dict(re.findall(r"^ *\| ([a-z ]+) \| (`[\w.]+\.\*`.*) \|$", _DEPLOY, flags=re.MULTILINE))
    named = {name.replace(" ", "-"): set(re.findall(r"`([\w.]+)\.\*`", row)) for name, row in rows.items()}
    for entity_type in all_types():
        related = set(entity_type.related_events)
        subjects = named.pop(entity_type.name, set())
        assert subjects <= entity_type.event_subjects | related
        assert subjects >= related
        assert (subjects - related) or not entity_type.event_subjects or entity_type.name == "owner"
    assert not named
