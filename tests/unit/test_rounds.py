"""The bounds of loops in tests."""

import pytest

from tests.harness.rounds import read_all, rounds_while


def test_a_loop_ends_with_its_condition() -> None:
    left = [3, 2, 1]
    assert [(number, left.pop()) for number in rounds_while(lambda: left)] == [(1, 1), (2, 2), (3, 3)]


def test_a_loop_may_use_all_its_rounds() -> None:
    left = [1, 2]
    assert [left.pop() for _ in rounds_while(lambda: left, most=2)] == [2, 1]


def test_a_loop_without_an_end_fails_with_its_condition() -> None:
    with pytest.raises(AssertionError, match=r"did not end in 5 rounds. Its condition is still \['job'\]"):
        list(rounds_while(lambda: ["job"], most=5))


def test_all_pages_are_read_once() -> None:
    pages: dict[str | None, tuple[list[int], str | None]] = {None: ([1], "a"), "a": ([2, 3], "b"), "b": ([], None)}
    assert read_all(pages.__getitem__) == [1, 2, 3]


def test_a_list_without_an_end_fails() -> None:
    with pytest.raises(AssertionError, match="did not end in 1000 pages"):
        read_all(lambda _cursor: ([], "same"))
