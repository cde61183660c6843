"""BUILDIUM_PAGE_PATHS adds pages of Buildium's web application to the known ones."""

import re

from buildium_sync.composition.account import AccountComposition

import pytest

from buildium_sync.domain.buildium_pages import BuildiumPage, buildium_pages, types_without_page
from buildium_sync.entity_types.registry import all_types
from tests.environment import set_environment
from tests.template.template import template

KNOWN = {
    "bank-account": "/manager/app/banking/bank-account/{id}/register",
    "lease": "/manager/app/rentroll/{id}/financials/ledger",
    "task": "/manager/app/tasks/{id}/task-summary",
    "unit": "/manager/app/properties/{propertyId}/units/{id}/summary",
    "work-order": "/manager/app/tasks/{taskId}/work-order/{id}",
}
VALID = (
    "property=/p/{id}",
    "property=/p/{id},owner=/o/{id}",
    "lease=/l/{id}?tab=a&b=%20#top",
    "tenant=/l/{leaseId}/tenants/{id}",
    "unit=/{propertyId}/{id}",
)
INVALID = {
    "planet=/x/{id}": "unknown entity type 'planet'",
    "properties=/x/{id}": "unknown entity type",
    "property": "path",
    "property=": "path",
    "property=/x": "must contain {id}",
    "property=/x/{leaseId}/{id}": "unknown placeholder {leaseId}",
    "owner=/x/{propertyIds}/{id}": "unknown placeholder {propertyIds}",
    "property=/x/{}/{id}": "unknown placeholder {}",
    "property=/x/{id}{": "path",
    "property=x/{id}": "path",
    "property=//a.example/{id}": "path",
    "property=https://a.example/{id}": "path",
    "property=/\\a.example/{id}": "path",
    "property=/x\x00/{id}": "path",
    "property=/x\n/{id}": "path",
    "property=/x y/{id}": "path",
    "property=/<x>/{id}": "path",
    "property=/x/{id},property=/y/{id}": "the type is repeated",
    "property=/x/{id},": "unknown entity type ''",
}


def pages(text: str) -> dict[str, BuildiumPage]:
    return {page.entity_type: page for page in buildium_pages(text, all_types())}


def allows(text: str) -> bool:
    """Return whether the template accepts a value."""
    return re.fullmatch(template()["Parameters"]["BuildiumPagePaths"]["AllowedPattern"], text) is not None


def test_the_known_paths_have_a_source() -> None:
    assert {name: page.path for name, page in pages("").items() if page.reference is None} == KNOWN


def test_operations_of_a_lease_have_the_page_of_the_lease() -> None:
    found = {name for name, page in pages("").items() if page == BuildiumPage(name, KNOWN["lease"], "leaseId")}
    assert found == {each.name for each in all_types() if each.name.startswith("lease-")}


def test_types_without_a_page_are_named() -> None:
    names = types_without_page(buildium_pages("bill=/b/{id}", all_types()), all_types())
    assert names == ["property", "owner", "vendor", "tenant"]


def test_a_setting_adds_a_path_and_replaces_a_known_one() -> None:
    found = pages(" property=/p/{id}, lease=/l/{id} , lease-charge=/l/{leaseId}/charges/{id}")

    assert found["property"] == BuildiumPage("property", "/p/{id}")
    assert found["lease"] == BuildiumPage("lease", "/l/{id}")
    assert found["lease-charge"] == BuildiumPage("lease-charge", "/l/{leaseId}/charges/{id}")
    assert found["lease-credit"] == BuildiumPage("lease-credit", "/l/{id}", "leaseId")
    assert found["task"].path == KNOWN["task"]


@pytest.mark.parametrize("text", VALID)
def test_a_valid_path_is_accepted_and_deployed(text: str) -> None:
    assert buildium_pages(text, all_types())
    assert allows(text)


@pytest.mark.parametrize(("text", "reason"), INVALID.items())
def test_an_invalid_path_names_the_setting_and_the_entry(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^BUILDIUM_PAGE_PATHS: '.*': ") as rejected:
        buildium_pages(text, all_types())
    assert reason in str(rejected.value)
    assert str(rejected.value).isprintable()


@pytest.mark.parametrize(
    "text", ["property", "property=", "property=x/{id}", "property=/x y/{id}", "property=/x/{id},"]
)
def test_the_template_rejects_malformed_paths(text: str) -> None:
    assert not allows(text)


def test_the_account_function_rejects_an_invalid_path_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, BUILDIUM_PAGE_PATHS="property=/x")

    with pytest.raises(ValueError, match=r"BUILDIUM_PAGE_PATHS: 'property=/x': the path must contain \{id\}"):
        AccountComposition()
