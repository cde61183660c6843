"""The request that a route handles, read as the API promises."""

from collections.abc import Mapping
from typing import Any

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from buildium_sync.api import parsing
from buildium_sync.api.client_request import Author
from buildium_sync.domain.entity import EntityRef
from buildium_sync.gateway_request import checked_api_key, request_id

_MARGIN_SECONDS = 8.0
"""Reserved to finish a request about many entities, and to respond."""


class Request:
    """The current request of a router or a resolver.

    Raises MalformedRequest where a value of the request is wrong.
    """

    def __init__(self, router: APIGatewayRestResolver | APIGatewayRouter) -> None:
        self._router = router

    @property
    def query(self) -> Mapping[str, str]:
        """Return the query parameters."""
        return self._router.current_event.query_string_parameters

    @property
    def id(self) -> str:
        """Return API Gateway's id of the request, the correlation id of what it causes."""
        return request_id(self._router.current_event.raw_event)

    @property
    def api_key(self) -> str:
        """Return the API key, which is a secret."""
        return checked_api_key(self._router.current_event.raw_event)

    def api_key_id(self) -> str | None:
        """Return the id of the API key, which is no secret. Local clouds know only those of operators."""
        known = self._router.current_event.request_context.identity.api_key_id
        operator = None if known else ApiComposition.current().callers.caller(self.api_key).operator
        return operator.api_key_id if operator else known

    def written_by(self) -> Author:
        """Return the author of what the request writes."""
        return Author(self.id, self.api_key_id())

    def author(self) -> str | None:
        """Return the name of the operator, or the id of the API key."""
        operator = ApiComposition.current().callers.caller(self.api_key).operator
        return operator.name if operator else self.api_key_id()

    @property
    def preference(self) -> str | None:
        """Return the `Prefer` header (RFC 7240)."""
        return self._router.current_event.headers.get("Prefer")

    def header_lines(self, name: str) -> list[str]:
        """Return the values of a header, [] without it."""
        event = self._router.current_event
        return event.multi_value_headers.get(name) or [event.headers[name]] if name in event.headers else []

    def body(self, max_bytes: int = parsing.MAX_BODY_BYTES) -> dict[str, Any]:
        """Return the JSON object of the body."""
        event = self._router.current_event
        parsing.check_charset(event.headers.get("Content-Type"))
        return parsing.parse_object(parsing.parse_body(event.body, is_base64=bool(event.is_base64_encoded)), max_bytes)

    def optional_body(self) -> dict[str, Any]:
        """Return the JSON object of the body, {} without one."""
        return self.body() if self._router.current_event.body else {}

    def entity(self) -> EntityRef:
        """Return the entity that the query names, which may not exist."""
        return EntityRef(
            parsing.parse_required(self.query, "entityType"), parsing.parse_required(self.query, "entityId")
        )

    def page(self) -> dict[str, Any]:
        """Return the size and the cursor of the page that the query names."""
        return {
            "limit": parsing.parse_limit(self.query.get("limit")),
            "cursor": parsing.parse_cursor(self.query.get("cursor")),
        }

    def time_left(self) -> float:
        """Return the seconds in which further entities can be processed."""
        return float(self._router.lambda_context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS)
