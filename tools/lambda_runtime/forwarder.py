"""Forwards TCP connections from the bridge of containers to servers on loopback."""

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator

_IP_FREEBIND = 15
"""Linux: binds to an address that does not exist yet. Podman creates its bridge with the first container."""
_BUFFER_BYTES = 65536


@contextlib.contextmanager
def forwarding(address: str, ports: Iterable[int]) -> Iterator[None]:
    """Accept connections to these ports of an address of this machine until the end of the block."""
    listeners = {port: _listen(address, port) for port in ports}
    for port, listener in listeners.items():
        threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
    try:
        yield
    finally:
        for listener in listeners.values():
            # A close alone does not end the accept of the other thread, which then keeps the port.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _listen(address: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_IP, _IP_FREEBIND, 1)
    listener.bind((address, port))
    listener.listen()
    return listener


def _accept(listener: socket.socket, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_BUFFER_BYTES):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
