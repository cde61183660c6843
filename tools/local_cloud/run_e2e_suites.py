"""The end-to-end part of `make test`: runs both suites at the same time, each in its own local cloud."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tools.local_cloud.paths import PYTHON, ROOT
from tools.local_cloud.run_e2e import DIRECTORY_VARIABLE

SUITES = {"console": ["tests/e2e/console"], "api": ["tests/e2e", "--ignore=tests/e2e/console"]}
_DIRECTORY = Path(".local-test")


def main() -> int:
    """Run the suites, and print the output of each when both have ended. Returns 0 if both passed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    (ROOT / _DIRECTORY).mkdir(exist_ok=True)
    print(
        f"Running the end-to-end tests. Their output so far: {', '.join(str(_log(name)) for name in SUITES)}",
        flush=True,
    )
    started = [_start(name, arguments) for name, arguments in SUITES.items()]
    try:
        codes = [process.wait() for process in started]
    except KeyboardInterrupt:
        # Each suite stops its cloud.
        for process in started:
            process.terminate()
        codes = [process.wait() for process in started]
    for name in SUITES:
        print(f"\n=== End-to-end tests: {name} ===\n{(ROOT / _log(name)).read_text()}", flush=True)
    return max(map(abs, codes))


def _start(name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    command = [str(PYTHON), "-m", "tools.local_cloud.run_e2e", *arguments]
    environment = os.environ | {DIRECTORY_VARIABLE: str(_DIRECTORY / name)}
    with (ROOT / _log(name)).open("wb") as log:
        return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


def _log(name: str) -> Path:
    return _DIRECTORY / f"{name}.log"


if __name__ == "__main__":
    sys.exit(main())
