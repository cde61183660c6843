"""Units by DynamoDB's rules."""

import pytest

from tools.bench.dynamodb_units import index_units, item_size, read_units, write_units

INDEX = ("statePk", "stateSk")


def item(size: int, **more: str) -> dict[str, dict[str, str]]:
    """An item of so many bytes without `more`."""
    return {"pk": {"S": "x" * (size - 2)}, **{name: {"S": value} for name, value in more.items()}}


def test_item_size_counts_attribute_names_and_values() -> None:
    attributes = {"name": {"S": "é"}, "n": {"N": "-1234.5"}, "ok": {"BOOL": True}, "m": {"M": {"a": {"NULL": True}}}}
    assert item_size(attributes) == (4 + 2) + (1 + 4) + (2 + 1) + (1 + 3 + 1 + 1 + 1)


@pytest.mark.parametrize(("size", "units"), [(10, 1), (1024, 1), (1025, 2)])
def test_a_write_costs_one_unit_per_started_kb(size: int, units: int) -> None:
    assert write_units(None, item(size)) == units


def test_a_write_counts_the_larger_item_size() -> None:
    assert write_units(item(3000), item(10)) == 3


def test_a_write_of_a_missing_item_costs_one_unit() -> None:
    assert write_units(None, None) == 1


def test_an_index_key_change_costs_two_writes() -> None:
    without, first = item(10), item(10, statePk="pending", stateSk="1")
    other_key, other_content = item(10, statePk="pending", stateSk="2"), item(11, statePk="pending", stateSk="1")

    assert index_units(None, without, [INDEX]) == 0
    assert index_units(without, first, [INDEX]) == 1
    assert index_units(first, first, [INDEX]) == 0
    assert index_units(first, other_content, [INDEX]) == 1
    assert index_units(first, other_key, [INDEX]) == 2
    assert index_units(first, None, [INDEX]) == 1


def test_an_eventually_consistent_read_costs_half_a_unit_per_4kb() -> None:
    assert read_units([4096], consistent=True) == 1
    assert read_units([3000, 3000], consistent=True) == 2
    assert read_units([], consistent=False) == 0.5
