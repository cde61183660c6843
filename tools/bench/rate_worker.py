"""One process of a backlog: `python -m tools.bench.rate_worker CLIENT URL CALLS DYNAMODB TABLE`.

It prints `{"lost": …, "writes": …}`: the failed creates, and the updates of the rate limiter's item.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import boto3
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.buildium.transport import new_session
from buildium_sync.credentials import Credentials
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.errors import BuildiumError
from tools.local_cloud.environment import parameters

THREADS = 10
_PATH = "/rentals"
_LIMIT = 10.0

Create = Callable[[], bool]
"""Sends one create. Returns False if it fails."""


def product_program(url: str, dynamodb: str, table: str) -> tuple[Create, Callable[[], int]]:
    """Return the product's client with its default settings, and a counter of its updates."""
    client = boto3.client(
        "dynamodb", endpoint_url=dynamodb, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )  # fmt: skip
    updates: list[None] = []
    client.meta.events.register("before-call.dynamodb.UpdateItem", lambda **_: updates.append(None))
    made = BuildiumClient(
        new_session(THREADS, MetricCounts()),
        base_url=url,
        credentials=lambda: Credentials("id", "key"),
        reload_credentials=lambda: Credentials("id", "key"),
        rate_limit=RateLimiter(
            client, table, rate=float(parameters({})["BuildiumRateLimit"]), clock=time.time, sleep=time.sleep
        ),
        circuits=CircuitBreakers(client, table, clock=time.time, probe=60.0),
        timeout=30.0,
        time_left=lambda: 600.0,
    )

    def create() -> bool:
        try:
            made.post(_PATH, {"Name": "Bench"})
        except BuildiumError:
            return False
        return True

    return create, lambda: len(updates)


def retrying(url: str) -> Create:
    """Return requests with urllib3's Retry, as its guide shows it."""
    session = requests.Session()
    retry = Retry(total=5, backoff_factor=0.2, status_forcelist=[429], allowed_methods=None, raise_on_status=False)
    session.mount("http://", HTTPAdapter(max_retries=retry, pool_maxsize=THREADS))
    return lambda: session.post(url + _PATH, json={"Name": "Bench"}, timeout=30).ok


def in_process(url: str) -> Create:
    """Return a client with its own rate limiter, which ignores other processes. It retries a 429."""
    session, lock, next_slot = requests.Session(), threading.Lock(), time.monotonic()

    def slot() -> float:
        nonlocal next_slot
        with lock:
            at = max(next_slot, time.monotonic())
            next_slot = at + 1 / _LIMIT
        return at

    def create() -> bool:
        for _ in range(6):
            time.sleep(max(0.0, slot() - time.monotonic()))
            if session.post(url + _PATH, json={"Name": "Bench"}, timeout=30).ok:
                return True
            time.sleep(0.2)
        return False

    return create


def main(who: str, url: str, calls: int, dynamodb: str, table: str) -> None:
    """Make the calls and print the outcome."""
    create, threads = retrying(url), THREADS
    writes: Callable[[], int] = int
    if who == "buildium-sync":
        create, writes = product_program(url, dynamodb, table)
    elif who == "in-process":
        create = in_process(url)
    elif who == "sequential":
        threads = 1
    with ThreadPoolExecutor(threads) as pool:
        lost = list(pool.map(lambda _: create(), range(calls))).count(False)
    print(json.dumps({"lost": lost, "writes": writes()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
