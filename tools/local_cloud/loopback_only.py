"""Rejects requests that a web page of another site sends to a local server.

A browser lets any page send requests to loopback addresses. Without this check, a page that a developer has open could
read secrets and run code through the emulator. It runs in the emulator's environment, so it imports no library.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_OWN_SITES = frozenset({"same-origin", "none"})

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]


def reason_to_reject(headers: Mapping[str, str]) -> str | None:
    """Return why a request is rejected, or None. `headers` have lower-case names.

    A foreign `Host` means that another site's name resolves to a loopback address (DNS rebinding). Browsers send
    `Origin` with writes, and `Sec-Fetch-Site` with every request.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if not _is_loopback(host):
        return f"The Host header must be a loopback address, not {host!r}."
    if origin is not None and origin != f"http://{host}":
        return f"Requests of another origin are rejected: {origin!r}."
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return "Requests of another site are rejected."
    return None


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    # Browsers and resolvers map the names below localhost to loopback addresses (RFC 6761, 6.3).
    return name in _LOOPBACK_HOSTS or name.endswith(".localhost")


class LoopbackOnly:
    """An ASGI application that lets only local requests through to another one."""

    def __init__(self, application: AsgiApplication) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or respond with 403."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", [])}
        reason = None if scope["type"] == "lifespan" else reason_to_reject(headers)
        if reason is None:
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
        else:
            head = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": head})
            await send({"type": "http.response.body", "body": reason.encode()})
