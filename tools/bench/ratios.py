"""Runs programs in turn, and calculates medians and ratios."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import TypeVar

_S = TypeVar("_S")


def in_turn(programs: Mapping[str, Callable[[], _S]], rounds: int) -> dict[str, list[_S]]:
    """Take `rounds` samples of each program, one of each per round, so that a slow machine affects all of them.

    Every other round is in reverse order, so that no program always follows the same one.
    """
    samples: dict[str, list[_S]] = {name: [] for name in programs}
    for number in range(rounds):
        order = list(programs) if number % 2 == 0 else list(programs)[::-1]
        for name in order:
            samples[name].append(programs[name]())
    return samples


def ratios(samples: Mapping[str, Sequence[float]], base: str) -> dict[str, float]:
    """Return each median divided by that of `base`."""
    unit = median(samples[base])
    return {name: median(taken) / unit for name, taken in samples.items()}


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the smallest value that `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
