"""`make down`: stops what `make up` has started."""

import sys

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.servers import stop_services
from tools.local_cloud.state import State


def main() -> int:
    """Stop the local cloud's servers, and the functions that they run."""
    state = State()
    if not state.directory.exists():
        print("No local cloud is running.")
        return 0
    try:
        with state.lock():
            take_down(state)
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def take_down(state: State) -> None:
    """Stop the servers and remove the state of the stack. Logs remain."""
    ended = stop_services(state)
    state.forget_stack()
    print(f"Ended: {', '.join(ended)}." if ended else "Nothing was running.")


if __name__ == "__main__":
    sys.exit(main())
