"""The emulator applies the policies to local requests as to requests with TLS."""

import asyncio
from typing import Any

import pytest

from tools.local_cloud.secure_transport import SecureTransport


@pytest.mark.parametrize(
    ("scope", "scheme"),
    [({"type": "http", "scheme": "http"}, "https"), ({"type": "websocket", "scheme": "ws"}, "ws")],
)
def test_http_requests_count_as_sent_with_tls(scope: dict[str, Any], scheme: str) -> None:
    served: list[Any] = []

    async def application(given: Any, _receive: Any, _send: Any) -> None:
        served.append(given["scheme"])

    async def unused(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(SecureTransport(application)(scope, unused, unused))
    assert served == [scheme]
