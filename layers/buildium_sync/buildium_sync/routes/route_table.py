"""The paths of the API with their methods: a router notes them, and a request without a route is rejected by them."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from buildium_sync.entity_types.registry import by_collection
from buildium_sync.errors import ClientError, MethodNotAllowed, NotFound

COLLECTION = "/api/<collection>"


class Router(APIGatewayRouter):
    """A router that knows the methods of its paths."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.methods: dict[str, tuple[str, ...]] = {}

    def route(self, rule: str, method: str, *options: Any, **named: Any) -> Callable[..., Any]:  # type: ignore[override]
        """Add a route."""
        self.methods[rule] = (*self.methods.get(rule, ()), method)
        return super().route(rule, method, *options, **named)


class RouteTable:
    """The methods by path, in the order in which the routers are included. Fixed paths come before those with names."""

    def __init__(self, routers: Iterable[Router]) -> None:
        self._methods: dict[str, tuple[str, ...]] = {}
        for router in routers:
            self._methods |= router.methods

    def check(self, method: str, rule: str, path: str) -> None:
        """Raise NotFound or MethodNotAllowed unless `rule` is that of a route. `path` is that of the request.

        Where none matches, Powertools runs a route of its own, whose rule is the path. Where a fixed path has no such
        method, it runs a route with names that matches.
        """
        path = path.rstrip("/")
        if method not in self._methods.get(path, self._methods.get(rule, ())):
            raise self._rejection(method, path)

    def _rejection(self, method: str, path: str) -> ClientError:
        for rule in sorted(self._methods, key=lambda rule: "<" in rule):
            if match := re.fullmatch(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", rule), path):
                allowed = _allowed(rule, self._methods[rule], match.groupdict())
                if method in allowed:  # an id has characters that no route accepts
                    break
                return MethodNotAllowed(f"Method {method} not allowed; allowed: {', '.join(allowed)}.", allowed)
        return NotFound("Route not found.")


def _allowed(rule: str, methods: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the methods of a path. Raises NotFound for an unknown collection. A read-only type has no POST."""
    entity_type = by_collection(names["collection"]) if "collection" in names else None
    is_read_only = rule == COLLECTION and entity_type is not None and entity_type.is_read_only
    return tuple(method for method in sorted(methods) if method != "POST" or not is_read_only)
