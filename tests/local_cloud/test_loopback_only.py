"""Only local programs and the local cloud's own pages can use its servers."""

import asyncio
from typing import Any

import pytest

from tests.simulator.simulator import Simulator
from tools.local_cloud.http import session
from tools.local_cloud.loopback_only import LoopbackOnly, reason_to_reject

HOST = "127.0.0.1:4566"
FOREIGN = [
    {"host": "evil.example"},
    {"host": "evil.example:4566"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "localhost.evil.example"},
    {"host": "["},
    {},
    {"host": HOST, "origin": "https://evil.example"},
    {"host": HOST, "origin": "null"},
    {"host": HOST, "origin": "http://127.0.0.1:8000"},
    {"host": HOST, "sec-fetch-site": "cross-site"},
    {"host": HOST, "sec-fetch-site": "same-site"},
]
LOCAL = [
    {"host": HOST},
    {"host": "localhost:4566"},
    {"host": "[::1]:4566"},
    {"host": "abc.execute-api.localhost:4566"},
    {"host": HOST, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"},
    {"host": HOST, "sec-fetch-site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_requests_of_foreign_pages_are_rejected(headers: dict[str, str]) -> None:
    assert reason_to_reject(headers)
    assert asyncio.run(status_of(headers)) == 403


@pytest.mark.parametrize("headers", LOCAL)
def test_requests_of_local_programs_and_own_pages_pass(headers: dict[str, str]) -> None:
    assert reason_to_reject(headers) is None
    assert asyncio.run(status_of(headers)) == 200


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_the_simulator_rejects_foreign_pages(headers: dict[str, str]) -> None:
    with Simulator() as simulator:
        url = f"{simulator.control_url}/health"
        assert session().get(url, headers=headers, timeout=5).status_code == 403
        assert session().get(url, timeout=5).status_code == 200


def test_a_rejected_websocket_is_closed() -> None:
    sent: list[dict[str, Any]] = []
    asyncio.run(call({"type": "websocket", "headers": []}, sent))
    assert [each["type"] for each in sent] == ["websocket.close"]


def test_the_lifespan_of_the_server_passes() -> None:
    sent: list[dict[str, Any]] = []
    asyncio.run(call({"type": "lifespan"}, sent))
    assert sent == [{"type": "http.response.start", "status": 200}]


async def status_of(headers: dict[str, str]) -> int:
    sent: list[dict[str, Any]] = []
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await call({"type": "http", "headers": raw}, sent)
    return int(sent[0]["status"])


async def call(scope: dict[str, Any], sent: list[dict[str, Any]]) -> None:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await LoopbackOnly(application)(scope, receive, send)
