"""A type waits while a type that its entities refer to is paused."""

import pytest

from buildium_sync.entity_types.registry import by_name, types_to_wait_for


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bank-account", {"bank-account"}),
        ("unit", {"unit", "property"}),
        ("bill", {"bill", "vendor", "work-order", "task", "unit", "property"}),
        ("tenant", {"tenant", "lease", "unit", "property"}),
    ],
)
def test_a_type_waits_for_all_types_that_it_refers_to(name: str, expected: set[str]) -> None:
    assert set(types_to_wait_for(by_name(name))) == expected
