"""The arithmetic of a race: runs in turn, medians, and ratios of medians."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import TypeVar

_S = TypeVar("_S")


def in_turn(contestants: Mapping[str, Callable[[], _S]], rounds: int) -> dict[str, list[_S]]:
    """Take `rounds` samples of each, one of each in a round, so that what slows the machine slows them all.

    Every other round goes backwards: nobody always runs behind the same other one.
    """
    samples: dict[str, list[_S]] = {name: [] for name in contestants}
    for number in range(rounds):
        order = list(contestants) if number % 2 == 0 else list(contestants)[::-1]
        for name in order:
            samples[name].append(contestants[name]())
    return samples


def ratios(samples: Mapping[str, Sequence[float]], base: str) -> dict[str, float]:
    """Return each one's median over that of `base`."""
    unit = median(samples[base])
    return {name: median(taken) / unit for name, taken in samples.items()}


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the smallest value that `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
