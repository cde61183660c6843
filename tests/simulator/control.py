"""The control API below /_control: `Operations` over HTTP, for a simulator in another process."""

import json
from collections.abc import Callable
from typing import Any

from tests.simulator.errors import RejectedError, error_body
from tests.simulator.model import Request, Response
from tests.simulator.operations import Operations

CONTROL_PREFIX = "/_control"
Handler = Callable[[list[str], Any], Any]


class Control:
    """Routes of the control API. Responses are JSON, null if there is no result."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._routes: dict[tuple[str, str, int], Handler] = {
            ("GET", "health", 0): lambda _path, _body: {"status": "ok"},
            ("POST", "reset", 0): lambda _path, body: operations.reset(**(body or {})),
            ("GET", "state", 0): lambda _path, _body: operations.state(),
            ("GET", "ledger", 0): lambda _path, _body: operations.ledger(),
            ("GET", "stats", 0): lambda _path, _body: operations.stats(),
            ("GET", "requests", 0): lambda _path, _body: [e.dump() for e in operations.requests()],
            ("DELETE", "requests", 0): lambda _path, _body: operations.clear_requests(),
            ("GET", "faults", 0): lambda _path, _body: operations.faults(),
            ("POST", "faults", 0): lambda _path, body: operations.fault(**body),
            ("DELETE", "faults", 0): lambda _path, _body: operations.clear_faults(),
            ("PUT", "webhooks", 0): lambda _path, body: operations.configure_webhooks(**body),
            ("GET", "webhooks", 0): lambda _path, _body: [d.dump() for d in operations.deliveries()],
            ("POST", "webhooks", 0): lambda _path, body: operations.send_event(body).dump(),
            ("POST", "batches", 0): lambda _path, body: operations.send_batch(body).dump(),
            ("POST", "entities", 1): lambda path, body: operations.create(path[0], body),
            ("POST", "payments", 0): lambda _path, body: operations.pay(**body),
            ("POST", "moveouts", 0): lambda _path, body: operations.move_out(**body),
            ("POST", "deposits", 0): lambda _path, body: operations.deposit(**body),
            ("POST", "reversals", 0): lambda _path, body: operations.reverse(**body),
            ("GET", "entities", 2): lambda path, _body: operations.get(path[0], int(path[1])),
            ("POST", "entities", 2): lambda path, body: operations.edit(path[0], int(path[1]), body),
            ("DELETE", "entities", 2): lambda path, _body: operations.delete(path[0], int(path[1])),
        }

    def respond(self, request: Request) -> Response:
        """The response: 404 for an unknown route or entity, 422 for invalid arguments."""
        name, *path = request.path.removeprefix(f"{CONTROL_PREFIX}/").split("/")
        handler = self._routes.get((request.method, name, len(path)))
        if handler is None:
            return Response(404, error_body(404, "No such control route."))
        try:
            return Response(200, handler(path, json.loads(request.body or b"null")))
        except RejectedError as rejected:
            return rejected.response()
        except (TypeError, ValueError) as error:
            return Response(422, error_body(422, str(error)))
