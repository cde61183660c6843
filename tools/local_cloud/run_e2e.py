"""Starts a separate local cloud, runs end-to-end tests in it, and stops it."""

import os
import signal
import subprocess
import sys

from tools.local_cloud.down import take_down
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import PYTHON, ROOT
from tools.local_cloud.servers import free_port
from tools.local_cloud.state import State
from tools.local_cloud.up import bring_up

STATE_VARIABLE = "LOCAL_CLOUD_STATE"
RECEIVER_VARIABLE = "APP_WEBHOOK_PORT"
"""The port on loopback where the tests receive change events, as the application."""
DIRECTORY_VARIABLE = "LOCAL_CLOUD_DIRECTORY"
"""The directory of the cloud, below the repository. Two clouds at the same time need two."""
APP_WEBHOOK_SECRET = f"whsec_{'e2e0' * 8}"
# Short delays, so that the tests of failures last only seconds.
SETTINGS = {
    "BUILDIUM_TIMEOUT": "3000",
    "BUILDIUM_RETRY_DELAY": "100",
    "BUILDIUM_SETTLING_SECONDS": "2",
    # A sync of a slow machine ends before the response. No poll creates what a test is about to import.
    "SYNC_WAIT_SECONDS": "20",
    "BUILDIUM_POLL_SECONDS": "86400",
    # The tests create several bank accounts, so there is no default one.
    "BUILDIUM_OPERATING_BANK_ACCOUNT_ID": "1",
    "API_RATE_LIMIT": "200",
    "API_BURST_LIMIT": "400",
}


def main(*arguments: str) -> int:
    """Run pytest with these arguments against a local cloud, and stop the cloud in any case."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    state = State(ROOT / os.environ.get(DIRECTORY_VARIABLE, ".local-test/cloud"))
    try:
        with state.lock():
            return _run(state, arguments)
    except LocalCloudError as error:
        print(f"\n{error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
    return 1


def _run(state: State, arguments: tuple[str, ...]) -> int:
    take_down(state)
    port = str(free_port())
    webhook = {"APP_WEBHOOK_URL": f"http://127.0.0.1:{port}/events", "APP_WEBHOOK_SECRET": APP_WEBHOOK_SECRET}
    try:
        bring_up(state, SETTINGS | webhook)
        environment = dict(os.environ) | {STATE_VARIABLE: str(state.directory), RECEIVER_VARIABLE: port}
        command = [str(PYTHON), "-m", "pytest", *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
    finally:
        take_down(state)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
