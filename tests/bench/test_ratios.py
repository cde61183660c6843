"""The arithmetic of the benchmark."""

import pytest

from tools.bench.ratios import in_turn, percentile, ratios


def test_candidates_alternate_in_reversed_order_every_second_round() -> None:
    order: list[str] = []

    def run(name: str) -> float:
        order.append(name)
        return float(len(order))

    samples = in_turn({"a": lambda: run("a"), "b": lambda: run("b")}, 3)

    assert "".join(order) == "abbaab"
    assert samples == {"a": [1.0, 4.0, 5.0], "b": [2.0, 3.0, 6.0]}


def test_a_ratio_compares_medians() -> None:
    assert ratios({"base": [2.0, 2.0, 90.0], "other": [3.0, 1.0, 3.0]}, "base") == {"base": 1.0, "other": 1.5}


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (99, 10), (100, 10), (1, 1)])
def test_a_percentile_is_a_measured_value(percent: float, value: float) -> None:
    assert percentile(range(1, 11), percent) == value
