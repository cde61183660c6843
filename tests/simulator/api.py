"""Buildium's API: from a request below /v1 to its response."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.simulator import faults
from tests.simulator.entities import Entities
from tests.simulator.entity_type import EntityType
from tests.simulator.errors import Problem, RejectedError, error_body
from tests.simulator.faults import Fault, Faults
from tests.simulator.journal import API_KEY_HEADER, Exchange, Journal, record
from tests.simulator.listing import list_entities
from tests.simulator.model import CREATED, Change, Json, Record, Request, Response
from tests.simulator.paths import Target, find_target
from tests.simulator.rate_limit import RateLimit

Changer = Callable[[EntityType, Record, Json], None]

PREFIX = "/v1"
CLIENT_ID_HEADER = "x-buildium-client-id"
LONGEST_QUERY = 4096
GARBAGE = b"<html><body>Created"


@dataclass
class Api:
    """Handles requests. Checks in this order: query length, keys, rate, path, method, fault, body.

    `emit` receives every change before the response; `pause` sleeps for the given seconds; `observe` receives every
    exchange.
    """

    client_id: str
    api_key: str
    origin: str
    entities: Entities
    script: Faults
    rate_limit: RateLimit
    journal: Journal
    emit: Callable[[list[Change]], None]
    pause: Callable[[float], None]
    observe: Callable[[Exchange], None]

    def respond(self, request: Request) -> Response:
        """The response to a request, which is logged before it is sent."""
        at = self.entities.state.clock()
        fault: Fault | None = None
        problems: tuple[Problem, ...] = ()
        try:
            self._admit(request, at)
            target = self._target(request)
            fault = self.script.take(request.method, request.path.removeprefix(PREFIX), request.body)
            response = self._faulty(request, target, fault) if fault else self._work(request, target)
        except RejectedError as rejected:
            response, problems = rejected.response(), rejected.problems
        exchange = record(request, response, at, fault.kind if fault else None, problems)
        self.journal.add(exchange)
        self.observe(exchange)
        return response

    def _admit(self, request: Request, at: float) -> None:
        if len(request.query) > LONGEST_QUERY:
            raise RejectedError(500, "An error occurred.")
        names_client = _same(request.header(CLIENT_ID_HEADER), self.client_id)
        if not (names_client and _same(request.header(API_KEY_HEADER), self.api_key)):
            raise RejectedError(401, "The API key could not be authorised.")
        self.journal.arrived(at)
        if not self.rate_limit.allows():
            raise RejectedError(429, "Too many requests.")

    def _target(self, request: Request) -> Target:
        target = find_target(self.entities.collections, request.path.removeprefix(PREFIX))
        if target is None:
            raise RejectedError(404, "There is nothing at this path.")
        if request.method not in target.methods():
            allowed = ", ".join(target.methods())
            raise RejectedError(405, f"Only {allowed} here.", headers={"Allow": allowed})
        return target

    def _faulty(self, request: Request, target: Target, fault: Fault) -> Response:
        if fault.kind == faults.STATUS:
            return _scripted(fault)
        if fault.kind == faults.RESET_BEFORE:
            return Response(0, abort=True)
        if fault.kind == faults.LATENCY:
            self.pause(fault.seconds)
        response = self._work(request, target, fault.seconds if fault.kind == faults.HIDDEN else 0.0)
        return _distorted(response, fault)

    def _work(self, request: Request, target: Target, hidden: float = 0.0) -> Response:
        if target.id is not None and target.action is not None:
            return self._act(target.entity_type, target.id, target.action, request)
        if request.method == "POST":
            return self._create(target, _json_object(request), hidden)
        if target.id is None:
            return self._list(target, request.query)
        if request.method in ("PUT", "PATCH"):
            change = self.entities.replace if request.method == "PUT" else self.entities.patch
            return self._change(target, change, _json_object(request))
        if request.method == "DELETE":
            return self._delete(target)
        return Response(200, self._read(target.entity_type, self._named(target)))

    def _named(self, target: Target) -> Record:
        return self.entities.find_at(target.entity_type, target.id or 0, target.parent_id)

    def _list(self, target: Target, query: str) -> Response:
        entities = self.entities
        entities.check_parent(target.entity_type, target.parent_id)
        strict = (entities.strict_keys, entities.strict_bill_lists)
        return list_entities(target.entity_type, entities.state, query, *strict, target.parent_id)

    def _read(self, entity_type: EntityType, record: Record) -> Json:
        return self.entities.present(record, entity_type)

    def _create(self, target: Target, body: Json, hidden: float) -> Response:
        state, entity_type = self.entities.state, target.entity_type
        with state.transaction() as changes:
            created, linked = self.entities.create(entity_type, body, target.parent_id)
            self._hide(changes, state.clock() + hidden)
            headers = {"Location": self._url(entity_type if entity_type.is_readable else entity_type.shown, created)}
            if linked:
                headers["Link"] = self._url(self.entities.types[linked.type_name], linked)
            read = self._read(entity_type.shown, created)
            response = Response(201, [read] if entity_type.lists_created else read, headers)
        self.emit(changes)
        return response

    def _hide(self, changes: list[Change], until: float) -> None:
        for change in changes:
            made = self.entities.state.find(change.type_name, change.id)
            if made and change.operation == CREATED:
                made.visible_from = until

    def _change(self, target: Target, change: Changer, body: Json) -> Response:
        with self.entities.state.transaction() as changes:
            current = self._named(target)
            change(target.entity_type, current, body)
            response = Response(200, self._read(target.entity_type.shown, current))
        self.emit(changes)
        return response

    def _delete(self, target: Target) -> Response:
        with self.entities.state.transaction() as changes:
            self.entities.remove(self._named(target))
        self.emit(changes)
        return Response(204)

    def _act(self, entity_type: EntityType, entity_id: int, action: str, request: Request) -> Response:
        _check_content_type(request)
        if request.body:
            raise RejectedError(400, "This request has no body.")
        with self.entities.state.transaction() as changes:
            entity_type.actions[action](self.entities.state, self.entities.find_at(entity_type, entity_id))
        self.emit(changes)
        return Response(204)

    def _url(self, entity_type: EntityType, made: Record) -> str:
        return f"{self.origin}{PREFIX}{entity_type.path_of(made)}"


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _check_content_type(request: Request) -> None:
    if request.header("content-type").partition(";")[0].strip().lower() != "application/json":
        raise RejectedError(415, "The content type must be application/json.")


def _json_object(request: Request) -> Json:
    _check_content_type(request)
    try:
        body: Any = json.loads(request.body)
    except ValueError as error:
        raise RejectedError(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise RejectedError(400, "The body is not a JSON object.")
    return body


def _scripted(fault: Fault) -> Response:
    body = error_body(fault.status, "A scripted fault.") if fault.body is None else fault.body
    return Response(fault.status, body, fault.headers)


def _distorted(response: Response, fault: Fault) -> Response:
    if fault.kind == faults.RESET_AFTER:
        return replace(response, abort=True)
    if fault.kind == faults.DELAY_AFTER:
        return replace(response, delay=fault.seconds)
    if fault.kind == faults.ERROR_AFTER:
        return _scripted(fault)
    if fault.kind == faults.GARBAGE_AFTER:
        return replace(response, raw=GARBAGE)
    return response
