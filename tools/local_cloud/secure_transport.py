"""Counts requests to the emulator as sent with TLS. It runs in the emulator's environment, so it imports no library."""

from tools.local_cloud.loopback_only import AsgiApplication, Receive, Scope, Send


class SecureTransport:
    """An ASGI application that marks the requests to another one as HTTPS.

    The template's policies reject requests without TLS (`aws:SecureTransport`). The emulator has no certificate, and
    its requests stay on loopback.
    """

    def __init__(self, application: AsgiApplication) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._application({**scope, "scheme": "https"} if scope["type"] == "http" else scope, receive, send)
