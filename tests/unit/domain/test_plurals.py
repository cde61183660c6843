"""Counts and types in texts are in the singular or plural."""

import re

import pytest

from buildium_sync.domain.plurals import pluralize, type_plural
from buildium_sync.entity_types.registry import all_types
from tools.local_cloud.paths import ROOT

NOUNS = "calls|days|differences|entities|events|hours|minutes|properties|requests|seconds|syncs|types"
COUNT = re.compile(rf"\{{[^{{}}]+\}} (?:webhook )?(?:{NOUNS})\b")
NEVER_ONE = {
    "{MAX_BATCH_ITEMS} entities",
    "{MAX_RETRY_ENTITIES} entities",
    "{REFRESH_SECONDS} seconds",
    "{bucketSeconds / 60} minutes",
    "{count} webhook requests",  # at least three
    "{formatNumber(syncs.length)} syncs",  # the most that are read
    "{Math.round(seconds / 86_400)} days",  # at least two
}


def test_one_thing_is_in_the_singular() -> None:
    texts = [pluralize(1, "call"), pluralize(0, "call"), pluralize(2, "property", "properties")]
    assert texts == ["1 call", "0 calls", "2 properties"]


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
def test_the_plural_of_a_type_is_its_collection(entity_type: type) -> None:
    assert type_plural(entity_type.name) == entity_type.collection.replace("-", " ")  # type: ignore[attr-defined]


def test_no_text_has_a_fixed_plural_after_a_count() -> None:
    layer, console = ROOT / "layers/buildium_sync", ROOT / "functions/console/static/console"
    files = [*layer.rglob("*.py"), *console.glob("*.js")]
    assert {found for file in files for found in COUNT.findall(file.read_text())} == NEVER_ONE
