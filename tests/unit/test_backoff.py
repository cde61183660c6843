import random
import re
from pathlib import Path

import buildium_sync
from buildium_sync.backoff import backoff

LAYER = Path(buildium_sync.__file__).parent


def test_the_delay_doubles_up_to_its_cap() -> None:
    assert [backoff(attempt, 0.5, 3.0) for attempt in (1, 2, 3, 4, 5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_the_delay_never_overflows() -> None:
    assert backoff(10_000, 30.0, 900.0) == 900.0


def test_jitter_spreads_the_delay_over_the_upper_half() -> None:
    delays = {backoff(2, 100.0, 900.0, random.uniform) for _ in range(200)}

    assert min(delays) >= 100
    assert max(delays) <= 200
    assert len(delays) > 20


def test_one_function_in_the_layer_computes_a_backoff() -> None:
    doubling = re.compile(r"\b2(\.0)? ?\*\* ?(?!\d)|(delay|pause|wait|seconds) \*= 2|(delay|pause|wait|seconds) \* 2\b")
    places = {
        path.relative_to(LAYER).as_posix() for path in sorted(LAYER.rglob("*.py")) if doubling.search(path.read_text())
    }

    assert places == {"backoff.py"}
