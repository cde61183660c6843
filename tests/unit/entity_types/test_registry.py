"""The registry imports a type when it is used. Its rows must describe the types."""

import os
import subprocess
import sys

import pytest

from buildium_sync.entity_types.nested_types import NESTED_ROUTES
from buildium_sync.entity_types.registry import TYPE_NAMES, all_types, by_collection, by_event_subject, by_name
from buildium_sync.errors import NotFound

_LOADED = """
import sys
from buildium_sync.entity_types.registry import by_collection
by_collection("tasks")
print(*(name for name in sys.modules if name.startswith("buildium_sync.entity_types.") and "lease" in name))
"""


@pytest.mark.parametrize("name", TYPE_NAMES)
def test_a_row_has_the_name_and_collection_of_its_type(name: str) -> None:
    entity_type = by_name(name)
    assert entity_type.name == name
    assert by_collection(entity_type.collection) is entity_type


def test_nested_types_have_the_routes_of_their_rows() -> None:
    found = {each.name: each.nested_route for each in all_types() if each.nested_route}
    assert found == NESTED_ROUTES
    assert {name for name, route in found.items() if route.has_delete} == {
        each.name for each in all_types() if each.is_deletable and each.nested_route
    }


def test_an_event_subject_belongs_to_one_type() -> None:
    for entity_type in all_types():
        assert {by_event_subject(subject) for subject in entity_type.event_subjects} <= {entity_type}


def test_a_type_is_imported_when_it_is_used() -> None:
    process = [sys.executable, "-c", _LOADED]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(process, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 -- own code
    assert run.stdout.split() == []


@pytest.mark.parametrize("find", [by_name, by_collection])
def test_an_unknown_type_is_not_found(find: object) -> None:
    with pytest.raises(NotFound, match="planet"):
        find("planet")  # type: ignore[operator]
