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
from tests.simulator.rate_limit import RateLimit

Changer = Callable[[EntityType, Record, Json], None]

PREFIX = "/v1"
CLIENT_ID_HEADER = "x-buildium-client-id"
LONGEST_QUERY = 4096
GARBAGE = b"<html><body>Created"


@dataclass(frozen=True)
class Target:
    """The target of a path: an entity type, and one entity, its collection (id None) or an action on an entity."""

    entity_type: EntityType
    id: int | None
    action: str | None = None

    def methods(self) -> list[str]:
        """The allowed methods."""
        if self.action is not None:
            return ["POST"]
        if self.id is None:
            shapes = {"POST": self.entity_type.post}
        else:
            shapes = {"PUT": self.entity_type.put, "PATCH": self.entity_type.patch}
        return ["GET", *(method for method, shape in shapes.items() if shape is not None)]


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
        target = self._find(request.path.removeprefix(PREFIX))
        if target is None:
            raise RejectedError(404, "There is nothing at this path.")
        if request.method not in target.methods():
            allowed = ", ".join(target.methods())
            raise RejectedError(405, f"Only {allowed} here.", headers={"Allow": allowed})
        return target

    def _find(self, path: str) -> Target | None:
        collections = self.entities.collections
        if path in collections:
            return Target(collections[path], None)
        collection, _, last = path.rpartition("/")
        if collection in collections and last.isascii() and last.isdigit():
            return Target(collections[collection], int(last))
        return self._find_action(collection, last)

    def _find_action(self, path: str, action: str) -> Target | None:
        collection, _, last = path.rpartition("/")
        entity_type = self.entities.collections.get(collection)
        is_known = entity_type is not None and action in entity_type.actions
        return Target(entity_type, int(last), action) if entity_type and is_known and last.isdecimal() else None

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
            return self._create(target.entity_type, _json_object(request), hidden)
        if target.id is None:
            return self._list(target.entity_type, request.query)
        if request.method == "PUT":
            return self._change(target.entity_type, target.id, self.entities.replace, _json_object(request))
        if request.method == "PATCH":
            return self._change(target.entity_type, target.id, self.entities.patch, _json_object(request))
        return Response(200, self._read(target.entity_type, self.entities.find_at(target.entity_type, target.id)))

    def _list(self, entity_type: EntityType, query: str) -> Response:
        entities = self.entities
        return list_entities(entity_type, entities.state, query, entities.strict_keys, entities.strict_bill_lists)

    def _read(self, entity_type: EntityType, record: Record) -> Json:
        return self.entities.present(record, entity_type)

    def _create(self, entity_type: EntityType, body: Json, hidden: float) -> Response:
        state = self.entities.state
        with state.transaction() as changes:
            created, linked = self.entities.create(entity_type, body)
            self._hide(changes, state.clock() + hidden)
            headers = {"Location": self._url(entity_type, created)}
            if linked:
                headers["Link"] = self._url(self.entities.types[linked.type_name], linked)
            response = Response(201, self._read(entity_type, created), headers)
        self.emit(changes)
        return response

    def _hide(self, changes: list[Change], until: float) -> None:
        for change in changes:
            made = self.entities.state.find(change.type_name, change.id)
            if made and change.operation == CREATED:
                made.visible_from = until

    def _change(self, entity_type: EntityType, entity_id: int, change: Changer, body: Json) -> Response:
        with self.entities.state.transaction() as changes:
            current = self.entities.find_at(entity_type, entity_id)
            change(entity_type, current, body)
            response = Response(200, self._read(entity_type, current))
        self.emit(changes)
        return response

    def _act(self, entity_type: EntityType, entity_id: int, action: str, request: Request) -> Response:
        _check_content_type(request)
        if request.body:
            raise RejectedError(400, "This request has no body.")
        with self.entities.state.transaction() as changes:
            entity_type.actions[action](self.entities.state, self.entities.find_at(entity_type, entity_id))
        self.emit(changes)
        return Response(204)

    def _url(self, entity_type: EntityType, made: Record) -> str:
        return f"{self.origin}{PREFIX}{entity_type.path}/{made.id}"


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
