"""A Buildium that does nothing but count: POST is answered 201 after 100 to 200 ms, or 429 beyond ten calls a second.

Run as `python -m tools.bench.rate_server bucket|sliding`; it prints its port. `GET /` tells what it has counted.
"""

import asyncio
import json
import random
import sys
import time

from tests.simulator.rate_limit import RateLimit

CALLS_A_SECOND = 10
LATENCY = (0.1, 0.2)
JITTER = 0.05
"""Seconds at most that a call takes on its way in."""


class Server:
    """The limit in one reading of it, and when calls were let through."""

    def __init__(self, *, sliding: bool) -> None:
        self._limit = RateLimit(CALLS_A_SECOND, time.monotonic, sliding)
        self._jitter = JITTER if sliding else 0.0
        self._passed: list[float] = []
        self._refused = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after another, until it ends."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(_length(head))
                status, body = await self._answer(head)
                writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, head: bytes) -> tuple[int, bytes]:
        if head.startswith(b"GET"):
            return 200, json.dumps({"passed": self._passed, "refused": self._refused}).encode()
        await asyncio.sleep(random.uniform(0, self._jitter))  # noqa: S311 -- no secret
        if not self._limit.allows():
            self._refused += 1
            return 429, b"{}"
        self._passed.append(time.monotonic())
        await asyncio.sleep(random.uniform(*LATENCY))  # noqa: S311 -- no secret
        return 201, b'{"Id": 1}'


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def _serve(*, sliding: bool) -> None:
    server = await asyncio.start_server(Server(sliding=sliding).connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sliding=sys.argv[1] == "sliding"))
