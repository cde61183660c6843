from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.duration_histogram import RESPONSE_TIMES

MAX_ERROR = 0.5
"""The largest step between two classes is from 10 to 20 ms; from 50 ms on it is below a half."""


def histogram(seconds: list[float]) -> Counter[int]:
    return Counter(map(RESPONSE_TIMES.class_of, seconds))


def test_there_is_no_percentile_without_a_call() -> None:
    assert RESPONSE_TIMES.percentile_ms({}, 0.5) is None


def test_a_percentile_separates_slow_calls_from_fast_ones() -> None:
    counts = histogram([0.1] * 94 + [9.0] * 6)
    assert RESPONSE_TIMES.percentile_ms(counts, 0.5) <= 100  # type: ignore[operator]
    assert 7000 < RESPONSE_TIMES.percentile_ms(counts, 0.95) <= 10_000  # type: ignore[operator]


def test_a_response_beyond_the_last_class_is_counted() -> None:
    assert RESPONSE_TIMES.percentile_ms(histogram([1000.0]), 0.95) == 30_000


@given(st.lists(st.floats(0.05, 30.0), min_size=1, max_size=50), st.sampled_from([0.5, 0.95]))
def test_a_percentile_is_as_exact_as_its_class(seconds: list[float], share: float) -> None:
    exact = sorted(seconds)[max(0, -(-int(share * 100) * len(seconds) // 100) - 1)] * 1000
    estimate = RESPONSE_TIMES.percentile_ms(histogram(seconds), share)
    assert estimate == pytest.approx(exact, rel=MAX_ERROR)


def test_a_class_includes_its_bound() -> None:
    assert RESPONSE_TIMES.class_of(0.01) == 0
    assert RESPONSE_TIMES.class_of(0.0101) == 1
