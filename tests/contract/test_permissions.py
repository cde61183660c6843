"""The deployment page lists every permission that Buildium's document requires for the calls of the product."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.entity_types.registry import all_types
from tests.contract.document import document
from tests.contract.location import MISSING, find_document

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)

_PAGE = Path(__file__).parents[2] / "docs" / "operations" / "going-live.md"
_PERMISSION = re.compile(r'permissionBlock">([^<]+)</span>([^<]*)')
_ROW = re.compile(r"^ *\| (\w+ > [^|]+?) \| (View(?:, Edit)?) \|$", re.MULTILINE)
_SHARED = ("/glaccounts", "/leases/outstandingbalances")
"""The lists that no entity type names."""


def reads(entity_type: EntityType) -> Iterator[str]:
    """Return the paths that are read for a type."""
    yield from (entity_type.list_path(5), entity_type.read_path(7, 5))
    yield from (default.path for default in entity_type.defaults)
    yield from (related.path.format(7) for related in entity_type.related_events.values() if related.path)
    if entity_type.detail_path:
        yield entity_type.detail_path.format(7)


def calls() -> Iterator[tuple[str, str]]:
    """Return method and path of every kind of call."""
    yield from (("GET", path) for path in _SHARED)
    for entity_type in all_types():
        yield from (("GET", path) for path in reads(entity_type))
        if not entity_type.is_read_only:
            yield from (("POST", entity_type.create_path(5)), ("PUT", entity_type.update_path(7, 5)))
            yield from [("DELETE", entity_type.read_path(7, 5))] * entity_type.is_deletable
            yield from (("POST", entity_type.status_path(7, status, 5)) for status in entity_type.status_requests)


def required() -> dict[str, set[str]]:
    """Return the permissions of all calls in lower case, and whether each is to view or also to edit."""
    found: dict[str, set[str]] = {}
    for method, path in calls():
        description = document().description(method, f"/v1{path}")
        for name, access in _PERMISSION.findall(description.partition("Optional Permissions")[0]):
            found.setdefault(name.strip().lower(), set()).update(re.findall(r"`(\w+)`", access))
    return found


def test_the_deployment_page_lists_the_required_permissions() -> None:
    listed = {name.lower(): set(access.split(", ")) for name, access in _ROW.findall(_PAGE.read_text())}
    assert listed == required()
