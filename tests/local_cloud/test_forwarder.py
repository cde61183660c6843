"""Containers reach servers on loopback through the forwarder."""

import socket
import threading

from tools.lambda_runtime.forwarder import forwarding


def test_bytes_pass_in_both_directions() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(connection.recv(100).upper())

        threading.Thread(target=serve, daemon=True).start()
        with forwarding("127.0.0.2", [port]), socket.create_connection(("127.0.0.2", port), timeout=5) as client:
            client.sendall(b"ping")
            assert client.recv(100) == b"PING"


def test_the_port_is_free_after_the_block() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for _ in range(3):
            with forwarding("127.0.0.2", [port]):
                pass
