"""Shows the current step and its duration."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_INTERVAL_SECONDS = {True: 1.0, False: 15.0}


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show a step and its elapsed seconds, and its duration at the end."""
    started = time.monotonic()
    ended = threading.Event()
    terminal = sys.stdout.isatty()
    start, end = ("\r", "") if terminal else ("", "\n")

    def tick() -> None:
        while not ended.wait(_INTERVAL_SECONDS[terminal]):
            print(f"{start}{text} … {time.monotonic() - started:.0f} s", end=end, flush=True)

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        ended.set()
        ticker.join()
        print(f"{start}{text}: {time.monotonic() - started:.1f} s", flush=True)
