"""How much of Buildium's limit a backlog of creates uses, compared with other clients.

`python -m tools.bench.rate_limit [CALLS]` (600 by default, about four minutes). Three workers share the creates over
loopback. A peer gets half as many, with one process for the sequential peer. The server rejects calls beyond ten per
second: as a token bucket, or as a strict sliding window with up to 50 ms of jitter. DynamoDB is the
local cloud's emulator, in its own process. Prints a table.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import requests

from tools.bench.report import Table
from tools.local_cloud.paths import CLOUD_PYTHON, PYTHON, ROOT

CALLS = 600
_TABLE = "control"
PEERS = ("buildium-sync", "retrying", "in-process", "sequential")
_TARGETS = {
    "bucket": "≥ 99 %, no 429, ≤ 1.1 writes",
    "sliding": "≥ 93 %, 429 ≤ 1 %, ≤ 1.1 writes",
}
_TIMEOUT_SECONDS = 200


@dataclass(frozen=True)
class Result:
    """The result of one run. `use` is the used part of ten calls per second between the first call and the last."""

    who: str
    server: str
    calls: int
    use: float
    throttled: int
    writes: float
    lost: int

    def cells(self) -> list[object]:
        """Return its cells in the table."""
        writes = f"{self.writes:.2f}" if self.writes else "-"
        return [self.who, self.server, self.calls, f"{self.use:.1%}", self.throttled, writes, self.lost]


@contextmanager
def started(*command: str, python: Path = PYTHON, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python module as a process that ends with the block."""
    path = os.pathsep.join(["layers/buildium_sync", "."])
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": path, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    with subprocess.Popen(
        [str(python), "-m", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment | variables,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def output(process: subprocess.Popen[str], *, first: bool) -> str:
    """Return the first or the last line of a process's output. The product's metrics may come before it."""
    assert process.stdout is not None  # noqa: S101 -- it was asked for
    return process.stdout.readline() if first else process.communicate(timeout=_TIMEOUT_SECONDS)[0].splitlines()[-1]


@contextmanager
def dynamodb() -> Iterator[str]:
    """Run the local cloud's DynamoDB with an empty control table, and yield its URL."""
    port = free_port()
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    with started("ministack", python=CLOUD_PYTHON, **settings):
        url = f"http://127.0.0.1:{port}"
        while not _answers(f"{url}/_ministack/health"):
            time.sleep(0.1)
        client = boto3.client(
            "dynamodb", endpoint_url=url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        client.create_table(
            TableName=_TABLE,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield url


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).status_code > 0
    except requests.ConnectionError:
        return False


def free_port() -> int:
    """Return a free loopback port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def run(who: str, server: str, calls: int) -> Result:
    """Run one backlog to its end."""
    processes = 1 if who == "sequential" else 3
    with started("tools.bench.rate_server", server) as serving, dynamodb() as table:
        url = f"http://127.0.0.1:{int(output(serving, first=True))}"
        share = ("tools.bench.rate_worker", who, url, str(calls // processes), table, _TABLE)
        with ExitStack() as stack:
            workers = [stack.enter_context(started(*share)) for _ in range(processes)]
            results = [json.loads(output(worker, first=False)) for worker in workers]
        counted = requests.get(url, timeout=5).json()
    passed = sorted(counted["passed"])
    use = len(passed) / (passed[-1] - passed[0]) / 10
    writes = sum(worker["writes"] for worker in results) / len(passed)
    return Result(who, server, calls, use, counted["throttled"], writes, sum(worker["lost"] for worker in results))


def measure(calls: int, who: Sequence[str]) -> Table:
    """Return the table of these clients. Two runs at a time, because most of a run is waiting."""
    races = [(client, server) for client in who for server in ("bucket", "sliding")]
    with ThreadPoolExecutor(2) as pool:
        results = list(
            pool.map(lambda race: run(race[0], race[1], calls if race[0] == "buildium-sync" else calls // 2), races)
        )
    return Table(
        "3. Rate limit usage",
        "Creates by three processes. The limit is 10 per second, the latency 100 to 200 ms.",
        ["client", "server", "creates", "limit used", "429 responses", "DynamoDB writes per call", "lost", "target"],
        [[*result.cells(), _TARGETS[result.server] if result.who == "buildium-sync" else ""] for result in results],
    )


def main(calls: int) -> None:
    """Run every client against both servers and print the table."""
    print(measure(calls, PEERS).markdown())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
