"""A minimal Buildium: a POST gets 201 after 100 to 200 ms, or 429 beyond ten calls per second.

Run as `python -m tools.bench.rate_server bucket|sliding`. It prints its port. `GET /` returns the counts.
"""

import asyncio
import json
import random
import sys
import time

from tests.simulator.rate_limit import RateLimit

CALLS_PER_SECOND = 10
LATENCY_SECONDS = (0.1, 0.2)
JITTER_SECONDS = 0.05
"""The maximum delay of a call on its way in."""


class Server:
    """The rate limit, of one of two kinds, and the times of the accepted calls."""

    def __init__(self, *, sliding: bool) -> None:
        self._limit = RateLimit(CALLS_PER_SECOND, time.monotonic, sliding)
        self._jitter = JITTER_SECONDS if sliding else 0.0
        self._passed: list[float] = []
        self._throttled = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Respond to the requests of one connection in turn until it ends."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(_length(head))
                status, body = await self._respond(head)
                writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _respond(self, head: bytes) -> tuple[int, bytes]:
        if head.startswith(b"GET"):
            return 200, json.dumps({"passed": self._passed, "throttled": self._throttled}).encode()
        await asyncio.sleep(random.uniform(0, self._jitter))  # noqa: S311 -- no secret
        if not self._limit.allows():
            self._throttled += 1
            return 429, b"{}"
        self._passed.append(time.monotonic())
        await asyncio.sleep(random.uniform(*LATENCY_SECONDS))  # noqa: S311 -- no secret
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
