"""The simulator as a process: `python -m tests.simulator --port 8081`."""

import argparse
import signal
import sys
import threading

from tests.simulator.simulator import Simulator


def main() -> None:
    """Serve requests until SIGINT or SIGTERM."""
    options = _parser().parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    simulator = Simulator(
        client_id=options.client_id,
        api_key=options.api_key,
        host=options.host,
        port=options.port,
        seed=not options.no_seed,
        rate_limit=options.rate_limit,
        sliding_window=options.sliding_window,
        strict_states=options.strict_states,
        latency=options.latency_ms / 1000,
        strict_bill_lists=not options.lenient_bill_lists,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
    )
    with simulator:
        sys.stdout.write(f"Buildium simulator: {simulator.base_url}, control at {simulator.control_url}\n")
        sys.stdout.flush()
        ended.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--client-id", default="client-id")
    parser.add_argument("--api-key", default="api-key")
    parser.add_argument("--webhook-url")
    parser.add_argument("--webhook-secret", default="webhook-secret")
    parser.add_argument("--rate-limit", type=float, default=10, help="calls a second, 0 for no limit")
    parser.add_argument("--sliding-window", action="store_true", help="the strict reading of the limit")
    parser.add_argument("--strict-states", action="store_true", help="take no territories and no military mail")
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--lenient-bill-lists", action="store_true", help="list paid bills of any time")
    parser.add_argument("--no-seed", action="store_true", help="begin with nothing, not even a bank account")
    return parser


if __name__ == "__main__":
    main()
